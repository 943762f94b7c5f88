// Makes the answers that the checklists pass to the plaque form: agency, date of completion, and a summary.

import { howFar } from "./progress.js";

/** Lists every checklist, and every item that was skipped or done out of sequence, with reasons on request. */
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

/** Returns the answers of the plaque form that a complete record contains. */
export const answers = (whole, { agency }, withReasons) => ({
  agency,
  completed: whole.completedOn,
  summary: summary(whole, withReasons),
});
