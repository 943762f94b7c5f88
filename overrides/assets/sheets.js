// The page of all checklists is for paper first: its script comes only where there is something to draw or to keep.

const progress = document.querySelector("[data-progress]");
const boxes = document.querySelectorAll(".item input");
let loaded = null;

const plain = (text) => text.trim().replace(/\s+/g, " ");
const texts = [...boxes].map((box) => plain(box.labels[0].textContent)); // later, a browser may have translated them

/** Gives the rows their ids, by their place. Throws where this page and the items are of two editions. */
async function loadWithIds() {
  const { checklists } = await (await fetch(progress.dataset.source)).json();
  const items = checklists.flatMap((checklist) => checklist.items);
  const isSame = ({ text }, number) => plain(text) === texts[number];
  if (items.length !== boxes.length || !items.every(isSame)) throw new Error("This page is of another edition.");
  for (const [number, { id }] of items.entries()) boxes[number].closest(".item").id = id;
  return import("./plan.js");
}

/** Loads the script, which also keeps what was ticked before it was there. Where it does not come, that is said. */
function load() {
  loaded ??= loadWithIds().catch((error) => {
    loaded = null;
    for (const box of boxes) box.autocomplete = "off"; // as in checklist.js
    progress.hidden = progress.querySelector("[role=alert]").hidden = false;
    throw error;
  });
  return loaded;
}

function keepsSomething() {
  try {
    return localStorage.length > 0;
  } catch {
    return true; // the script tells that nothing can be kept
  }
}

function waitForTheFirstUse() {
  for (const part of document.querySelectorAll("[data-scripted]")) part.hidden = false;
  addEventListener("storage", load);
  addEventListener("pageshow", () => keepsSomething() && load()); // another page may have begun the record
  document.addEventListener("change", load);
  for (const button of document.querySelectorAll("[data-print]"))
    button.onclick = () =>
      load().then(
        () => button.click(), // the script does now what it says
        () => print(), // paper needs no script
      );
}

const isTicked = [...boxes].some((box) => box.checked);
if (isTicked || keepsSomething()) load();
else waitForTheFirstUse();
