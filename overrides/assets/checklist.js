// Shows the record on the pages of the checklists, and updates it when someone checks a box or notes a decision.

import { remember } from "./place.js";
import { howFar, load, missing, onChangeElsewhere, survey, today, update } from "./progress.js";

export const find = (selector, where = document) => where.querySelector(selector);
const all = (selector, where = document) => [...where.querySelectorAll(selector)];
export const make = (tag, properties = {}, ...content) => {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...content);
  return element;
};
const inWords = new Intl.DateTimeFormat("en-US", { dateStyle: "long", timeZone: "UTC" });
export const day = (date) => (date ? inWords.format(new Date(`${date}T12:00Z`)) : "(date not given)");

/** Writes a text only if it changed, so that a page of a thousand items stays fast. */
export const write = (element, text) => {
  if (element.textContent !== text) element.textContent = text;
};

const progress = find("[data-progress]");
export const index = progress.dataset.index;
/** @type {Map<string, any>} */
const rows = new Map(
  all(".item").map((row) => [row.id, { row, box: find("input", row), more: find(".item__more", row) }]),
);
// A browser would check boxes again by their place on a page, which may be another item's in the next edition.
for (const { box } of rows.values()) box.autocomplete = "off";
export let checklists = [];
export let whole = null;
let editions = null;
const drawers = [];
let justSaved = null; // the id of the item that was changed last on this page

/** Registers another drawer; it runs now and whenever the record changes. */
export function alsoDraw(drawer) {
  drawers.push(drawer);
  if (whole) drawer();
}

// ------------------------------------------------------------ the words of an item

/** @param {{kind: string, entry: any, mark?: string, item: any, decided: boolean}} stands */
export function stateInWords({ kind, entry, mark, item, decided }) {
  const decision = decided ? ` Decided by ${entry.who} on ${day(entry.when)}: ${entry.why}` : "";
  const words = {
    "to-do": "",
    done: `Done ${day(entry.on)}.`,
    out: `Done out of sequence, ${day(entry.on)}.${decision || " No decision is noted yet."}`,
    "not-taken": `Skipped by decision.${decision}`,
    undecided: `Not skipped yet: note ${missing(entry)}.`,
  };
  const marks = {
    changed: ` Changed in edition ${item.changed}, after you marked it.`,
    new: `New or changed in edition ${item.changed}.`,
  };
  return words[kind] + (marks[mark] ?? "");
}

/** Describes an entry without its place in the sequence. */
export function entryInWords(entry = {}) {
  const kind = entry.state === "done" && entry.out ? "out" : (entry.state ?? "to-do");
  return stateInWords({ kind, entry, item: {}, decided: Boolean(entry.who) });
}

/** What the button of an item does, by the kind of the item. */
const DOES = {
  "to-do": find(".item__more")?.textContent, // as the page has it
  done: "Change date",
  out: "Date and decision",
  "not-taken": "Change decision",
  undecided: "Note decision",
};

function drawButton(button, { kind, number }) {
  if (!button || button.textContent === DOES[kind]) return; // the page of all has none
  button.setAttribute("aria-label", `${DOES[kind]}, item ${number}`);
  button.replaceChildren(DOES[kind]);
}

function pointOut(row, isNext) {
  row.classList.toggle("item--next", isNext);
  if (isNext) find(".item__ask", row).after(make("p", { className: "item__next", id: "next-item" }, "Next item"));
  else find(".item__next", row).remove();
}

/** Ties the words of a row to its box, for those who do not see where they stand. */
function describe({ row, box, words }, isNext) {
  const ids = [isNext && "next-item", words?.id].filter(Boolean).join(" ");
  if (ids) box.setAttribute("aria-describedby", ids);
  else box.removeAttribute("aria-describedby");
  row.classList.toggle("item--saved", row.id === justSaved);
}

function drawItem(stands, isNext) {
  const found = rows.get(stands.item.id);
  if (!found) return;
  const { row, box } = found;
  const checked = stands.entry.state === "done";
  if (box.checked !== checked) box.checked = checked;
  box.defaultChecked = checked; // WebKit resets the box to that when a visitor comes back
  if (row.dataset.kind !== stands.kind) row.dataset.kind = stands.kind;
  if (row.classList.contains("item--next") !== isNext) pointOut(row, isNext);
  drawButton(found.more, stands);
  found.askAgain?.(stands);
  const words = stateInWords(stands);
  if (!found.words && (words || row.id === justSaved)) {
    found.words = make("p", { className: "item__state", id: `${row.id}-state` });
    find(".item__ask", row).after(found.words);
  }
  if (found.words) write(found.words, words);
  describe(found, isNext);
}

function drawRemoved({ checklist, removed }, record) {
  const place = find(`.items[data-checklist="${checklist.name}"]`);
  if (!place) return;
  for (const gone of all(".item--removed", place)) gone.remove();
  for (const { id, text } of removed) {
    const words = `No longer on this checklist. ${entryInWords(record.items[id])} It stays in your record.`;
    place.append(make("li", { className: "item item--removed", id }, make("s", {}, text), make("p", {}, words)));
  }
}

