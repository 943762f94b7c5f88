// Saves, shares, merges and erases the record as a whole, and begins a new round. Each button of the section names one of
// these functions.

import { alsoDraw, checklists, draw, entryInWords, find, index, make, write } from "./checklist.js";
import { fromFile, fromLink, merge, toFile, toLink } from "./handover.js";
import { bringBack, forgetAll, howFar, inOneSentence, load, newRound, survey, today, update } from "./progress.js";

const section = find("#keep");
const incoming = find("#incoming");
const link = find("#link");

let later = 0;

/**
 * Says what was done, beside the buttons or, where the person was led to the top of the section, there. Words that stand
 * there already are gone for a moment: a screen reader says only what is new.
 */
const tell = (words, place = ".keep__done", role = "status") => {
  clearTimeout(later);
  for (const told of section.querySelectorAll(".keep__told, .keep__done")) {
    const now = told.matches(place) ? words : "";
    const isAgain = now && told.textContent === now;
    told.setAttribute("role", role);
    write(told, isAgain ? "\u00a0" : now); // a space keeps its line
    if (isAgain) later = setTimeout(write, 100, told, now);
  }
};

/** Says what did not work. */
const fail = (words) => tell(words, ".keep__done", "alert");

function finish(words, role) {
  incoming.hidden = true;
  find("#file").value = "";
  draw();
  tell(words, ".keep__told", role);
  find("h2", section).focus();
}

// ------------------------------------------------------------ out of this browser

const fileName = () => `certification-${today()}.json`;

export function save() {
  toFile(load().record, fileName());
  tell("Saved to a file, in your downloads.");
}

export async function makeLink() {
  link.value = await toLink(load().record, index);
  find("[data-link-box]").hidden = false;
  find("[data-does=share]").hidden = !navigator.share;
  find("[data-link-box]").scrollIntoView({ behavior: "instant" });
  link.focus({ preventScroll: true });
  link.select();
  // Outlook cuts an address at about 2,048 characters.
  const isLong = link.value.length > 2000;
  if (isLong) fail("This link is too long for some mail programs. Save to a file, and send that instead.");
  else tell("");
}

/** Has the link that is shown say what was entered since, also in another window. */
async function renewLink() {
  if (!link.value) return;
  const made = await toLink(load().record, index);
  if (link.value) link.value = made; // meanwhile, all may have been erased
}
alsoDraw(renewLink);

export async function copyLink() {
  link.select();
  try {
    await navigator.clipboard.writeText(link.value);
    tell("Link copied.");
  } catch {
    fail(
      "The link was not copied, but it is selected: press Ctrl+C, or Command+C on a Mac. On a phone, choose Copy in the menu above it.",
    );
  }
}

export async function share() {
  try {
    await navigator.share({ title: document.title, url: link.value });
    tell("Shared with the app you chose.");
  } catch (error) {
    if (error.name !== "AbortError") fail("This device could not share the link. Copy it instead.");
  }
}

// ------------------------------------------------------------ into it

/** The name of a choice: if mine changes in another window meanwhile, it is another one, and the newer answer stays. */
const choiceOf = ({ id, mine }) => `${id} ${mine.at}`;

function takeOver(theirs, done) {
  update((mine) => {
    const { record, differences } = merge(mine, theirs);
    Object.assign(mine, record);
    for (const difference of differences) {
      const chosen = find(`[name="${choiceOf(difference)}"]:checked`, incoming)?.value;
      if (chosen) mine.items[difference.id] = difference[chosen];
    }
  });
  finish(done);
}

const count = (number, one) => `${number} ${number === 1 ? one : `${one}s`}`;

/** Returns what a copy would change, in parts of a sentence. An item to do that was none before is no change. */
function changes(mine, { record, taken }) {
  const ids = Object.keys(record.items).filter((id) => record.items[id] !== mine.items[id]);
  const isToDo = (entry = { state: "to-do" }) => entry.state === "to-do";
  const added = ids.filter((id) => !isToDo(record.items[id])).length;
  const back = ids.filter((id) => isToDo(record.items[id]) && !isToDo(mine.items[id])).length;
  const plans = taken - ids.length;
  return [
    added && `adds or updates ${count(added, "item")}`,
    back && `sets ${count(back, "item")} back to To do`,
    plans && `says who is responsible or by when for ${count(plans, "checklist")}`,
    record.agency !== mine.agency && "fills in the name of your agency",
  ].filter(Boolean);
}

/** Writes the question and its two answers. */
function ask(title, yes, no) {
  write(find("#incoming-title"), title);
  write(find("[data-take]"), yes);
  write(find("[data-leave]"), no);
}

