// Reads what we send and publish with other people's libraries, and prints what they made of it as JSON:
// `node read.mjs mail|calendar|drawing FILE...`. They fail where a file is not what it has to be.

import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import ICAL from "ical.js";
import { simpleParser } from "mailparser";

/** What mailparser makes of an e-mail: headers decoded, text and HTML as a mail program shows them. */
async function mail(bytes) {
  const read = await simpleParser(bytes, { skipHtmlToText: true, skipTextToHtml: true, skipImageLinks: true });
  const addresses = (found) => (found?.value ?? []).map(({ address }) => address);
  return {
    subject: read.subject,
    from: addresses(read.from),
    to: addresses(read.to),
    replyTo: addresses(read.replyTo),
    text: read.text,
    html: read.html,
    unsubscribe: read.headers.get("list")?.unsubscribe ?? null,
    messageId: read.messageId ?? null,
    attachments: read.attachments.map(({ filename, contentType, content }) => ({
      filename,
      contentType,
      content: content.toString("utf-8"),
    })),
  };
}

/** The events of a calendar, every property by its name, and which of them RFC 5545 does not know. */
function calendar(bytes) {
  const whole = new ICAL.Component(ICAL.parse(bytes.toString("utf-8")));
  const inside = (component) => [component, ...component.getAllSubcomponents().flatMap(inside)];
  const known = ICAL.design.icalendar.property;
  return inside(whole).map((component) => ({
    name: component.name,
    properties: Object.fromEntries(
      component.getAllProperties().map((each) => [each.name, String(each.getFirstValue())]),
    ),
    unknown: component.getAllProperties().flatMap(({ name }) => (name in known ? [] : [name])),
  }));
}

/** Draws an SVG with resvg into FILE.png, which it names. */
function drawing(bytes, file) {
  const { Resvg } = createRequire(import.meta.url)("@resvg/resvg-js");
  const drawn = new Resvg(bytes.toString("utf-8"), { font: { loadSystemFonts: true } }).render();
  writeFileSync(`${file}.png`, drawn.asPng());
  return { file: `${file}.png`, width: drawn.width, height: drawn.height };
}

const [kind, ...files] = process.argv.slice(2);
const read = { mail, calendar, drawing }[kind];
const found = await Promise.all(files.map((file) => read(readFileSync(file), file)));
process.stdout.write(JSON.stringify(found));
