// Ranks the entries of search/index.json for a query. Has no code for pages.
//
// An entry is {url, page, title, text, also}; `also` lists synonyms, each a word or a few. A word matches if it begins
// like one of the entry, is another form of it, or differs in one letter.

const WORD = /[\p{L}\p{N}]+(?:(?:[-'’.]|,(?=\d{3}))[\p{L}\p{N}]+|\([\p{L}\p{N}]\))*/gu;
const SMALL = new Set(
  (
    "a about am an and any are as at be been but by can could did do does for from get had has have how i if in into is it its " +
    "me my no of on or our shall should so than that the their them then there these they this to us was we were what " +
    "when where which who why will with would you your"
  ).split(" "),
);
const NAME = 4; // weight of a word in an entry's name; 1 in its text

const bare = (word) =>
  word
    .normalize("NFD")
    .replace(/[\u0300-\u036f'’.,()-]/g, "")
    .toLowerCase();
const singular = (word) => (word.length > 3 ? word.replace(/ies$/, "y").replace(/([^s])s$/, "$1") : word);

/** Splits a text into words: the position, the word as written, and its normalized forms, parts at a hyphen included. */
function wordsOf(text) {
  return [...text.matchAll(WORD)].map(({ 0: written, index }) => {
    const parts = written.includes("-") ? written.split("-") : [];
    const forms = [written, ...parts].map((form) => singular(bare(form))).filter(Boolean);
    return { at: index, written, forms, isSmall: SMALL.has(bare(written)) };
  });
}

/** Returns the words of a query without stop words, unless it has no others. */
function asked(question) {
  const words = wordsOf(question);
  const telling = words.filter(({ isSmall }) => !isSmall);
  return (telling.length ? telling : words).map(({ forms }) => forms);
}

/** Returns whether one letter is missing, extra, wrong, or swapped with its neighbor. */
function isOneLetterOff(one, other) {
  if (Math.abs(one.length - other.length) > 1 || one === other) return false;
  let start = 0;
  while (one[start] === other[start]) start += 1;
  const [rest, others] = [one.slice(start), other.slice(start)];
  if (rest.slice(1) === others.slice(1) || rest.slice(1) === others || rest === others.slice(1)) return true;
  return rest[0] === others[1] && rest[1] === others[0] && rest.slice(2) === others.slice(2);
}

/** Returns how well a word of an entry matches a word of the query, from 0 to 1. */
function match(word, wanted) {
  if (word === wanted) return 1;
  if (word.startsWith(wanted) && wanted.length > 1) return 0.9;
  if (word.length < 4 || wanted.length < 4) return 0;
  if (wanted.startsWith(word)) return 0.8;
  // certify, certified, certification
  return Math.min(word.length, wanted.length) > 6 && word.slice(0, 6) === wanted.slice(0, 6) ? 0.5 : 0;
}

/** How well some words match a word that was asked for: one of its readings, each a list of forms that must all be there. */
function best(words, readings, memory) {
  const one = (form, wanted) => {
    const key = `${form} ${wanted}`;
    if (!memory.has(key)) memory.set(key, match(form, wanted));
    return memory.get(key);
  };
  const of = (wanted) =>
    words.reduce((most, { forms }) => Math.max(most, ...forms.map((form) => one(form, wanted))), 0);
  return Math.max(...readings.map((forms) => Math.min(...forms.map(of))));
}

/**
 * The readings of a word: whole or in its parts; where the site has nothing like it, the words that are one letter off.
 * @param {string[]} forms
 * @param {string[]} vocabulary
 */
function readingsOf([whole, ...parts], vocabulary) {
  const readings = parts.length ? [[whole], parts] : [[whole]];
  if (whole.length < 4 || vocabulary.some((word) => match(word, whole))) return readings;
  const meant = vocabulary.filter((word) => word.length > 3 && isOneLetterOff(word, whole)).map((word) => [word]);
  return meant.length ? meant : readings;
}

const phrase = (text) =>
  asked(text)
    .map(([word]) => word)
    .join(" ");

/** What `find` looks in: {entries, vocabulary}. */
export function prepare(listed) {
  const entries = listed.map((entry) => ({
    ...entry,
    inTitle: wordsOf(entry.title),
    inAlso: wordsOf(entry.also.join(" · ")),
    inText: wordsOf(entry.text),
    names: [entry.title, ...entry.also].map(phrase),
  }));
  const words = entries.flatMap(({ inTitle, inAlso, inText }) => [...inTitle, ...inAlso, ...inText]);
  return { entries, vocabulary: [...new Set(words.flatMap(({ forms }) => forms))] };
}

/** {found, whole, isMeant}: entries with some of the words, best first; whether one has them all; whether a word is one. */
export function find({ entries, vocabulary }, question) {
  const wanted = asked(question).map((forms) => readingsOf(forms, vocabulary));
  const name = phrase(question);
  const memory = new Map(); // cache: most words are in many entries
  const ranks = entries.map((entry) => ({ entry, hits: 0, score: 0 }));
  for (const readings of wanted) {
    const places = entries.map(({ inTitle, inAlso, inText, url }) => {
      const title = best(inTitle, readings, memory);
      const named = Math.max(title, best(inAlso, readings, memory));
      const found = NAME * named + best(inText, readings, memory);
      // Ties: the shorter name first; a page before its part.
      return found && found + (2 * title) / inTitle.length + (url.includes("#") ? 0 : 0.5);
    });
    const rare = Math.log(1 + entries.length / places.filter(Boolean).length);
    for (const [number, place] of places.entries()) {
      if (!place) continue;
      ranks[number].hits += 1;
      ranks[number].score += rare * place;
    }
  }
  const ranked = ranks.filter(({ hits }) => hits);
  for (const rank of ranked) {
    rank.score *= (rank.hits / wanted.length) ** 2;
    if (rank.entry.names.includes(name)) rank.score += rank.entry.url.includes("#") ? 90 : 100;
  }
  ranked.sort((one, other) => other.score - one.score);
  return {
    found: ranked.map(({ entry }) => entry),
    whole: ranked.some(({ hits }) => hits === wanted.length),
    isMeant: ({ forms }) =>
      wanted.some((readings) => readings.flat().some((each) => forms.some((form) => match(form, each)))),
  };
}
