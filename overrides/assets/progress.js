// The record of what an agency did and decided, and when, stored in this browser only. Has no code for pages.
//
// A record is {version, agency, items, plans, since}. items has an entry by item id: {state, at, edition} and, where it
// applies, {on, out, who, when, why}: `state` is one of STATES; `at` is when it was last changed, in milliseconds;
// `edition` is that of the checklist then; `on` (done) and `when` (decided) are days, YYYY-MM-DD; `out` is whether it
// counts as done out of sequence, if a person said so. plans has {owner, by, at} by the name of a checklist: who answers
// for it, and by which day it is to be done. `since` is when this round began, in milliseconds, 0 for the first.

export const STATES = ["to-do", "done", "not-taken"];
const VERSION = 1;
const KEY = "agency-certification.progress";
const LARGEST = 1_000_000; // characters
const LONGEST = 2_000; // characters of one answer
const NEWER =
  "Your check marks are kept by a newer version of this site. Reload this page: what you change before that is not saved.";
export const FIRST_DAY = "2000-01-01"; // an earlier one was half typed

export class Refused extends Error {}
class Newer extends Refused {}

let last = null; // the record at the last load or update
let stored = null; // what the browser kept of it then, as text
let unsaved = ""; // why the browser does not keep the rest, "" if it keeps all
let isNewer = false; // whether what the browser keeps is of a newer version of this site, as in a window opened since

export const today = () => new Date().toLocaleDateString("sv"); // Sweden writes YYYY-MM-DD

const nothing = () => Object.create(null);
export const empty = () => ({ version: VERSION, agency: "", items: nothing(), plans: nothing(), since: 0 });

/** Returns whether somebody entered something. */
export const isBegun = ({ agency, items, plans }) =>
  Boolean(agency) || [items, plans].some((part) => Object.keys(part).length);

const isText = (value) => typeof value === "string" && value.length <= LONGEST;
const isDay = (value) => /^\d{4}-\d\d-\d\d$/.test(value) && new Date(`${value}T12:00Z`).toJSON()?.startsWith(value);

const isTime = (value) => Number.isFinite(value) && value > 0;

const ENTRY = {
  state: (value) => STATES.includes(value),
  at: isTime,
  edition: isText,
  on: isDay,
  out: (value) => typeof value === "boolean",
  who: isText,
  when: isDay,
  why: isText,
};
const PLAN = { owner: isText, by: isDay, at: isTime };

/** Copies what is right from untrusted entries, by their ids. Throws `refused` at what is not. */
function copied(given, rules, refused) {
  const copies = nothing();
  for (const [id, entry] of Object.entries(given ?? {})) {
    if (!/^[a-z][a-z0-9-]{0,99}$/.test(id) || !entry?.at) throw refused;
    const kept = {};
    for (const [name, isRight] of Object.entries(rules)) {
      const value = entry[name];
      if (value === undefined) continue;
      if (!isRight(value)) throw refused;
      if (isRight === isDay && value < FIRST_DAY) continue;
      kept[name] = value;
    }
    copies[id] = kept;
  }
  return copies;
}

/** Parses a record from untrusted text. Throws Refused, with a message for people. */
export function read(text) {
  const refused = new Refused("This is not a copy that this site saved, or it is damaged.");
  if (text.length > LARGEST) throw refused;
  let given;
  try {
    given = JSON.parse(text);
  } catch {
    throw refused;
  }
  if (given?.version > VERSION)
    throw new Newer("This copy comes from a newer version of this site. Reload the page, then open it again.");
  const { version, agency, items, plans, since = 0 } = given ?? {};
  const isMap = (value) => typeof value === "object";
  if (version !== VERSION || !isText(agency) || !isMap(items) || !isMap(plans ?? {})) throw refused;
  if (since !== 0 && !isTime(since)) throw refused;
  if (Object.values(items ?? {}).some((entry) => !entry?.state)) throw refused;
  return {
    ...empty(),
    agency,
    items: copied(items, ENTRY, refused),
    plans: copied(plans, PLAN, refused),
    since,
  };
}

