// Breaks an agency's name into the lines of its plaque by the rule of functions/engraving.py; a test compares the two.

const ONE_LINE = 26;
const SMALLER = [ONE_LINE, 34, 46];
const SMALL_WORDS = ["a", "and", "at", "for", "in", "of", "on", "the", "&"];

const width = (line) => [...line].reduce((sum, letter) => sum + (letter !== letter.toLowerCase() ? 13 : 10), 0);

/** Returns the lines of a name whose words are one space apart, and the size of its letters: 0 is the largest. */
export function engraved(name) {
  const words = name.split(" ");
  const broken = words.slice(1).map((_, at) => [words.slice(0, at + 1).join(" "), words.slice(at + 1).join(" ")]);
  const good = broken.filter(([first]) => !SMALL_WORDS.includes(first.split(" ").at(-1).toLowerCase()));
  const widest = (lines) => Math.max(...lines.map(width));
  let lines = [name];
  if (width(name) > ONE_LINE * 10 && broken.length)
    lines = (good.length ? good : broken).reduce((best, each) => (widest(each) <= widest(best) ? each : best));
  return { lines, size: SMALLER.filter((limit) => widest(lines) > limit * 10).length };
}

/** Engraves a name on the plaque that functions/templates/plaque.html drew. */
export function engrave(plaque, name) {
  const { lines, size } = engraved(name);
  plaque.className = `plaque plaque--${size}`;
  const spans = lines.flatMap((line) => [Object.assign(document.createElement("span"), { textContent: line }), " "]);
  plaque.querySelector(".plaque__name").replaceChildren(...spans.slice(0, -1));
}
