// Improves the forms, which work without it: sends in place, keeps a draft until the receipt, previews the engraving.
// It knows no field and no rule: error messages come from the server's own page.

import "./place.js";

const SEND_WITHIN = 30_000; // milliseconds
const UNKNOWN =
  "We could not reach our server, or it did not answer in time. Everything you wrote is still here. " +
  "Check the connection, then send it again: the same answers count once.";

// What another page may fill in. A consent is for the person alone, also to send a summary.
const PASSED = ["agency", "completed", "summary"];

/** Returns whether another page passed answers after the #, which no server sees. */
export const handedOn = location.hash.includes("=");

const main = document.querySelector("main");
const formsIn = (where) => where.querySelectorAll("form.form[method=post]");

function make(name, properties, ...content) {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...content);
  return element;
}

/** Says what is wrong with a date. Where that script does not come, the server says it. */
async function check(box) {
  if (box.type !== "date") return;
  const dates = await import("./dates.js").catch(() => undefined);
  dates?.checkDay(box, box === document.activeElement); // where the person is now: imports may end in any order
}

const draftOf = (action) => `draft of ${action}`;

/** Marks an answer as offered: its text stands in the form, and the person has not agreed to send it. */
const asOffered = ([name, value]) => [name, value, true];

function answersIn(form) {
  const answers = [...new FormData(form)].filter(([name]) => name !== "reply_code");
  const offered = form.querySelectorAll("[data-offered][value]:not(:checked)"); // without the attribute, its value is "on"
  return [...answers, ...[...offered].map(({ name, value }) => asOffered([name, value]))];
}

function saveDraft(form) {
  try {
    sessionStorage.setItem(draftOf(form.action), JSON.stringify(answersIn(form)));
  } catch {
    // Storage is full or turned off: the form works without a draft.
  }
}

function readDraft(form) {
  try {
    return JSON.parse(sessionStorage.getItem(draftOf(form.action))) ?? [];
  } catch {
    return [];
  }
}

/** Returns the box after an answer that confirms it, if it has one. */
const confirming = (answer) => answer.closest(".field")?.nextElementSibling?.querySelector("[type=checkbox][required]");

/** Clears the box that confirms a changed answer: what was confirmed was another one. */
function unconfirm(changed) {
  const confirmed = confirming(changed);
  if (confirmed) confirmed.checked = false;
}

function fillIn(form, answers) {
  for (const [name, value, isOffered] of answers) {
    const box = form.elements.namedItem(name);
    if (!box) continue;
    if (box.type === "checkbox") box.checked = !isOffered || (box.checked && box.value === value);
    else if (box.value !== value) unconfirm(box);
    if (box.type !== "checkbox" || "offered" in box.dataset) box.value = value;
    if (!("offered" in box.dataset)) continue;
    const field = box.closest(".field");
    field.hidden = false;
    field.querySelector("pre").textContent = value;
  }
}

/** Returns whether an answer is the one that the page came with. A date that is half typed has no value yet. */
function isAsDrawn(box) {
  if (box.type === "checkbox") return box.checked === box.defaultChecked;
  if (box.validity.badInput) return false;
  return box.value === (box.querySelector("[selected]")?.value ?? box.defaultValue ?? ""); // a list's first choice is empty
}

/** Returns answers without those that were typed or chosen before this script came, and without what confirmed these. */
function unlessGiven(form, answers) {
  const unsure = [];
  return answers.filter(([name, value]) => {
    const box = form.elements.namedItem(name);
    if (!box || unsure.includes(box)) return false;
    if (box.type === "checkbox" || isAsDrawn(box)) return true;
    if (box.value !== value) unsure.push(confirming(box));
    return false;
  });
}

/** Takes the server's message from each answer that is another one now. Its line stays empty, so that nothing moves. */
function takeBack(form) {
  for (const field of form.querySelectorAll(".field--error")) {
    const box = field.querySelector("input, select, textarea");
    if (isAsDrawn(box)) continue;
    field.classList.replace("field--error", "field--changed");
    box.removeAttribute("aria-invalid");
    box.setAttribute("aria-describedby", box.getAttribute("aria-describedby").replace(`${box.id}-error`, "").trim());
  }
}

/** Takes the answers that another page passed out of the address. */
function takeHandedOn() {
  if (!location.hash.includes("=")) return [];
  const answers = [...new URLSearchParams(location.hash.slice(1))]
    .filter(([name, value]) => PASSED.includes(name) && value) // who knows no answer takes none away
    .map(asOffered);
  history.replaceState(null, "", location.pathname);
  return answers;
}

/** Fills in the answers that are still empty. */
export function offer(form, answers) {
  fillIn(
    form,
    answers
      .filter(([name]) => {
        const box = form.elements[name];
        return box && !(box.type === "checkbox" ? box.checked : box.value || box.validity.badInput);
      })
      .map(asOffered),
  );
  showPreviews(form);
  saveDraft(form);
}

function clearDraft(action) {
  try {
    sessionStorage.removeItem(draftOf(action));
  } catch {
    // Nothing was saved.
  }
}

