// The questions about one item: its state, its date, and the decision if it needs one.

import { checkDay, onceReleased, sayOfDay, wrongDay } from "./dates.js";
import { FIRST_DAY, missing, today } from "./progress.js";

const ANSWERS = ["on", "who", "when", "why"];
const DAYS = ["on", "when"];

/** Whether an answer may be kept: a day that is wrong leaves the one that is kept. Only a decision may lose its day. */
const isWhole = (box) =>
  !DAYS.includes(box.name) || (box.value ? !wrongDay(box) : box.name === "when" && !box.validity.badInput);

function tell(form, words, className = "said") {
  Object.assign(form.querySelector("[role=status]"), { textContent: words, className });
}

/** Ties a box to the message about its decision, or unties it; the message about its day stays. */
function tie(box, isTied) {
  const { id } = box.form.querySelector("[role=status]");
  const ids = (box.getAttribute("aria-describedby") ?? "").split(" ").filter((each) => each && each !== id);
  if (isTied) ids.push(id);
  if (ids.length) box.setAttribute("aria-describedby", ids.join(" "));
  else box.removeAttribute("aria-describedby");
}

/** Marks what is asked for now and is wrong or missing, says so, and returns the first of these boxes. */
function firstWrong(form) {
  const { state, on, who, when, why } = form.elements;
  const isSkipped = state.value === "not-taken";
  const wrong = [on, who, when, why].filter((box) => {
    if (box.closest("[hidden]")) return false;
    const isDay = DAYS.includes(box.name);
    const words = isDay && (wrongDay(box) || (box === on && !on.value ? "Enter the day, such as 3/27/2026." : ""));
    if (isDay) sayOfDay(box, words);
    const isMissing = !words && isSkipped && !box.value.trim();
    const isWrong = words || isMissing;
    tie(box, isMissing);
    if (isWrong) box.setAttribute("aria-invalid", "true");
    return isWrong;
  });
  const parts = isSkipped && missing({ who: who.value, when: when.value, why: why.value });
  tell(form, parts ? `Not skipped yet: note ${parts}.` : "", "wrong-day");
  return wrong[0];
}

/** Shows the questions that apply to the state of the item. */
function askWhatApplies(form, { kind, mark }) {
  for (const part of form.querySelectorAll("[data-asked-when]"))
    part.hidden = !part.dataset.askedWhen.split(" ").some((when) => when === kind || when === mark);
  form.elements.out.checked = kind === "out";
}

/** Opens or closes the questions below a row; `keep` gets each answer as it changes: others may change elsewhere. */
export function toggleQuestions(found, button, stands, keep) {
  let keyed = null; // the box that had the last key
  let typed = null; // the date box that somebody types in
  let { kind } = stands;
  const close = () => {
    if (typed) keepAnswers(typed);
    found.questions.remove();
    found.row.classList.remove("item--open");
    found.questions = found.askAgain = found.refill = null;
    button.setAttribute("aria-expanded", "false");
  };
  const finish = () => {
    close();
    button.focus();
  };
  if (found.questions) return close();
  const form = document.querySelector("#item-questions").content.cloneNode(true).querySelector("form");
  const { state, on, out, when } = form.elements;
  form.querySelector("legend").textContent = `Item ${stands.number} is`;
  form.querySelector("[role=status]").id = `${found.row.id}-said`;
  on.min = when.min = FIRST_DAY;
  const refill = ({ entry }) => {
    state.value = entry.state ?? "to-do";
    for (const name of ANSWERS) {
      const box = form.elements[name];
      if (box !== typed && box.value !== (entry[name] ?? "")) box.value = entry[name] ?? "";
    }
  };
  refill(stands);
  askWhatApplies(form, stands);
  const keepAnswers = (target) => {
    typed = null;
    if (!isWhole(target)) return;
    const answers = { [target.name]: target === out ? out.checked : target.value || undefined };
    if (answers.state === "done") {
      on.value ||= today();
      if (isWhole(on)) answers.on = on.value;
    }
    const isSaved = keep(answers);
    tell(form, isSaved && kind !== "undecided" ? "Saved in this browser." : "");
  };
  // A date box passes through other days, and through the years 2 and 20, while 11/20/2026 is typed: it counts once left.
  form.addEventListener("keydown", ({ target, key, isComposing }) => {
    keyed = target;
    if (key === "Escape" && !isComposing) finish(); // else it ends an accent or a word that is being composed
  });
  form.addEventListener("input", ({ target }) => {
    target.removeAttribute("aria-invalid");
    tie(target, false);
    checkDay(target, true);
    if (DAYS.includes(target.name) && keyed === target) typed = target;
    else keepAnswers(target);
  });
  form.addEventListener("focusout", ({ target }) => {
    checkDay(target);
    keyed = null;
    if (typed === target) onceReleased(() => keepAnswers(target));
  });
  addEventListener("pagehide", () => {
    if (typed) keepAnswers(typed);
  });
  form.elements.still.addEventListener("click", () => {
    keep({});
    state[0].form.querySelector(":checked").focus();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (typed) keepAnswers(typed);
    const wrong = firstWrong(form);
    if (wrong) wrong.focus();
    else finish();
  });
  found.questions = form;
  found.askAgain = (standsNow) => {
    kind = standsNow.kind;
    askWhatApplies(form, standsNow);
  };
  found.refill = refill;
  found.row.append(form);
  found.row.classList.add("item--open");
  button.setAttribute("aria-expanded", "true");
  form.querySelector(":checked").focus();
}
