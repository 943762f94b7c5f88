// What comes once everything is done or skipped: the dates, and the summary that goes along with the plaque request.

import { day, draw, find, whole, write } from "./checklist.js";
import { answers } from "./completion.js";
import { load } from "./progress.js";

const complete = find("#complete");
const reasons = find("[name=reasons]");
reasons.onchange = draw;

export function drawCompletion() {
  const completed = whole.completedOn;
  const ends = completed.replace(/^\d+/, (year) => Number(year) + Number(complete.dataset.validForYears));
  write(find("[data-completed]"), day(completed));
  write(find("[data-expires]"), day(ends.replace(/02-29$/, "02-28")));
  const handedOn = answers(whole, load().record, reasons.checked);
  write(find(".summary"), handedOn.summary);
  find(".button", complete).hash = new URLSearchParams(handedOn);
}
