// Saves, shares, merges and erases the record as a whole, and begins a new round. Each button of the section names one of
// these functions.

import { checklists, draw, entryInWords, find, index, make, write } from "./checklist.js";
import { fromFile, fromLink, merge, toFile, toLink } from "./handover.js";
import { bringBack, empty, forgetPrevious, load, newRound, today, update } from "./progress.js";

const section = find("#keep");
const incoming = find("#incoming");
const link = find("#link");

/** Says what was done, beside the buttons or, where the person was led to the top of the section, there. */
const tell = (words, place = ".keep__done", role = "status") => {
  for (const told of section.querySelectorAll(".keep__told, .keep__done")) {
    told.setAttribute("role", role);
    write(told, told.matches(place) ? words : "");
  }
};

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
  link.select();
  // Outlook cuts an address at about 2,048 characters.
  const isLong = link.value.length > 2000;
  tell(isLong ? "This link is too long for some mail programs. Save to a file, and send that instead." : "");
}

export async function copyLink() {
  link.select();
  try {
    await navigator.clipboard.writeText(link.value);
    tell("Link copied.");
  } catch {
    tell(
      "The link is selected. To copy it, press Ctrl+C, or Command+C on a Mac. On a phone, choose Copy in the menu above it.",
    );
  }
}

export async function share() {
  try {
    await navigator.share({ title: document.title, url: link.value });
    tell("Shared with the app you chose.");
  } catch (error) {
    if (error.name !== "AbortError") tell("This device could not share it. Copy the link instead.");
  }
}

// ------------------------------------------------------------ into it

/** The name of a choice: if mine changes in another window meanwhile, it is another one, and the newer answer stays. */
const choiceOf = ({ id, mine }) => `${id} ${mine.at}`;

function takeOver(theirs) {
  update((mine) => {
    const { record, differences } = merge(mine, theirs);
    Object.assign(mine, record);
    for (const difference of differences) {
      const chosen = find(`[name="${choiceOf(difference)}"]:checked`, incoming)?.value;
      if (chosen) mine.items[difference.id] = difference[chosen];
    }
  });
  finish("The copy was added to yours.");
}

/** Shows what a copy would change, and asks. */
function review(theirs) {
  const mine = load().record;
  const { record, taken, differences, dropped } = merge(mine, theirs);
  if (!taken && !differences.length && !dropped && record.agency === mine.agency)
    return finish(
      theirs.since < mine.since
        ? "The copy is from an earlier round, and has nothing new."
        : "The copy has nothing new.",
    );
  tell("");
  const texts = new Map(
    checklists.flatMap((list) => [...list.items, ...list.removed]).map(({ id, text }) => [id, text]),
  );
  const count = (number, one) => `${number} ${number === 1 ? one : `${one}s`}`;
  write(
    find("[data-incoming-words]"),
    `${theirs.agency ? `From ${theirs.agency}: ` : ""}${count(taken, "item")} to add or update.` +
      (differences.length
        ? " Where yours and the copy differ, the newer answer is selected below. You can select the other."
        : "") +
      (dropped
        ? ` The copy begins a new round and removes ${count(dropped, "item")} of yours. Save yours to a file first.`
        : ""),
  );
  const choice = (difference, value, whose) => {
    const entry = difference[value];
    const checked = record.items[difference.id] === entry;
    const box = make("input", { type: "radio", name: choiceOf(difference), value, checked });
    const at = new Date(entry.at).toLocaleString("en-US");
    return make("label", {}, box, ` ${whose}, ${at}: ${entryInWords(entry) || "To do."}`);
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
  find("[data-take]").onclick = () => takeOver(theirs);
  find("[data-leave]").onclick = () => finish("The copy was not added. Nothing changed.");
  incoming.hidden = false;
  incoming.focus();
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

/** Erases the record, and what of it was shown, or handed to a form in this window. */
export function erase() {
  update((record) => Object.assign(record, empty()));
  forgetPrevious();
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
  finish("Everything is erased from this browser.");
}

/** Saves the round so far to a file, and begins anew. */
export function begin() {
  toFile(load().record, fileName());
  newRound();
  find(".keep__round").open = false;
  finish(`A new round has begun. Your last round is in the file ${fileName()}, in your downloads.`);
}

export function back() {
  finish(bringBack() ? "Your last round is back." : "Your last round could not be brought back. Nothing changed.");
}
