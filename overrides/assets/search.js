// Finds as you type, in search/index.json: pages, questions and checklists whose words begin like the words asked for.
// The page works without it: everything is listed there.

const SHOWN = 20;
const PAUSE = 500; // milliseconds without a key until the number of results is said and the address changes
const WORDS = /[\p{L}\p{N}]+(?:[-'’.][\p{L}\p{N}]+)*/gu;

const form = document.querySelector(".search__form");
const box = form.elements.q;
const told = document.querySelector(".search__told");
const results = document.querySelector(".search__results");
const index = document.querySelector(".search__index");

const plain = (word) => word.normalize("NFD").replace(/[\u0300-\u036f'’-]/g, "").toLowerCase().replace(/(..)s$/, "$1");
const wordsOf = (text) => [...text.matchAll(WORDS)].map((found) => ({ at: found.index, text: found[0], plain: plain(found[0]) }));
// "renew" finds "renewal", and "renewal" finds "renew".
const begins = (word, asked) => word.startsWith(asked) || (word.length > 4 && asked.startsWith(word));

let entries = null; // a promise of what can be found, once somebody searches
let pause = 0;

function load() {
  entries ??= fetch(form.dataset.index)
    .then((answer) => (answer.ok ? answer.json() : Promise.reject(new Error(answer.status))))
    .then((found) => found.map((entry) => ({ ...entry, inTitle: wordsOf(entry.title), inText: wordsOf(entry.text) })));
  return entries;
}

// Rare words weigh more; a word in the title more than one in the text.
function find(all, asked) {
  const ranks = new Map(all.map((entry) => [entry, { hits: 0, score: 0 }]));
  for (const word of asked) {
    const places = all.map((entry) => [
      entry,
      4 * entry.inTitle.some((each) => begins(each.plain, word)) + entry.inText.some((each) => begins(each.plain, word)),
    ]);
    const hits = places.filter(([, place]) => place);
    for (const [entry, place] of hits) {
      const rank = ranks.get(entry);
      rank.hits += 1;
      rank.score += place * Math.log(1 + all.length / hits.length);
    }
  }
  const found = [...ranks].filter(([, { hits }]) => hits).sort(([, a], [, b]) => b.score - a.score);
  const whole = found.filter(([, { hits }]) => hits === asked.length);
  return { whole: whole.length > 0, found: (whole.length ? whole : found).map(([entry]) => entry) };
}

function element(name, className, ...content) {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...content);
  return made;
}

// The text from `from` on, with the words that were asked for marked.
function marked(text, words, asked, from = 0, to = text.length) {
  const parts = [];
  let at = from;
  for (const word of words) {
    if (word.at < from || word.at + word.text.length > to || !asked.some((each) => begins(word.plain, each))) continue;
    parts.push(text.slice(at, word.at), element("mark", "", word.text));
    at = word.at + word.text.length;
  }
  return [...parts, text.slice(at, to)];
}

function excerpt({ text, inText }, asked) {
  const first = inText.findIndex((word) => asked.some((each) => begins(word.plain, each)));
  const from = inText[Math.max(0, first - 6)]?.at ?? 0;
  const last = inText.findLast((word) => word.at < from + 160);
  const to = last ? last.at + last.text.length : 0;
  const line = element("p", "", from ? "… " : "", ...marked(text, inText, asked, from, to), to < text.length ? " …" : "");
  return text ? line : "";
}

function drawn(entry, asked) {
  const link = element("a", "", ...marked(entry.title, entry.inTitle, asked));
  link.href = new URL(`../${entry.url}`, document.baseURI);
  const page = entry.page === entry.title ? "" : element("span", "search__about", ` ${entry.page}`);
  return element("li", "", link, page, excerpt(entry, asked));
}

function tell(words) {
  if (told.textContent !== words) told.textContent = words;
}

function settle(words) {
  const address = new URL(location);
  address.hash = "";
  if (box.value.trim()) address.searchParams.set("q", box.value.trim());
  else address.searchParams.delete("q");
  if (address.href !== location.href) history.replaceState(null, "", address);
  tell(words);
}

async function search() {
  clearTimeout(pause);
  const question = box.value;
  const asked = [...new Set(wordsOf(question).map((word) => word.plain))];
  let words = "";
  let shown = [];
  if (asked.length) {
    try {
      const { whole, found } = find(await load(), asked);
      if (question !== box.value) return; // more was typed meanwhile
      shown = found.slice(0, SHOWN);
      const number = `${found.length} ${found.length === 1 ? "result" : "results"}`;
      words = found.length > SHOWN ? `${number}; these are the best ${SHOWN}` : number;
      if (!found.length) words = "Nothing found. Everything on this site is listed below.";
      else if (!whole) words = `Nothing has all of these words. ${words} with some of them`;
    } catch {
      entries = null;
      words = "The search could not be loaded. Everything on this site is listed below.";
    }
  }
  results.replaceChildren(...shown.map((entry) => drawn(entry, asked)));
  results.hidden = !shown.length;
  index.hidden = shown.length > 0;
  pause = setTimeout(settle, PAUSE, words);
}

// Arrow keys walk through box and results; Escape leads back to the box.
function walk(event) {
  const stops = [box, ...results.querySelectorAll("a")];
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const at = stops.indexOf(document.activeElement);
  const next = event.key === "Escape" && at > 0 ? box : step && at >= 0 && stops[at + step];
  if (!next) return;
  event.preventDefault();
  next.focus();
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  told.focus();
});
box.addEventListener("input", search);
document.addEventListener("keydown", walk);
form.hidden = false;
box.value = new URLSearchParams(location.search).get("q") ?? box.value;
if (box.value) search();
