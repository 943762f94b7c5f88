// The site's own reader of progress, for Python: a line of JSON in, {text} or {hash}; a line out, {record, link} or {refused}.

import { createInterface } from "node:readline";

globalThis.location = { href: "https://certification.example.org/checklists/" };

const assets = new URL("../../overrides/assets/", import.meta.url);
const { fromLink, readCopy, toLink } = await import(new URL("handover.js", assets));
const { Refused } = await import(new URL("progress.js", assets));

async function answer({ text, hash }) {
  try {
    const record = hash === undefined ? readCopy(text) : await fromLink(hash);
    return record ? { record, link: new URL(await toLink(record, "/checklists/")).hash } : {};
  } catch (error) {
    return error instanceof Refused ? { refused: error.message } : { crashed: String(error.stack) };
  }
}

for await (const line of createInterface({ input: process.stdin }))
  process.stdout.write(`${JSON.stringify(await answer(JSON.parse(line)))}\n`);
