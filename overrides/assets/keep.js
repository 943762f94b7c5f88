// Draws the index of the checklists as a list of tasks. What is done to the record as a whole, most visits do not do: its
// code comes with the first button that is pressed.

import { alsoDraw, draw, entryInWords, find, warn, whole, write } from "./checklist.js";
import { planInWords } from "./plan.js";
import { hasPrevious, howFar, isBegun, load, update } from "./progress.js";

const section = find("#keep");
const agency = find("#agency");

function status({ settled, notTaken, total, checklist, items }) {
  if (settled === total) return "Done";
  if (items.some(({ entry }) => entry.state && entry.state !== "to-do")) return `${settled - notTaken} of ${total}`;
  return checklist.optional ? "Optional" : "Not started";
}

function drawTask(list) {
  const task = find(`[data-step="${list.checklist.name}"]`);
  const words = status(list);
  write(find(".step__status", task), words);
  task.dataset.status = words.includes(" of ") ? "begun" : words;
  write(find(".step__count", task), `${howFar(list)}.`);
  const planned = planInWords(list);
  write(find(".step__plan", task), planned);
  find(".step__plan", task).hidden = !planned;
}

function drawTasks() {
  for (const list of whole.lists) drawTask(list);
  const { record } = load();
  if (agency.value !== record.agency) agency.value = record.agency;
  const words = whole.unknown.map((id) => `${id}: ${entryInWords(record.items[id])}`).join(" ");
  write(find("[data-unknown]"), words && `In your record, but no longer on any checklist: ${words}`);
  find("[data-previous]").hidden = !hasPrevious();
  document.documentElement.classList.toggle("begun", isBegun(record));
  find("#round").hidden = !isBegun(record);
  const date = new Date().toLocaleDateString("en-US", { dateStyle: "long" });
  write(find("[data-report]"), [record.agency, date].filter(Boolean).join(", "));
}

/** Waits for a script. Where it does not come, `say` says so. */
async function loaded(script, say) {
  try {
    return await script;
  } catch (error) {
    say("A part of this page did not load. Reload it.");
    throw error;
  }
}

let completion = null; // its script, once it is there

async function drawCompletion() {
  const complete = find("#complete");
  if (whole.complete) completion ??= await loaded(import("./complete.js"), warn);
  if (!whole.complete) {
    // It may be so only since the script was asked for. What was erased does not stay here.
    complete.hidden = true;
    write(find(".summary"), "");
    find(".button", complete).hash = "";
    return;
  }
  completion.drawCompletion();
  const isFirst = complete.hidden;
  complete.hidden = false;
  if (isFirst && location.hash === "#complete") aim();
}

/** Scrolls to the target of the link, which was hidden when the browser looked for it, unless somebody is elsewhere. */
function aim() {
  const target = document.getElementById(location.hash.slice(1));
  if (!target || target.hidden || document.activeElement !== document.body) return;
  target.scrollIntoView({ behavior: "instant" });
  target.focus({ preventScroll: true });
}

function fail(words) {
  find(".keep__done").setAttribute("role", "alert");
  write(find(".keep__done"), words);
}
const exchange = (say = fail) => loaded(import("./exchange.js"), say);

section.hidden = false;
agency.addEventListener("input", () => {
  update((record) => (record.agency = agency.value));
  draw();
});
section.addEventListener("click", async ({ target }) => {
  const button = target.closest("[data-does]"); // where a browser translates, the target is an element inside
  if (button) (await exchange())[button.dataset.does]();
});
find("#file").onchange = async ({ target }) => target.files[0] && (await exchange()).openFile(target.files[0]);
const isHandedOver = () => /^#progress(=|%)/.test(location.hash);
const receive = async () => isHandedOver() && (await exchange(warn)).openLink();
addEventListener("hashchange", receive);
receive();
alsoDraw(drawTasks);
alsoDraw(drawCompletion);
if (!isHandedOver()) aim();
