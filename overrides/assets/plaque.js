// Offers on the plaque form what the checklists in this browser know once they are complete, from wherever somebody came.

import { handedOn, offer } from "./forms.js";

const OFFERED = "offered by the checklists"; // what was offered in this window: what somebody took out stays out

async function offerFromChecklists(form) {
  const [{ load, survey }, { answers }, lists] = await Promise.all([
    import("./progress.js"),
    import("./completion.js"),
    fetch(new URL("../checklists/all.json", import.meta.url)),
  ]);
  const { record } = load();
  const whole = survey((await lists.json()).checklists, record);
  const offered = JSON.stringify(answers(whole, record));
  if (!whole.complete || sessionStorage.getItem(OFFERED) === offered) return;
  offer(form, Object.entries(JSON.parse(offered)));
  sessionStorage.setItem(OFFERED, offered);
}

try {
  const form = document.querySelector("form.form");
  if (!form) sessionStorage.removeItem(OFFERED); // it was sent
  else if (!handedOn && localStorage.length) await offerFromChecklists(form);
} catch {
  // Nothing is kept here, or it cannot be had: the form asks for everything.
}