// ------------------------------------------------------------ progress

const listOf = (id) => whole.lists.find(({ items }) => items.some(({ item }) => item.id === id));

function drawProgress() {
  const pages = all(".items");
  const shown = pages.length === 1 ? listOf(rows.keys().next().value) : whole;
  Object.assign(find("progress", progress), { max: shown.total, value: shown.settled });
  write(find(".progress__words", progress), `${howFar(shown)}.`);
  const { complete, next } = whole;
  const link = complete
    ? make("a", { href: `${index}#complete` }, "Every item is done or skipped by decision: request your plaque")
    : make("a", { href: `${index}${next.checklist.name}/#${next.item.id}` }, `${next.number} ${next.item.text}`);
  const line = find(".progress__next", progress);
  if (find("a", line)?.href !== link.href) line.replaceChildren(complete ? "" : "Next item: ", link);
}

/** Returns what the header's button says, null where nothing has begun. */
function leadsOn({ items }) {
  if (!Object.keys(items).length) return null;
  const { next } = whole;
  if (!next) return ["Request your plaque", "", "plaque/"];
  return ["Continue", `: item ${next.number}`, `${next.checklist.url}#${next.item.id}`];
}

export function draw() {
  const { record, trouble } = load();
  whole = survey(checklists, record);
  for (const list of whole.lists) {
    for (const stands of list.items) drawItem(stands, whole.next?.item === stands.item);
    if (list.removed.length) drawRemoved(list, record);
  }
  drawProgress();
  remember(leadsOn(record));
  for (const drawer of drawers) drawer();
  warn(trouble);
}

export function warn(words) {
  const told = find(".progress__trouble", progress);
  write(told, words);
  told.hidden = !words;
}

// ------------------------------------------------------------ events

/** Keeps the answers about an item. Returns whether the browser saved them. */
function change(id, answers) {
  const { trouble } = update((record) => {
    const edition = editions.get(id);
    const at = Math.max(Date.now(), record.since); // of this round, also by a clock that is behind
    record.items[id] = { state: "to-do", ...record.items[id], ...answers, at, edition };
  });
  justSaved = trouble ? null : id;
  draw();
  const { settled, total } = listOf(id);
  const words = `${settled} of ${total} items of this checklist done or skipped by decision.`;
  write(find("[role=status]", progress), trouble ? words : `Saved. ${words}`);
  return !trouble;
}

function check({ id }, { checked }) {
  // The day is kept, so that a box that is cleared by mistake gets it back.
  const on = load().record.items[id]?.on ?? today();
  change(id, checked ? { state: "done", on, out: undefined } : { state: "to-do" });
  refill();
}

/** Fills the open questions from the record. */
function refill() {
  for (const stands of whole.lists.flatMap(({ items }) => items)) rows.get(stands.item.id)?.refill?.(stands);
}

/** Opens or closes the questions. They are loaded when first needed: most visits only check boxes. */
async function toggle({ id }, button) {
  const found = rows.get(id);
  if (found.isLoading) return;
  found.isLoading = true;
  try {
    const { toggleQuestions } = await import("./questions.js");
    const stands = listOf(id).items.find(({ item }) => item.id === id);
    toggleQuestions(found, button, stands, (answers) => change(id, answers));
  } catch (error) {
    warn("The details did not load. Reload this page.");
    throw error;
  } finally {
    found.isLoading = false;
  }
}

/**
 * Prints, with empty boxes on request. A class does that, not a redraw: Safari returns from print() before it prints,
 * and may never send afterprint, so the class stays until the page is used again.
 */
function print(isBlank) {
  document.documentElement.classList.toggle("blank", isBlank);
  window.print();
}

function start() {
  document.addEventListener("change", ({ target }) => {
    if (target.name === "done") check(target.closest(".item"), target);
  });
  document.addEventListener("click", ({ target }) => {
    const button = target.closest(".item__more"); // where a browser translates, the target is an element inside
    if (button) toggle(button.closest(".item"), button);
  });
  for (const part of all("[data-scripted]")) part.hidden = false;
  for (const button of all("[data-print]")) button.onclick = () => print(button.dataset.print === "blank");
  for (const goesOn of ["keydown", "pointerdown"])
    addEventListener(goesOn, () => document.documentElement.classList.remove("blank"));
  const drawAnew = () => {
    draw();
    refill();
  };
  onChangeElsewhere(drawAnew);
  addEventListener("pageshow", ({ persisted }) => persisted && drawAnew()); // another page may have changed the record
}

const failed = find(".progress__trouble", progress).textContent; // drawing empties it
try {
  ({ checklists } = await (await fetch(progress.dataset.source)).json());
  editions = new Map(checklists.flatMap(({ items, edition }) => items.map(({ id }) => [id, edition])));
  const ticked = all(".item :checked"); // before this script was there
  draw();
  start();
  for (const box of ticked) if (!box.checked) box.click();
} catch (error) {
  warn(failed);
  throw error;
} finally {
  progress.hidden = false;
}
