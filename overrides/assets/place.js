// Has the links that lead on say where this browser's record stands: the header's button, and one on the home page.
// Other scripts load this once their page is there. It reads one short line, which the pages of the checklists write.
// And has what was typed there when a visitor comes back.

const KEY = "agency-certification.next";
const SITE = new URL("..", import.meta.url);

/** Remembers what leads on, [words, more, address]; null where nothing has begun. */
export function remember(next) {
  try {
    if (next) localStorage.setItem(KEY, JSON.stringify(next));
    else localStorage.removeItem(KEY);
  } catch {
    // Without storage there is no later visit to tell.
  }
  show(next);
}

function show(next) {
  for (const link of document.querySelectorAll("[data-leads-on]")) {
    if (!next && !link.first) continue; // what the page says is right
    link.first ??= [link.textContent, "", link.href];
    const [words, more, address] = next ?? link.first; // throws where another version of this site wrote something else
    link.textContent = words + (link.dataset.leadsOn ? more : "");
    link.title = next ? words + more : "";
    link.href = next ? new URL(`./${address}`, SITE) : address;
  }
}

function recall() {
  try {
    show(JSON.parse(localStorage.getItem(KEY)));
  } catch {
    // Storage is turned off, or somebody else wrote there: the links stay as the page has them.
  }
}

recall();
addEventListener("storage", recall);
addEventListener("pageshow", recall); // while the browser kept this page, another one may have written
// WebKit resets inputs with autocomplete=off in a task after pageshow when a visitor comes back, before or after a timer of
// ours: while the page is away, none has it. A check box keeps it, which other browsers would restore by its place, and so
// does the box that no person fills in.
addEventListener("pagehide", () => {
  for (const box of document.querySelectorAll("[autocomplete=off]:not([type=checkbox], [tabindex='-1'])"))
    box.removeAttribute("autocomplete");
});
