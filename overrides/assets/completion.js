// What the checklists hand on to the plaque form: the agency's name, the day of completion, and a summary.

import { howFar } from "./progress.js";

/** Every checklist in a line, and every item skipped or out of sequence; the reasons only on request. */
export function summary(whole, withReasons) {
  const lines = [`${howFar(whole)}.`];
  for (const list of whole.lists) {
    const { title, order, edition, optional } = list.checklist;
    lines.push(`${order}. ${title}: ${howFar(list)} (edition ${edition}${optional ? ", optional" : ""})`);
    for (const { number, item, kind, entry, decided } of list.items) {
      if (!["out", "not-taken"].includes(kind)) continue;
      const why = withReasons && decided ? ` Decided by ${entry.who} on ${entry.when}: ${entry.why}` : "";
      lines.push(`   ${number} ${kind === "out" ? "out of sequence" : "skipped"}: ${item.text}${why}`);
    }
  }
  return lines.join("\n");
}

/** The answers of the plaque form that a complete record has. */
export const answers = (whole, { agency }, withReasons) => ({
  agency,
  completed: whole.completedOn,
  summary: summary(whole, withReasons),
});
