// Who answers for a checklist, and by which day it is to be done: asked on its page, shown on paper and on the index.

import { alsoDraw, day, draw, find, whole, write } from "./checklist.js";
import { load, today, update } from "./progress.js";

/** Returns what is planned for a checklist in words, "" if nothing is. */
export function planInWords({ checklist, settled, total }) {
  const { owner = "", by } = load().record.plans[checklist.name] ?? {};
  const late = by && by < today() && settled < total ? " (this day has passed)" : "";
  return [owner, by && `by ${day(by)}${late}`].filter(Boolean).join(", ");
}

const form = find(".plan form");
let isKeyed = false; // whether the date box had a key, which no calendar needs
let typed = null; // the date box that somebody types in

/** Writes what is known into the foot of each checklist on paper. */
function drawPaper() {
  const { agency, plans } = load().record;
  for (const foot of document.querySelectorAll(".signature")) {
    const { owner = "", by } = plans[foot.previousElementSibling.dataset.checklist] ?? {};
    const lines = foot.querySelectorAll("dd");
    for (const [place, words] of [agency, owner, by ? day(by) : ""].entries()) write(lines[place], words);
  }
}

/** Fills in the boxes, except the one that somebody types in. */
function fillIn() {
  const plan = load().record.plans[form.dataset.of] ?? {};
  for (const box of form.elements)
    if (box !== typed && box.value !== (plan[box.name] ?? "")) box.value = plan[box.name] ?? "";
}

function tell(words, className) {
  const told = Object.assign(find("[role=status]", form), { className });
  write(told, words);
}

function keep(box) {
  if (!box.validity.valid) return tell("Enter a real date, such as 11/20/2027.", "wrong-day");
  const value = box.value || undefined;
  if (load().record.plans[form.dataset.of]?.[box.name] === value) return;
  const { trouble } = update(({ plans }) => {
    plans[form.dataset.of] = { ...plans[form.dataset.of], [box.name]: value, at: Date.now() };
  });
  tell(trouble ? "" : "Saved in this browser.", "said");
  draw();
}

function drawSummary() {
  const list = whole.lists.find(({ checklist }) => checklist.name === form.dataset.of);
  write(find("[data-planned]"), planInWords(list) || "not set");
}

if (form) {
  const { owner, by } = form.elements;
  owner.addEventListener("input", () => keep(owner));
  // A date box passes through other days while one is typed: it counts once it is left, or the page is.
  by.addEventListener("keydown", () => (isKeyed = true));
  by.addEventListener("input", () => {
    if (isKeyed) typed = by;
    else keep(by);
  });
  const left = () => {
    isKeyed = false;
    if (!typed) return;
    typed = null;
    keep(by);
  };
  by.addEventListener("focusout", left);
  addEventListener("pagehide", left);
  form.addEventListener("submit", (event) => event.preventDefault());
  alsoDraw(fillIn);
  alsoDraw(drawSummary);
}
alsoDraw(drawPaper);
