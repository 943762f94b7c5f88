// Manages the record as a whole, on the index of the checklists: completion, saving, sharing, merging, erasing.

import { alsoDraw, checklists, day, draw, entryInWords, find, index, make, whole, write } from "./checklist.js";
import { answers } from "./completion.js";
import { empty, howFar, load, today, update } from "./progress.js";

const section = find("#keep");
const complete = find("#complete");
const incoming = find("#incoming");
const agency = find("#agency");

function drawPath() {
  for (const list of whole.lists) {
    const { checklist, settled, total } = list;
    const step = find(`[data-step="${checklist.name}"]`);
    step.style.setProperty("--done", `${(100 * settled) / total}%`);
    step.classList.toggle("step--complete", settled === total);
    write(find(".step__count", step), howFar(list));
  }
  const words = whole.unknown.map((id) => `${id}: ${entryInWords(load().record.items[id])}`).join(" ");
  write(find("[data-unknown]"), words && `In your record, but no longer on any checklist: ${words}`);
}

function drawCompletion() {
  complete.hidden = !whole.complete;
  if (!whole.complete) return;
  const completed = whole.completedOn;
  const ends = completed.replace(/^\d+/, (year) => Number(year) + Number(complete.dataset.validForYears));
  write(find("[data-completed]"), day(completed));
  write(find("[data-expires]"), day(ends.endsWith("02-29") ? ends.replace("29", "28") : ends));
  const handedOn = answers(whole, load().record, find("[name=reasons]").checked);
  write(find(".summary"), handedOn.summary);
  find(".button", complete).hash = new URLSearchParams(handedOn);
}

const tell = (words) => write(find(".keep__told"), words);

function finish(words) {
  incoming.hidden = true;
  find("#file").value = "";
  agency.value = load().record.agency;
  draw();
  tell(words);
  find("h2", section).focus();
}

function takeOver(theirs, merge) {
  update((mine) => {
    const { record, differences } = merge(mine, theirs);
    Object.assign(mine, record);
    for (const { id, mine: here, theirs: there } of differences) {
      const chosen = find(`[name="${id}"]:checked`, incoming).value;
      mine.items[id] = chosen === "here" ? here : there;
    }
  });
  finish("The copy was added to yours.");
}

/** Shows what a copy would change, and asks. */
function review(theirs, merge) {
  const mine = load().record;
  const { record, taken, differences } = merge(mine, theirs);
  if (!taken && !differences.length && record.agency === mine.agency) return finish("The copy has nothing new.");
  tell("");
  const texts = new Map(checklists.flatMap((list) => [...list.items, ...list.removed]).map(({ id, text }) => [id, text]));
  write(
    find("[data-incoming-words]"),
    `${theirs.agency ? `From ${theirs.agency}: ` : ""}${taken} ${taken === 1 ? "item" : "items"} to add or update.` +
      (differences.length ? " If the two differ, the newer answer is selected below. You can select the other." : ""),
  );
  const choice = (id, entry, value, whose) => {
    const box = make("input", { type: "radio", name: id, value, checked: record.items[id] === entry });
    const at = new Date(entry.at).toLocaleString("en-US");
    return make("label", {}, box, ` ${whose}, ${at}: ${entryInWords(entry) || "To do."}`);
  };
  const choices = differences.map(({ id, mine, theirs: their }) =>
    make(
      "fieldset",
      {},
      make("legend", {}, texts.get(id) ?? id),
      choice(id, mine, "here", "Mine"),
      choice(id, their, "there", "In the copy"),
    ),
  );
  find("[data-differences]").replaceChildren(...choices);
  find("[data-take]").onclick = () => takeOver(theirs, merge);
  find("[data-leave]").onclick = () => finish("The copy was not added. Nothing changed.");
  incoming.hidden = false;
  incoming.focus();
}

/** Loads the code for sharing when first needed: most visits share nothing. */
const handover = () => import("./handover.js");

/** Reviews a copy. A bad one shows a message, and changes nothing. */
async function receive(read) {
  try {
    const { merge, ...readers } = await handover();
    review(await read(readers), merge);
  } catch (error) {
    finish(`${error.message} Nothing changed.`);
  }
}

function receiveLink() {
  const { hash } = location;
  if (!/^#progress(=|%)/.test(hash)) return;
  history.replaceState(null, "", location.pathname); // keep the record out of the address bar, the history and bookmarks
  receive(({ fromLink }) => fromLink(hash));
}

async function copyLink() {
  const box = find("#link");
  box.select();
  try {
    await navigator.clipboard.writeText(box.value);
    tell("Link copied.");
  } catch {
    tell("The link is selected. Copy it with Ctrl+C, on a Mac with Command+C.");
  }
}

section.hidden = false;
agency.value = load().record.agency;
agency.addEventListener("input", () => {
  update((record) => (record.agency = agency.value));
  draw();
});
find("[data-save]").onclick = async () => {
  const { toFile } = await handover();
  toFile(load().record, `certification-${today()}.json`);
  tell("Saved to a file, in your downloads.");
};
find("[data-link]").onclick = async () => {
  const { toLink } = await handover();
  const box = find("#link");
  box.value = await toLink(load().record, index);
  find("[data-link-box]").hidden = false;
  box.select();
  // Outlook cuts an address at about 2,048 characters.
  tell(box.value.length > 2000 ? "This link is too long for some mail programs. Save to a file, and send that instead." : "");
};
find("[data-copy]").onclick = copyLink;
find("#file").onchange = ({ target }) => target.files[0] && receive(({ fromFile }) => fromFile(target.files[0]));
find("[data-erase]").onclick = () => {
  update((record) => Object.assign(record, empty()));
  find(".keep__erase").open = false;
  finish("Everything is erased from this browser.");
};
find("[name=reasons]").onchange = draw;
alsoDraw(drawPath);
alsoDraw(drawCompletion);
addEventListener("hashchange", receiveLink);
receiveLink();
// The target of the link was hidden when the browser looked for it, so it was not scrolled to.
const aim = document.getElementById(location.hash.slice(1));
if (aim && !aim.hidden) {
  aim.scrollIntoView({ behavior: "instant" });
  aim.focus({ preventScroll: true });
}
