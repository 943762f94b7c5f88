// The page of all checklists is for paper first: its script comes only where there is something to draw or to keep.

const progress = document.querySelector("[data-progress]");
let loaded = null;

async function loadWithIds() {
  const { checklists } = await (await fetch(progress.dataset.source)).json();
  const ids = checklists.flatMap(({ items }) => items.map(({ id }) => id));
  for (const [number, row] of document.querySelectorAll(".item").entries()) row.id = ids[number];
  return import("./plan.js");
}

const load = () => (loaded ??= loadWithIds());

function keepsSomething() {
  try {
    return localStorage.length > 0;
  } catch {
    return true; // the script tells that nothing can be kept
  }
}

/** Does once more, with the script, what was done before it was there. */
async function again(event) {
  if (loaded) return;
  event.stopImmediatePropagation();
  const { target } = event;
  const { checked } = target;
  await load();
  if (event.type === "click") return target.click();
  target.checked = checked;
  target.dispatchEvent(new Event("change", { bubbles: true }));
}

function waitForTheFirstUse() {
  for (const part of document.querySelectorAll("[data-scripted]")) part.hidden = false;
  addEventListener("storage", load);
  document.addEventListener("change", again);
  for (const button of document.querySelectorAll("[data-print]"))
    button.addEventListener("click", again, { once: true });
}

if (keepsSomething()) load();
else waitForTheFirstUse();
