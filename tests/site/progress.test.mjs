// What an agency did and decided, as overrides/assets/progress.js reads and counts it. No browser is needed for this.
import assert from "node:assert/strict";
import { test } from "node:test";
import { merge, readCopy } from "../../overrides/assets/handover.js";
import { empty, Refused, read, survey, today } from "../../overrides/assets/progress.js";

const AT = Date.UTC(2026, 10, 2);
const record = (items, more) => ({ version: 1, agency: "Town of Sample", items, plans: {}, since: 0, ...more });
const done = (on) => ({ state: "done", at: AT, edition: "2026-11", on });
const list = (name, order, more = {}) => ({
  name,
  order,
  optional: false,
  removed: [],
  items: [{ id: `${name}-one` }, { id: `${name}-two` }],
  ...more,
});
const LISTS = [list("leader", 1), list("promise", 2, { optional: true }), list("team", 3)];
const counted = (items) => survey(LISTS, read(JSON.stringify(record(items))));

test("what was saved is read as it was", () => {
  const items = { "leader-one": done("2026-11-01"), "team-two": { state: "to-do", at: AT } };
  const saved = record(items, { plans: { leader: { owner: "Chief", by: "2999-01-31", at: AT } }, since: AT - 1 });
  assert.deepEqual(JSON.parse(JSON.stringify(read(JSON.stringify(saved)))), saved);
});

test("an id as long as a checklist may have is read", () => {
  const longest = "a".repeat(100);
  assert.deepEqual(Object.keys(read(JSON.stringify(record({ [longest]: done("2026-11-01") }))).items), [longest]);
});

for (const [why, text] of Object.entries({
  "no JSON": "{",
  nothing: "null",
  "a list": "[]",
  "another version": JSON.stringify({ ...record({}), version: 0 }),
  "a name that is no text": JSON.stringify({ ...record({}), agency: 7 }),
  "an id with markup": JSON.stringify(record({ "<b>": done("2026-11-01") })),
  "the prototype": '{"version":1,"agency":"","items":{"__proto__":{"state":"done","at":1}}}',
  "a day that no month has": JSON.stringify(record({ "leader-one": done("2026-02-30") })),
  "plans that are a text": JSON.stringify(record({}, { plans: "x" })),
  "a target date that no month has": JSON.stringify(record({}, { plans: { leader: { by: "2026-02-30", at: AT } } })),
  "an owner that is no text": JSON.stringify(record({}, { plans: { leader: { owner: 7, at: AT } } })),
  "a round that began at no time": JSON.stringify(record({}, { since: "then" })),
  "a state of its own": JSON.stringify(record({ "leader-one": { state: "won", at: AT } })),
  "more than a file should have": JSON.stringify({ ...record({}), filler: "x".repeat(1_000_000) }),
})) {
  test(`${why} is refused in words`, () => {
    assert.throws(
      () => read(text),
      (error) => error instanceof Refused && error.message.endsWith("."),
    );
  });
}

test("in a copy a day to come counts as today, and a clock that is ahead does not win", () => {
  const ahead = {
    "leader-one": { ...done("2999-01-01"), when: "2999-01-01", at: 9e15 },
    "leader-two": done("2026-11-01"),
  };
  const plans = { leader: { by: "2999-01-01", at: 9e15 } };
  const copy = readCopy(JSON.stringify(record(ahead, { plans, since: 9e15 })));
  const { "leader-one": one, "leader-two": two } = copy.items;
  assert.deepEqual([one.on, one.when, two.on, copy.plans.leader.by], [today(), today(), "2026-11-01", "2999-01-01"]);
  for (const time of [one.at, copy.plans.leader.at, copy.since]) assert.ok(time <= Date.now());
});

test("the record of this browser is read as it was, also by a clock that is behind", () => {
  const ahead = { "leader-one": { ...done("2999-01-01"), at: 9e15 } };
  assert.deepEqual({ ...read(JSON.stringify(record(ahead))).items }, ahead);
});

