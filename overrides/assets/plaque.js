// Fills the plaque form from the checklists in this browser once they are complete, whichever link led here.

import { handedOn, offer } from "./forms.js";

const OFFERED = "offered by the checklists"; // offered once per window: an answer that was deleted stays deleted

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
  if (!form)
    sessionStorage.removeItem(OFFERED); // the form was sent
  else if (!handedOn && localStorage.length) await offerFromChecklists(form);
} catch {
  // No record, or none that can be read: the form asks for everything.
}
