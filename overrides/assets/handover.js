// Moves a record to another computer, in a file or in the part of a link that no server sees, and merges it there.

import { Refused, read, today } from "./progress.js";

const LARGEST = 1_000_000; // bytes, unpacked

const unreadable = () => new Refused("This link is incomplete. Copy the whole link, or ask for a file instead.");

/**
 * Reads a record of another computer. Throws Refused. What is later than now becomes now: a clock that is ahead must not
 * win every merge. This browser's own record stays as it is, also while this clock is behind.
 */
export function readCopy(text) {
  const record = read(text);
  const now = Date.now();
  record.since = Math.min(record.since, now);
  for (const entry of [...Object.values(record.items), ...Object.values(record.plans)]) {
    entry.at = Math.min(entry.at, now);
    for (const name of ["on", "when"]) if (entry[name] > today()) entry[name] = today();
  }
  return record;
}

/** Returns the text of bytes in UTF-8. Throws if they are not: another encoding would damage names without a word. */
const decoded = (bytes) => new TextDecoder("utf-8", { fatal: true }).decode(bytes);

/** Returns the bytes of a transformation. Throws if there are more than LARGEST, before they fill the memory. */
async function through(bytes, transformation) {
  const stream = new Blob([bytes]).stream().pipeThrough(transformation);
  const chunks = [];
  let size = 0;
  for (const reader = stream.getReader(); ; ) {
    const { done, value } = await reader.read();
    if (done) return new Uint8Array(await new Blob(chunks).arrayBuffer());
    size += value.length;
    if (size > LARGEST) throw unreadable();
    chunks.push(value);
  }
}

const toBase64 = (bytes) =>
  btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");

const fromBase64 = (text) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));

/** What a browser makes, null where it cannot: some know a class, but not this kind of compression. */
function made(make) {
  try {
    return make();
  } catch {
    return null;
  }
}

/** Returns a link to `address` with the record after its #: "z" and compressed JSON, or "j" and plain JSON. */
export async function toLink(record, address) {
  const bytes = new TextEncoder().encode(JSON.stringify(record));
  const packing = made(() => new CompressionStream("deflate-raw"));
  const packed = packing ? `z${toBase64(await through(bytes, packing))}` : `j${toBase64(bytes)}`;
  return `${new URL(address, location.href)}#progress=${packed}`;
}

/**
 * Returns the record after the # of an address. Throws Refused. Mail and chat programs encode the = and append a full
 * stop, a parenthesis or parameters: what is not of the record's own letters ends it.
 */
export async function fromLink(hash) {
  const packed = hash.replace(/^#\w+(=|%(25)*3d)/i, "").replace(/[^\w-].*/, "");
  const unpacking = packed[0] === "z" && made(() => new DecompressionStream("deflate-raw"));
  if (unpacking === null) throw new Refused("This browser is too old for this link. Ask for a file instead.");
  let text;
  try {
    const bytes = fromBase64(packed.slice(1));
    const plain = unpacking ? await through(bytes, unpacking) : bytes;
    text = decoded(plain);
  } catch {
    throw unreadable();
  }
  return readCopy(text);
}

export function toFile(record, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([JSON.stringify(record, null, 1)], { type: "application/json" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** Reads the record in a file. Throws Refused. */
export async function fromFile(file) {
  if (file.size > LARGEST) throw new Refused("This file is too large to be a copy of checklists.");
  const bytes = await file.arrayBuffer();
  let text;
  try {
    text = decoded(bytes);
  } catch {
    const isOurs = new TextDecoder("latin1").decode(bytes).replaceAll("\0", "").includes('"version"');
    throw new Refused(
      isOurs
        ? "This file was saved in another encoding, which damages names. Ask for the original file."
        : "This is not a file that this site saved.",
    );
  }
  return readCopy(text);
}

/**
 * Merges two records, the newer entry of each item and plan wins: {record, taken, differences: [{id, mine, theirs}],
 * dropped}. Of the two rounds the later one goes on: what was done before it began is dropped.
 */
export function merge(mine, theirs) {
  const since = Math.max(mine.since, theirs.since);
  const ofRound = (entries) => Object.entries(entries).filter(([, { at }]) => at >= since);
  const items = Object.assign(Object.create(null), Object.fromEntries(ofRound(mine.items)));
  const plans = { ...mine.plans };
  const differences = [];
  let taken = 0;
  for (const [id, their] of ofRound(theirs.items)) {
    const my = items[id];
    if (my && says(my) !== says(their)) differences.push({ id, mine: my, theirs: their });
    if (my && my.at >= their.at) continue;
    items[id] = their;
    taken += 1;
  }
  for (const [name, their] of Object.entries(theirs.plans)) {
    if (plans[name]?.at >= their.at) continue;
    plans[name] = their;
    taken += 1;
  }
  const dropped = Object.keys(mine.items).length - ofRound(mine.items).length;
  return {
    record: { ...mine, agency: mine.agency || theirs.agency, items, plans, since },
    taken,
    differences,
    dropped,
  };
}

const says = ({ at, edition, ...rest }) => JSON.stringify(Object.entries(rest).sort());