test("the next step is the first open one of what is required, and the promise may be left out", () => {
  const all = { "leader-one": done("2026-11-01"), "leader-two": done("2026-11-01") };
  assert.equal(counted({}).next.item.id, "leader-one");
  assert.equal(counted(all).next.item.id, "team-one");
  const whole = counted({ ...all, "team-one": done("2026-11-03"), "team-two": done("2026-11-02") });
  assert.deepEqual([whole.complete, whole.completedOn, whole.total], [true, "2026-11-03", 4]);
});

test("what is done before the checklist ahead of it is out of sequence", () => {
  assert.equal(counted({ "team-one": done("2026-11-01") }).out, 1);
  const ordered = { "leader-one": done("2026-11-01"), "leader-two": done("2026-11-02") };
  assert.equal(counted({ ...ordered, "team-one": done("2026-11-02") }).out, 0);
  assert.equal(counted({ ...ordered, "team-one": done("2026-10-30") }).out, 1);
});

test("a step that is not taken counts once it says who decided, when and why", () => {
  const skipped = { state: "not-taken", at: AT, edition: "2026-11", who: "Chief Sample", when: "2026-11-01" };
  assert.equal(counted({ "leader-one": skipped }).settled, 0);
  assert.equal(counted({ "leader-one": { ...skipped, why: "Too small for it." } }).settled, 1);
});

test("a copy of a site without plans and rounds is read", () => {
  const { plans, since, ...old } = record({});
  assert.deepEqual([{ ...read(JSON.stringify(old)).plans }, read(JSON.stringify(old)).since], [{}, 0]);
});

test("of two copies the later round goes on, whoever opens the other's", () => {
  const old = read(JSON.stringify(record({ "leader-one": done("2026-11-01") })));
  const anew = read(JSON.stringify(record({ "leader-two": { ...done("2026-11-02"), at: AT + 9 } }, { since: AT + 5 })));
  for (const [mine, theirs, dropped] of [
    [old, anew, 1],
    [anew, old, 0],
  ]) {
    const merged = merge(mine, theirs);
    assert.deepEqual(Object.keys(merged.record.items), ["leader-two"]);
    assert.deepEqual([merged.record.since, merged.dropped], [AT + 5, dropped]);
  }
});

test("of two plans the newer one stays", () => {
  const plan = (owner, at) => read(JSON.stringify(record({}, { plans: { leader: { owner, at } } })));
  assert.equal(merge(plan("Chief", AT), plan("Captain", AT + 1)).record.plans.leader.owner, "Captain");
  assert.equal(merge(plan("Chief", AT + 1), plan("Captain", AT)).record.plans.leader.owner, "Chief");
});

test("of two names of an agency this browser keeps its own, and takes the one of the copy where it has none", () => {
  const of = (agency) => read(JSON.stringify(record({}, { agency })));
  assert.equal(merge(of("Sample PD"), of("Sampleville PD")).record.agency, "Sample PD");
  assert.equal(merge(of(""), of("Sampleville PD")).record.agency, "Sampleville PD");
});

test("an empty record has no step", () => {
  assert.deepEqual(survey(LISTS, empty()).settled, 0);
});

for (const [mine, theirs] of [
  ["", "Town of Theirs"],
  ["Town of Mine", ""],
])
  test(`of a name typed ${mine ? "here, which could not be saved" : "in another window"}, nothing is lost`, async () => {
    const kept = new Map();
    let isFull = false;
    globalThis.localStorage = {
      getItem: (key) => kept.get(key) ?? null,
      setItem(key, text) {
        if (isFull) throw new Error("full");
        kept.set(key, text);
      },
    };
    const window = await import(`../../overrides/assets/progress.js?${encodeURIComponent(mine)}`); // each has a state
    window.update(({ items }) => {
      items["leader-one"] = done("2026-11-01");
    });
    isFull = true;
    window.update((here) => {
      here.agency = mine;
    });
    const [[key, text]] = kept;
    kept.set(
      key,
      JSON.stringify({ ...JSON.parse(text), agency: theirs, plans: { leader: { owner: "Chief", at: AT } } }),
    );
    assert.equal(window.load().record.agency, mine || theirs);
  });
