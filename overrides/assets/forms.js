// Smooths the forms, which work without it: sends in place, keeps a draft until the receipt, shows an engraved name.
// It knows no field and no rule: what is wrong comes from the server's own page.

const SEND_WITHIN = 30_000; // milliseconds

const draftOf = (action) => `draft of ${action}`;

function saveDraft(form) {
  try {
    sessionStorage.setItem(draftOf(form.getAttribute("action")), JSON.stringify([...new FormData(form)]));
  } catch {
    // Storage is full or switched off: the form works without a draft.
  }
}

function readDraft(form) {
  try {
    return JSON.parse(sessionStorage.getItem(draftOf(form.getAttribute("action")))) ?? [];
  } catch {
    return [];
  }
}

function fillIn(form, answers) {
  for (const [name, value] of answers) {
    const box = form.elements[name];
    if (!box) continue;
    if (box.type === "checkbox") box.checked = true;
    if (box.type !== "checkbox" || "offered" in box.dataset) box.value = value;
    if (!("offered" in box.dataset)) continue;
    const field = box.closest(".field");
    field.hidden = false;
    field.querySelector("pre").textContent = value;
  }
}

// What another page of the site hands on, as the checklists do: behind the #, which no server sees.
function takeHandedOn(form) {
  if (!location.hash.includes("=")) return;
  fillIn(form, new URLSearchParams(location.hash.slice(1)));
  history.replaceState(null, "", location.pathname);
  saveDraft(form);
}

function clearDraft(action) {
  try {
    sessionStorage.removeItem(draftOf(action));
  } catch {
    // Nothing was kept.
  }
}

function showPreviews(form) {
  for (const output of form.querySelectorAll(".preview output")) {
    const { value } = form.elements[output.htmlFor.value];
    output.textContent = value;
    output.parentElement.hidden = !value;
  }
}

function setBusy(form, busy) {
  const button = form.querySelector("[type=submit]");
  button.dataset.words ??= button.textContent;
  button.textContent = busy ? "Sending…" : button.dataset.words;
  button.setAttribute("aria-disabled", String(busy));
  form.setAttribute("aria-busy", String(busy));
}

function tellNotSent(form) {
  setBusy(form, false);
  form.querySelector(".error-summary")?.remove();
  const summary = document.createElement("div");
  summary.className = "error-summary";
  summary.id = "error-summary";
  summary.tabIndex = -1;
  summary.setAttribute("role", "alert");
  const heading = document.createElement("h2");
  heading.textContent = "Your answers were not sent";
  const advice = document.createElement("p");
  advice.textContent =
    "We could not reach our server. Everything you wrote is still here. Check the connection, then send it again.";
  summary.append(heading, advice);
  form.prepend(summary);
  summary.focus();
}

// XMLHttpRequest and not fetch: it parses a page without a way for text to become script (Trusted Types).
function send(form) {
  setBusy(form, true);
  const request = new XMLHttpRequest();
  request.open("POST", form.action);
  request.responseType = "document";
  request.timeout = SEND_WITHIN;
  request.setRequestHeader("Accept", "text/html");
  request.onerror = request.ontimeout = () => tellNotSent(form);
  request.onload = () => {
    const redrawn = request.response?.querySelector("form.form");
    if (request.status === 200) {
      clearDraft(form.getAttribute("action"));
      location.assign(request.responseURL);
    } else if (redrawn) {
      document.title = request.response.title;
      form.replaceWith(redrawn);
      start(redrawn);
      redrawn.querySelector(".error-summary").focus();
    } else {
      tellNotSent(form);
    }
  };
  request.send(new URLSearchParams(new FormData(form)));
}

function start(form) {
  if (!form.querySelector(".error-summary")) {
    fillIn(form, readDraft(form));
    takeHandedOn(form);
  }
  showPreviews(form);
  form.addEventListener("input", () => {
    saveDraft(form);
    showPreviews(form);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    saveDraft(form);
    if (form.getAttribute("aria-busy") !== "true") send(form);
  });
}

for (const form of document.querySelectorAll("form.form")) start(form);
if (location.pathname.endsWith("/received")) clearDraft(location.pathname.replace(/\/received$/, ""));
addEventListener("pageshow", (event) => {
  if (event.persisted) for (const form of document.querySelectorAll("form.form")) setBusy(form, false);
});