async function showPreviews(form) {
  const nameOf = (preview) => form.elements[preview.dataset.of].value.trim().replace(/\s+/g, " "); // as it is stored
  const previews = [...form.querySelectorAll(".preview")].filter((each) => nameOf(each) || !each.hidden);
  if (!previews.length) return;
  const engraving = await import("./engraving.js").catch(() => undefined);
  if (!engraving) return; // the preview only adds
  for (const preview of previews) {
    const name = nameOf(preview);
    engraving.engrave(preview.querySelector(".plaque"), name);
    preview.hidden = !name;
  }
}

function setBusy(form, busy) {
  const button = form.querySelector("[type=submit]");
  button.dataset.words ??= button.textContent;
  button.textContent = busy ? "Sending…" : button.dataset.words;
  button.setAttribute("aria-disabled", String(busy));
  form.setAttribute("aria-busy", String(busy));
}

/** Shows the problem first, in the place of the server's own summary. */
function tellUnknown(form) {
  setBusy(form, false);
  main.querySelector(".error-summary")?.remove();
  const summary = make("div", { className: "error-summary", id: "error-summary", tabIndex: -1 });
  const office = [...document.querySelectorAll(".footer a[href^='tel:'], .footer a[href^='mailto:']")];
  const ways = office.flatMap((link, number) => [
    number ? " or write to " : " You can also call ",
    link.cloneNode(true),
  ]);
  summary.setAttribute("role", "alert");
  summary.append(
    make("h2", { textContent: "We cannot tell whether your answers arrived" }),
    make("p", { textContent: UNKNOWN }),
    make("p", {}, ...ways, "."),
  );
  main.querySelector("article").before(summary);
  summary.focus();
}

/** Returns the answers that were changed while the form was on its way: the server does not know them. */
function changedSince(sent, form) {
  const answers = answersIn(form);
  const given = answers.filter(([, , isOffered]) => !isOffered);
  const cleared = [...sent.keys()].filter((name) => !given.some(([each]) => each === name));
  return [
    ...given.filter(([name, value]) => sent.get(name) !== value),
    ...cleared.map((name) => asOffered([name, ""])),
    ...answers.filter(([, , isOffered]) => isOffered), // after what was cleared: its text is still offered
  ];
}

/** Replaces this page by the server's response: main, title, focus. */
function show(answer, changed) {
  document.title = answer.title;
  main.replaceChildren(...answer.querySelector("main").childNodes);
  scrollTo({ top: 0, behavior: "instant" });
  for (const form of formsIn(main)) start(form, changed);
  (main.querySelector(".error-summary") ?? main).focus();
}

// XMLHttpRequest, not fetch: it parses the page itself, so no text can become script (Trusted Types).
function send(form) {
  setBusy(form, true);
  const { action } = form;
  const sent = new FormData(form);
  const request = new XMLHttpRequest();
  request.open("POST", action);
  request.responseType = "document";
  request.timeout = SEND_WITHIN;
  request.setRequestHeader("Accept", "text/html");
  request.onerror = request.ontimeout = () => tellUnknown(form);
  request.onload = () => {
    const { response, responseURL, status } = request;
    const sentOn = responseURL !== action.replace(/#.*/, ""); // the form is stored, whatever that page says
    if (sentOn || status === 200) clearDraft(action);
    if (sentOn) location.assign(responseURL);
    else if (response?.querySelector(status === 200 ? "main" : ".error-summary"))
      show(response, changedSince(sent, form));
    else tellUnknown(form);
  };
  request.send(new URLSearchParams(/** @type {any} */ (sent)));
}

function start(form, changed = []) {
  // The server redraws what it was sent: a text that was only offered is not in it.
  const isRedrawn = main.querySelector(".error-summary");
  const draft = readDraft(form).filter(([, , isOffered]) => isOffered || !isRedrawn);
  const passed = isRedrawn ? [] : takeHandedOn();
  fillIn(form, unlessGiven(form, [...draft, ...changed, ...passed]));
  takeBack(form);
  // What was typed, or even sent, before this script came.
  if (
    passed.length ||
    isRedrawn ||
    [...form.querySelectorAll("input, select, textarea")].some((box) => !isAsDrawn(box))
  )
    saveDraft(form);
  showPreviews(form);
  form.addEventListener("input", ({ target }) => {
    takeBack(form);
    check(target);
    unconfirm(target);
    saveDraft(form);
    showPreviews(form);
  });
  form.addEventListener("change", ({ target }) => {
    for (const box of form.querySelectorAll(`[data-follows="${target.name}"]`)) box.value ||= target.value;
    takeBack(form);
    saveDraft(form);
  });
  form.addEventListener("focusout", ({ target }) => check(target));
  // A date may have been typed before this script came.
  for (const box of form.querySelectorAll("[type=date]")) if (box.value) check(box);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    saveDraft(form);
    if (form.getAttribute("aria-busy") !== "true") send(form);
  });
}

for (const form of formsIn(main)) start(form);
const [, sentTo] = location.href.match(/^([^?#]*)\/received[?#]/) ?? [];
if (sentTo) clearDraft(sentTo);
addEventListener("pageshow", ({ persisted }) => {
  if (persisted) for (const form of formsIn(main)) setBusy(form, false);
});
