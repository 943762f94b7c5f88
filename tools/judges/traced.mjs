// Scripts that say which of their functions run: `node traced.mjs FILE...` prints, for each file, where its functions stand
// ([start, end]) and its text in which each says once "ran FILE NUMBER" on the console. See tools/mutation/live.py.

import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { parse } from "acorn";
import { full } from "acorn-walk";

function traced(file) {
  const text = readFileSync(file, "utf-8");
  const functions = [];
  const added = [];
  full(parse(text, { ecmaVersion: "latest", sourceType: "module" }), ({ type, start, end, body }) => {
    if (!/Function/.test(type)) return;
    const words = `"ran ${basename(file)} ${functions.length}"`;
    const said = `((globalThis.ran ??= {})[${words}] ??= console.debug(${words}) ?? true)`;
    functions.push([start, end]);
    if (body.type === "BlockStatement") added.push([body.start + 1, `${said};`]);
    else added.push([body.start, `(${said}, (`], [body.end, "))"]);
  });
  added.sort(([one], [other]) => other - one);
  const add = (whole, [at, words]) => whole.slice(0, at) + words + whole.slice(at);
  return { functions, text: added.reduce(add, text) };
}

process.stdout.write(JSON.stringify(process.argv.slice(2).map(traced)));
