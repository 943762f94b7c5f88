// Searches search/index.json as you type. The page works without it: it lists everything.

import "./place.js";

const SHOWN = 20;
const PAUSE = 500; // milliseconds after the last key before the number of results is announced and the address changes

const form = document.querySelector(".search__form");
const box = form.elements.q;
const told = document.querySelector(".search__told");
const help = document.querySelector(".search__help");
const results = document.querySelector(".search__results");
const index = document.querySelector(".search__index");
const agencies = document.querySelector(".search__agency a"); // not there where there is no register

let finder = null; // a promise of what answers a question, once someone searches
let pause = 0;

// What begins or ends like a question, or has 13 words, names no agency: there are names of 11. `Will` is a county.
const ASKED =
  /^(?:(?:are|can|could|do|does|how|i|is|may|must|my|our|should|we|wh(?:at|en|ere|ich|o|ose|y))[\s'’]|(?:\S+\s+){12})|\?$/i;
const mayBeName = (words) => !ASKED.test(words.trim());

function loadIndex() {
  const entries = async () => {
    const answer = await fetch(form.dataset.index);
    if (!answer.ok) throw new Error(`${answer.status}`);
    return answer.json();
  };
  const prepared = ([{ find, prepare }, raw]) => {
    const known = prepare(raw);
    return (question) => find(known, question);
  };
  finder ??= Promise.all([import("./find.js"), entries()]).then(prepared);
  return finder;
}

function element(name, className, ...content) {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...content);
  return made;
}

// Returns the text from `from` to `to`, with the words of the query marked.
function marked(text, words, isMeant, from = 0, to = text.length) {
  const parts = [];
  let at = from;
  for (const word of words) {
    if (word.at < from || word.at + word.written.length > to || !isMeant(word)) continue;
    parts.push(text.slice(at, word.at), element("mark", "", word.written));
    at = word.at + word.written.length;
  }
  return [...parts, text.slice(at, to)];
}

function excerpt({ text, inText }, isMeant) {
  const first = inText.findIndex(isMeant);
  const from = inText[Math.max(0, first - 6)]?.at ?? 0;
  const last = inText.filter((word) => word.at < from + 160).pop();
  const to = last ? last.at + last.written.length : 0;
  const line = element(
    "p",
    "",
    from ? "… " : "",
    ...marked(text, inText, isMeant, from, to),
    to < text.length ? " …" : "",
  );
  return text ? line : "";
}

function drawn(entry, isMeant) {
  const link = element("a", "", ...marked(entry.title, entry.inTitle, isMeant));
  link.href = new URL(`../${entry.url}`, document.baseURI);
  const page = entry.page === entry.title ? "" : element("span", "search__about", ` ${entry.page}`);
  return element("li", "", link, page, excerpt(entry, isMeant));
}

/** Announces what stands on the page: the number of results, and for those who do not see it the register's offer. */
function settle(words) {
  const address = new URL(location.href);
  address.hash = "";
  if (box.value.trim()) address.searchParams.set("q", box.value.trim());
  else address.searchParams.delete("q");
  if (address.href !== location.href) history.replaceState(null, "", address);
  const offer = agencies && !agencies.parentElement.hidden && agencies.parentElement.textContent;
  const end = words.endsWith(".") ? "" : ".";
  const unseen = offer ? `${end} ${offer}.` : "";
  if (told.textContent === words + unseen) return;
  told.textContent = words;
  if (unseen) told.append(element("span", "visually-hidden", unseen));
}

async function search() {
  clearTimeout(pause);
  const question = box.value;
  const isAsked = /[\p{L}\p{N}]/u.test(question);
  const isOffered = isAsked && agencies && mayBeName(question);
  let words = "";
  let shown = [];
  if (isAsked) {
    try {
      const { found, whole, isMeant } = (await loadIndex())(question);
      if (question !== box.value) return; // the query has changed in the meantime
      shown = found.slice(0, SHOWN).map((entry) => drawn(entry, isMeant));
      const number = `${found.length} ${found.length === 1 ? "result" : "results"}`;
      words = found.length > SHOWN ? `${number}; these are the best ${SHOWN}` : number;
      if (!found.length)
        words = `Nothing found on the pages of this site.${isOffered ? "" : " They are all listed below."}`;
      else if (!whole) words = `Nothing has all of these words. ${words} with some of them`;
    } catch {
      finder = null;
      if (question !== box.value) return;
      words = "The search could not be loaded. Everything on this site is listed below.";
    }
  }
  results.replaceChildren(...shown);
  results.hidden = !shown.length;
  help.hidden = !isAsked || shown.length > 0;
  index.hidden = shown.length > 0;
  if (agencies) {
    // The index knows the pages that were built, not who is certified today.
    agencies.textContent = `find an agency named "${question.trim()}"`;
    agencies.search = `?${new URLSearchParams({ q: question.trim() })}`;
    agencies.parentElement.hidden = !isOffered;
  }
  pause = setTimeout(settle, PAUSE, words);
}

// Arrow keys walk through box and results; Escape leads back to the box.
function walk(event) {
  const stops = [box, ...results.querySelectorAll("a")];
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const at = stops.indexOf(document.activeElement);
  const next = event.key === "Escape" && at > 0 ? box : step && at >= 0 && stops[at + step];
  if (!next || event.isComposing) return; // these keys also choose among the letters that an accent may give
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
box.setAttribute("aria-describedby", "q-hint"); // until now, nothing appears while one types
box.value ||= (new URLSearchParams(location.search).get("q") ?? "").slice(0, box.maxLength); // as typing is held
if (box.value) search();
