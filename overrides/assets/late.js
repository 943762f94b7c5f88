// Loads the script of a page of the checklists once the page itself is there, so that it never waits for its script.
// The page of all checklists is for paper first: its script comes only where there is something to draw or to keep.

const progress = document.querySelector("[data-progress]");

async function loadWithIds() {
  const { checklists } = await (await fetch(progress.dataset.source)).json();
  const ids = checklists.flatMap(({ items }) => items.map(({ id }) => id));
  for (const [number, row] of document.querySelectorAll(".item").entries()) row.id = ids[number];
  return import("./plan.js");
}

function keepsSomething() {
  try {
    return localStorage.length > 0;
  } catch {
    return true; // the script tells that nothing can be kept
  }
}

function print() {
  let loaded = null;
  const load = () => (loaded ??= loadWithIds());
  const show = () => {
    for (const part of document.querySelectorAll("[data-scripted]")) part.hidden = false;
  };
  const again = async (event) => {
    if (loaded) return;
    event.stopImmediatePropagation();
    const { target } = event;
    const { checked } = target;
    await load();
    if (event.type === "click") return target.click();
    target.checked = checked;
    target.dispatchEvent(new Event("change", { bubbles: true }));
  };
  if (keepsSomething()) return load();
  show();
  addEventListener("storage", load);
  document.addEventListener("change", again);
  for (const button of document.querySelectorAll("[data-print]")) button.addEventListener("click", again, { once: true });
}

const pages = { checklist: () => import("./plan.js"), checklists: () => import("./keep.js"), print };
addEventListener("load", () => pages[progress.dataset.script]());
