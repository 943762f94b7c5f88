// What an agency did and decided, as overrides/assets/progress.js reads and counts it. No browser is needed for this.
import assert from "node:assert/strict";
import { test } from "node:test";
import { empty, Refused, read, survey, today } from "../../overrides/assets/progress.js";

const AT = Date.UTC(2026, 10, 2);
const record = (items) => ({ version: 1, agency: "Town of Sample", items });
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
  const saved = record({ "leader-one": done("2026-11-01"), "team-two": { state: "to-do", at: AT } });
  assert.deepEqual(JSON.parse(JSON.stringify(read(JSON.stringify(saved)))), saved);
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
  "a state of its own": JSON.stringify(record({ "leader-one": { state: "won", at: AT } })),
  "more than a file should have": JSON.stringify({ ...record({}), filler: "x".repeat(1_000_000) }),
})) {
  test(`${why} is refused in words`, () => {
    assert.throws(() => read(text), (error) => error instanceof Refused && error.message.endsWith("."));
  });
}

test("a day to come counts as today, and a clock that is ahead does not win", () => {
  const ahead = read(JSON.stringify(record({ "leader-one": { ...done("2999-01-01"), at: 9e15 } }))).items["leader-one"];
  assert.equal(ahead.on, today());
  assert.ok(ahead.at <= Date.now());
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

test("an empty record has no step", () => {
  assert.deepEqual(survey(LISTS, empty()).settled, 0);
});
