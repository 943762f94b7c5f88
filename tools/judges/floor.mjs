// Names what built stylesheets and scripts use that the browsers of overrides/.browserslistrc do not have, by MDN's
// compatibility data: `node floor.mjs BROWSERSLIST FILE...` prints a line for each, and nothing where all is there.

import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { createRequire } from "node:module";
import { parse } from "acorn";
import { full } from "acorn-walk";
import * as csstree from "css-tree";

const bcd = createRequire(import.meta.url)("@mdn/browser-compat-data");

/** What the site does without where it is missing, and how. A name covers what is below it; one may be of a file alone. */
const DONE_WITHOUT = {
  "css.at-rules.media.forced-colors": "borders and text have the system's colors, marks lose theirs",
  "css.at-rules.media.scripting": "what script draws takes its place a moment later",
  "css.properties.align-content.start": "grids had it sooner: the data speaks of flexible boxes",
  "css.properties.accent-color": "boxes have the system's color",
  "css.at-rules.page": "printed pages have the browser's own margins",
  "css.properties.break-after.avoid": "a heading may end a printed page",
  "css.properties.container-type": "the name on a plaque has the size of other text",
  "css.properties.content-visibility": "closed answers are not printed",
  "css.properties.cursor": "a telephone has no pointer",
  "css.properties.forced-color-adjust": "drawings have the system's colors there as text has",
  "css.properties.page": "address labels have the margins of other pages",
  "css.properties.text-decoration-skip-ink": "underlines leave out descenders",
  "css.properties.text-size-adjust": "WebKit has it with its prefix, Firefox enlarges nothing there",
  "css.properties.text-wrap": "headings wrap as they come",
  "css.selectors.details-content": "closed answers are not printed",
  "desk:css.selectors.has": "address labels are printed below the header of the page",
  "js.CompressionStream": "links are made without compression",
  "js.DecompressionStream": "the page says that a file is needed",
};
const NAMES = { ios_saf: "safari_ios" };

const [floorFile, ...files] = process.argv.slice(2);
const floor = [...readFileSync(floorFile, "utf-8").matchAll(/^(\w+) >= ([\d.]+)$/gm)].map(([, name, version]) => [
  NAMES[name] ?? name,
  Number(version),
]);

const number = (version) => Number(String(version).replace("≤", ""));

/** The browsers of the floor that lack a feature, each with the version that has it first. */
function lacking(compat, prefixed) {
  return floor.flatMap(([browser, version]) => {
    const known = compat.support[browser];
    if (known === undefined) return [];
    const said = [known].flat().filter((each) => !each.flags && (!each.prefix || prefixed) && !each.alternative_name);
    if (said.some(({ version_added: added }) => added === true || number(added) <= version)) return [];
    return [`${browser} ${said[0]?.version_added || "never"}`];
  });
}

const found = new Set();
const isDoneWithout = (name) => Object.keys(DONE_WITHOUT).some((each) => `${name}.`.startsWith(`${each}.`));

function note(name, compats, file, prefixed = false) {
  const lacks = compats.map((compat) => lacking(compat, prefixed));
  // What none of them ever had is a name of our own that the data has for something that went away.
  if (!compats.length || lacks.some((each) => !each.length || each.every((lack) => lack.endsWith(" never")))) return;
  if (!isDoneWithout(name) && !isDoneWithout(`${basename(file).split(".")[0]}:${name}`))
    found.add(`${basename(file)}: ${name} (${lacks[0].join(", ")})`);
}
const compatOf = (entry) => (entry?.__compat ? [entry.__compat] : []);

/** Every entry below a tree of the data, by its own name: a script does not say of which class a member is. */
function byName(tree, depth, index = new Map()) {
  for (const [key, entry] of Object.entries(tree)) {
    if (key === "__compat") continue;
    const name = key.replace(/_(static|event)$/, "");
    if (entry.__compat?.status.standard_track) index.set(name, [...(index.get(name) ?? []), entry.__compat]);
    if (depth) byName(entry, depth - 1, index);
  }
  return index;
}

const { properties, selectors, types, "at-rules": atRules } = bcd.css;
const functions = byName(types, 3);

function checkStyles(file) {
  csstree.walk(csstree.parse(readFileSync(file, "utf-8")), function visit(node) {
    if (["supports", "page"].includes(this.atrule?.name)) return;
    if (node.type === "Declaration" && !node.property.startsWith("-")) {
      const property = properties[node.property];
      const beside = this.block.children.toArray().map((each) => each.property);
      const prefixed = beside.includes(`-webkit-${node.property}`);
      note(`css.properties.${node.property}`, compatOf(property), file, prefixed);
      csstree.walk(node.value, (part) => {
        const key = part.type === "Identifier" ? part.name : "";
        if (key && !prefixed) note(`css.properties.${node.property}.${key}`, compatOf(property?.[key]), file);
        if (part.type === "Function") note(`css.types.${part.name}`, functions.get(part.name) ?? [], file);
      });
    }
    if (node.type === "Atrule") note(`css.at-rules.${node.name}`, compatOf(atRules[node.name]), file);
    if (node.type === "Feature" && this.atrule?.name === "media") {
      const name = node.name.replace(/^(min|max)-/, "");
      note(`css.at-rules.media.${name}`, compatOf(atRules.media[name]), file);
    }
    // The data has no entry of its own for a `not` without a media type: it came with the ranges.
    const isNot = node.type === "Condition" && node.children.first?.name === "not" && this.atrule?.name === "media";
    if (node.type === "FeatureRange" || isNot)
      note("css.at-rules.media.range_syntax", compatOf(atRules.media.range_syntax), file);
    if (node.type.startsWith("Pseudo") && !node.name.startsWith("-"))
      note(`css.selectors.${node.name}`, compatOf(selectors[node.name]), file);
    if (node.type === "NestingSelector") note("css.selectors.nesting", compatOf(selectors.nesting), file);
  });
}

const members = byName(bcd.api, 1, byName(bcd.javascript.builtins, 2));
const globals = { ...bcd.api, ...bcd.javascript.builtins };

function checkScript(file) {
  const tree = parse(readFileSync(file, "utf-8"), {
    ecmaVersion: 2021,
    sourceType: "module",
    allowAwaitOutsideFunction: true,
  });
  full(tree, (node) => {
    const called = node.type === "CallExpression" && !node.callee.computed && node.callee.property?.name;
    if (called) note(`js.${called}`, members.get(called) ?? [], file);
    if (node.type === "NewExpression" || node.type === "MemberExpression") {
      const name = (node.callee ?? node.object).name;
      if (/^[A-Z]/.test(name)) note(`js.${name}`, Object.hasOwn(globals, name) ? compatOf(globals[name]) : [], file);
    }
  });
}

for (const file of files) {
  try {
    if (file.endsWith(".css")) checkStyles(file);
    else checkScript(file);
  } catch (error) {
    found.add(`${basename(file)}: ${error.message}`);
  }
}
for (const line of found) console.log(line);