/** Shows what a copy would change, and asks. */
function review(theirs) {
  const mine = load().record;
  const merged = merge(mine, theirs);
  const { record, differences, dropped } = merged;
  const parts = changes(mine, merged);
  if (!parts.length && !differences.length && !dropped)
    return finish(
      theirs.since < mine.since
        ? "The copy is from an earlier round, and has nothing new."
        : "The copy has nothing new.",
    );
  tell("");
  const texts = new Map(
    checklists.flatMap((list) => [...list.items, ...list.removed]).map(({ id, text }) => [id, text]),
  );
  const isFirst = !Object.keys(mine.items).length && !Object.keys(mine.plans).length;
  const whose = theirs.agency ? `of ${theirs.agency}` : "in this copy";
  if (isFirst) ask(`Open the progress ${whose}?`, "Open it", "Do not open it");
  else ask("Add a saved copy?", "Add to mine", "Keep mine as it is");
  const copy = theirs.agency ? `copy from ${theirs.agency}` : "copy";
  const words = [
    parts.length && `The ${copy} ${inOneSentence(parts)}.`,
    differences.length &&
      `Where yours and the ${copy} differ, the newer answer is selected below. You can select the other.`,
    dropped &&
      `The ${copy} begins a new round and removes ${count(dropped, "item")} of yours. Save yours to a file first.`,
  ];
  write(
    find("[data-incoming-words]"),
    isFirst
      ? `${howFar(survey(checklists, record))}. From then on there are two separate copies: what is changed in one does not change the other.`
      : words.filter(Boolean).join(" "),
  );
  const choice = (difference, value, whose) => {
    const entry = difference[value];
    const checked = record.items[difference.id] === entry;
    const box = make("input", { type: "radio", name: choiceOf(difference), value, checked });
    const at = new Date(entry.at).toLocaleString("en-US");
    return make("label", {}, box, make("span", {}, `${whose}, ${at}: ${entryInWords(entry) || "To do."}`));
  };
  const choices = differences.map((difference) =>
    make(
      "fieldset",
      {},
      make("legend", {}, texts.get(difference.id) ?? difference.id),
      choice(difference, "mine", "Mine"),
      choice(difference, "theirs", "In the copy"),
    ),
  );
  find("[data-differences]").replaceChildren(...choices);
  const done = isFirst ? "Done. From now on this browser has a copy of its own." : "The copy was added to yours.";
  find("[data-take]").onclick = () => takeOver(theirs, done);
  find("[data-leave]").onclick = () => finish("The copy was not added. Nothing changed.");
  incoming.hidden = false;
  incoming.scrollIntoView({ behavior: "instant" });
  incoming.focus({ preventScroll: true });
}

/** Reviews a copy. A bad one shows a message, and changes nothing. */
async function receive(reading) {
  try {
    review(await reading);
  } catch (error) {
    finish(`${error.message} Nothing changed.`, "alert");
  }
}

export const openFile = (file) => receive(fromFile(file));

export function openLink() {
  const { hash } = location;
  history.replaceState(null, "", location.pathname); // keep the record out of the address bar, the history and bookmarks
  return receive(fromLink(hash));
}

// ------------------------------------------------------------ anew

const ERASED = "Everything is erased from this browser.";
const STORAGES = ["localStorage", "sessionStorage"];
let erased = null; // what an undo brings back. Once this page is left, nobody has it.

/** Returns what a storage holds, nothing where storage is turned off. */
function contents(storage) {
  try {
    return { ...window[storage] };
  } catch {
    return {};
  }
}

/** Erases the record, and what of it was shown, or handed to a form in this window. */
export function erase() {
  erased = { record: { ...load().record }, kept: STORAGES.map((storage) => [storage, contents(storage)]) };
  forgetAll();
  try {
    sessionStorage.clear();
  } catch {
    // Nothing was kept.
  }
  link.value = "";
  find("[data-link-box]").hidden = true;
  write(find("[data-incoming-words]"), "");
  find("[data-differences]").replaceChildren();
  find(".keep__erase").open = false;
  find("[data-erased]").hidden = false;
  finish(`${ERASED} Until you leave this page, you can undo this.`);
}

/** Brings back what was erased, beside what was entered since. */
export function undoErase() {
  const { record, kept } = erased;
  update((mine) => Object.assign(mine, merge(mine, record).record));
  for (const [storage, before] of kept)
    for (const [key, text] of Object.entries(before)) {
      try {
        window[storage].getItem(key) ?? window[storage].setItem(key, text);
      } catch {
        // It has no room, which matters for the record alone: that says so itself.
      }
    }
  forgetErased();
  finish("Everything is back.");
}

function forgetErased() {
  erased = null;
  find("[data-erased]").hidden = true;
}

addEventListener("pagehide", () => {
  if (!erased) return;
  forgetErased();
  tell(ERASED, ".keep__told"); // for who comes back to this page as it was
});

/** Saves the round so far to a file, and begins anew. */
export function begin() {
  toFile(load().record, fileName());
  newRound();
  find(".keep__round").open = false;
  finish(`A new round has begun. Your last round is in the file ${fileName()}, in your downloads.`);
}

export function back() {
  if (bringBack()) finish("Your last round is back.");
  else finish("Your last round could not be brought back. Nothing changed.", "alert");
}
