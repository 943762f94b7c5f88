// The questions about one item: its state, its date, and the decision where one is needed.

import { today } from "./progress.js";

const ANSWERS = ["on", "who", "when", "why"];

/** Show the questions that apply to how the item stands. */
function askWhatApplies(form, { kind, mark }) {
  for (const part of form.querySelectorAll("[data-asked-when]"))
    part.hidden = !part.dataset.askedWhen.split(" ").some((when) => when === kind || when === mark);
  form.elements.out.checked = kind === "out";
}

/** Open or close the questions below a row; `keep` is given the answers as they change. */
export function toggleQuestions(found, button, stands, keep) {
  const close = () => {
    found.questions.remove();
    found.questions = found.askAgain = null;
    button.setAttribute("aria-expanded", "false");
  };
  if (found.questions) return close();
  const form = document.querySelector("#item-questions").content.cloneNode(true).querySelector("form");
  const { state, on, out, when } = form.elements;
  on.max = when.max = today();
  state.value = stands.entry.state ?? "to-do";
  for (const name of ANSWERS) form.elements[name].value = stands.entry[name] ?? "";
  askWhatApplies(form, stands);
  form.addEventListener("input", ({ target }) => {
    if ((target === on && !on.value) || !target.reportValidity()) return; // half typed, or a day to come
    if (state.value === "done") on.value ||= today();
    const answers = Object.fromEntries(ANSWERS.map((name) => [name, form.elements[name].value || undefined]));
    if (state.value !== "done") answers.on = undefined;
    keep({ ...answers, state: state.value, ...(target === out && { out: out.checked }) });
  });
  form.elements.still.addEventListener("click", () => {
    keep({});
    state[0].form.querySelector(":checked").focus();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    close();
    button.focus();
  });
  found.questions = form;
  found.askAgain = (standsNow) => askWhatApplies(form, standsNow);
  found.row.append(form);
  button.setAttribute("aria-expanded", "true");
  form.querySelector(":checked").focus();
}