const parsed = (text) => (text === null ? empty() : read(text));

/** Adds what could not be saved to what another window saved meanwhile. Of two answers the newer one stays. */
function addUnsaved(record) {
  const before = parsed(stored);
  if (last.agency !== before.agency) record.agency = last.agency;
  for (const part of ["items", "plans"])
    for (const [name, mine] of Object.entries(last[part])) {
      const isUnsaved = mine.at !== before[part][name]?.at;
      if (isUnsaved && mine.at >= (record[part][name]?.at ?? record.since)) record[part][name] = mine;
    }
}

/** Loads the record: {record, trouble}. `trouble` is a message about storage, "" if there is none. */
export function load() {
  let text = null;
  isNewer = false;
  try {
    text = localStorage.getItem(KEY);
  } catch {
    unsaved =
      "This browser does not let the site save anything, so your check marks are lost when you close this page.";
    last ??= empty();
    return { record: last, trouble: unsaved };
  }
  if (unsaved && text === stored) return { record: last, trouble: unsaved };
  if (text === null && last && isBegun(last)) {
    stored = null;
    return { record: last, trouble: "This browser cleared what it had saved. Your next change saves it again." };
  }
  try {
    const record = parsed(text);
    if (unsaved) addUnsaved(record);
    [last, stored] = [record, text];
    return { record: last, trouble: unsaved };
  } catch (error) {
    isNewer = error instanceof Newer;
    if (isNewer) {
      last ??= empty();
      return { record: last, trouble: NEWER };
    }
    try {
      localStorage.setItem(ASIDE, text);
      localStorage.removeItem(KEY);
    } catch {
      // It stays in place until the next change.
    }
    if (!unsaved) last = empty();
    return {
      record: last,
      trouble: `What this browser had saved could not be read and was set aside. ${error.message}`,
    };
  }
}

/** Changes the current record, other windows' changes included, and saves it: {record, trouble}. */
export function update(change) {
  const { record } = load();
  change(record);
  last = record;
  if (isNewer) return { record, trouble: NEWER };
  try {
    localStorage.setItem(KEY, JSON.stringify(record));
    unsaved = "";
  } catch {
    unsaved = "This browser could not save your last change: its storage is full or turned off.";
  }
  return { record, trouble: unsaved };
}

const BEFORE = `${KEY}.before`;
const ASIDE = `${KEY}.unreadable`;

/** Begins a new round: the agency's name and who answers for what stay. Keeps the round before, see bringBack. */
export function newRound() {
  const { record } = load();
  if (isNewer) return;
  try {
    localStorage.setItem(BEFORE, JSON.stringify(record));
  } catch {
    forget(BEFORE); // an earlier one; this round is in the file that was saved
  }
  update((mine) => {
    const at = Date.now();
    mine.items = nothing();
    for (const [name, { owner }] of Object.entries(mine.plans)) mine.plans[name] = { owner, at };
    mine.since = at;
  });
}

export function hasPrevious() {
  try {
    return localStorage.getItem(BEFORE) !== null;
  } catch {
    return false;
  }
}

function forget(key) {
  try {
    localStorage.removeItem(key);
  } catch {
    // Nothing was kept.
  }
}

/** Forgets the record, the round before, and what was set aside. */
export function forgetAll() {
  forget(BEFORE);
  forget(ASIDE);
  if (isNewer) forget(KEY);
  const { trouble } = update((record) => Object.assign(record, empty()));
  if (trouble) forget(KEY); // not at once: another window would take that for a loss, and save what it knows
}

/**
 * Puts the round before in the place of this one, which becomes the round before. Returns whether the browser kept both:
 * otherwise all stays as it was.
 */
