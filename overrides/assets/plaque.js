// Fills the plaque form from the checklists in this browser, whichever link led here: the name, and once they are
// complete all that they know. Before that, says where they stand.

import { handedOn, offer } from "./forms.js";

const OFFERED = "offered by the checklists"; // offered once per window: an answer that was deleted stays deleted

/** Says where a record stands that is begun, in no more words than the line that it replaces: so nothing moves. */
function sayHowFar({ settled, total, notTaken, next }) {
  const line = document.querySelector("#not-there-yet");
  if (!line) return;
  line.first ??= [...line.childNodes];
  if (!settled || !next) return line.replaceChildren(...line.first);
  line.style.minBlockSize = `${line.offsetHeight}px`;
  const link = Object.assign(document.createElement("a"), {
    href: new URL(`../${next.checklist.url}#${next.item.id}`, import.meta.url).href,
    textContent: `Continue with item ${next.number}`,
  });
  line.replaceChildren("Not there yet? ", link, `: ${settled} of ${total} done${notTaken ? " or skipped" : ""}.`);
}

async function offerFromChecklists(form) {
  const [{ load, survey }, { answers }, lists] = await Promise.all([
    import("./progress.js"),
    import("./completion.js"),
    fetch(new URL("../checklists/all.json", import.meta.url)),
  ]);
  const { record } = load();
  const whole = survey((await lists.json()).checklists, record);
  sayHowFar(whole);
  const offered = JSON.stringify(whole.complete ? answers(whole, record) : { agency: record.agency });
  if (sessionStorage.getItem(OFFERED) === offered) return;
  offer(form, Object.entries(JSON.parse(offered)));
  sessionStorage.setItem(OFFERED, offered);
}

async function ask() {
  try {
    const form = document.querySelector("form.form");
    if (!form)
      sessionStorage.removeItem(OFFERED); // the form was sent
    else if (!handedOn && localStorage.length) await offerFromChecklists(form);
  } catch {
    // No record, or none that can be read: the form asks for everything.
  }
}

addEventListener("pageshow", ask); // while the browser kept this page, a checklist may have been completed
await ask();
