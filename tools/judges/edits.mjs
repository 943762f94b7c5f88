// Small mistakes that could be made in scripts and style sheets: `node edits.mjs FILE...` prints, for each file, what to put
// in place of which characters: [start, end, new]. See tools/mutation.

import { readFileSync } from "node:fs";
import { parse } from "acorn";
import { full } from "acorn-walk";
import * as csstree from "css-tree";

const SWAPPED = {
  "===": "!==",
  "!==": "===",
  "<": "<=",
  "<=": "<",
  ">": ">=",
  ">=": ">",
  "+": "-",
  "-": "+",
  "*": "+",
  "/": "*",
  "&&": "||",
  "||": "&&",
  "??": "&&",
};
/** A rule with one of these in its selector, its conditions or its declarations means more than a look. */
const MEANT = /hidden|focus|print|forced-colors|prefers-|display: ?none|visibility|:target|details|\[open\]|outline/;

function inScript(text) {
  const edits = [];
  const of = ({ start, end }) => text.slice(start, end);
  full(parse(text, { ecmaVersion: "latest", sourceType: "module" }), (node) => {
    const { type, start, end } = node;
    if (/Binary|Logical/.test(type) && SWAPPED[node.operator])
      edits.push([start, end, `(${of(node.left)} ${SWAPPED[node.operator]} ${of(node.right)})`]);
    if (type === "UnaryExpression" && node.operator === "!") edits.push([start, end, of(node.argument)]);
    if (type === "Literal" && typeof node.value === "boolean") edits.push([start, end, String(!node.value)]);
    if (type === "Literal" && typeof node.value === "number") edits.push([start, end, String(node.value + 1)]);
    if (/^(If|Conditional)/.test(type)) edits.push([node.test.start, node.test.end, `!(${of(node.test)})`]);
    if (type === "ExpressionStatement" && /Call|Await|Assignment/.test(node.expression.type))
      edits.push([start, end, ";"]);
  });
  return edits;
}

function inStyles(text) {
  const edits = [];
  csstree.walk(csstree.parse(text, { positions: true }), {
    visit: "Rule",
    enter(node) {
      const around = this.atrule?.prelude ? csstree.generate(this.atrule.prelude) + this.atrule.name : "";
      const { start, end } = node.loc;
      if (MEANT.test(around + text.slice(start.offset, end.offset))) edits.push([start.offset, end.offset, ""]);
    },
  });
  return edits;
}

const edits = (file) => (file.endsWith(".css") ? inStyles : inScript)(readFileSync(file, "utf-8"));
process.stdout.write(JSON.stringify(process.argv.slice(2).map(edits)));