export function bringBack() {
  const now = JSON.stringify(load().record);
  if (isNewer) return false;
  try {
    const kept = localStorage.getItem(KEY) ?? now;
    const before = localStorage.getItem(BEFORE);
    read(before);
    localStorage.setItem(KEY, before);
    try {
      localStorage.setItem(BEFORE, now);
    } catch {
      localStorage.setItem(KEY, kept);
      return false;
    }
    unsaved = "";
    return true;
  } catch {
    return false;
  }
}

export const onChangeElsewhere = (listen) =>
  addEventListener("storage", (event) => (event.key === KEY || event.key === null) && listen());

/** Describes the progress in words. */
export const howFar = ({ settled, total, notTaken, out }) =>
  `${settled - notTaken} of ${total} items done` +
  (notTaken ? `, ${notTaken} skipped by decision` : "") +
  (out ? `, ${out} out of sequence` : "");

export const inOneSentence = (parts) =>
  parts.length > 2 ? `${parts.slice(0, -1).join(", ")}, and ${parts.at(-1)}` : parts.join(" and ");

/** Says what a decision lacks, "" if it is whole. */
export function missing({ who, when, why }) {
  const parts = [!who?.trim() && "who decided", !when && "when", !why?.trim() && "why"].filter(Boolean);
  return inOneSentence(parts);
}

/** Returns the state of an item. Its kind is to-do, done, out (of sequence), not-taken or undecided. */
function standing(item, entry, isAhead, begun) {
  const { state = "to-do" } = entry;
  let kind = state;
  if (state === "done" && (entry.out ?? isAhead)) kind = "out";
  if (state === "not-taken" && missing(entry)) kind = "undecided";
  const settled = ["done", "out", "not-taken"].includes(kind);
  const isLater = item.changed && item.changed > (settled ? (entry.edition ?? "") : (begun ?? item.changed));
  const day = state === "done" ? entry.on : entry.when;
  return {
    item,
    entry,
    kind,
    settled,
    decided: !missing(entry),
    day,
    mark: isLater ? (settled ? "changed" : "new") : "",
  };
}

/**
 * Returns the state of the whole certification. A required checklist builds on all before it: an item that is done while
 * one of them is open, or with an earlier date than their last item, is out of sequence.
 */
export function survey(checklists, record) {
  const whole = { lists: [], total: 0, settled: 0, notTaken: 0, out: 0, next: null, completedOn: "" };
  const known = new Set();
  for (const checklist of checklists) {
    const required = !checklist.optional;
    const before = { open: whole.next !== null, last: whole.completedOn };
    const entries = checklist.items.map((item) => record.items[item.id] ?? {});
    const [begun] = entries
      .map((entry) => entry.edition)
      .filter(Boolean)
      .sort();
    const items = checklist.items.map((item, index) => {
      const entry = entries[index];
      const number = `${checklist.order}.${index + 1}`;
      const stands = standing(item, entry, required && (before.open || entry.on < before.last), begun);
      known.add(item.id);
      if (required && stands.settled && stands.day > whole.completedOn) whole.completedOn = stands.day;
      if (required && !stands.settled) whole.next ??= { checklist, item, number };
      return { ...stands, number };
    });
    const removed = checklist.removed.filter(({ id }) => known.add(id) && wasTaken(record.items[id]));
    const list = { checklist, items, removed, total: items.length };
    for (const [name, counts] of Object.entries({
      settled: (stands) => stands.settled,
      notTaken: (stands) => stands.kind === "not-taken",
      out: (stands) => stands.kind === "out",
    })) {
      list[name] = items.filter(counts).length;
      if (required) whole[name] += list[name];
    }
    if (required) whole.total += list.total;
    whole.lists.push(list);
  }
  whole.unknown = Object.keys(record.items).filter((id) => !known.has(id) && wasTaken(record.items[id]));
  whole.complete = whole.total > 0 && whole.settled === whole.total;
  return whole;
}

const wasTaken = (entry) => Boolean(entry) && entry.state !== "to-do";
