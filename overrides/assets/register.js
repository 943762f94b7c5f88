// The two buttons on the page of an agency: print its certificate, copy the code of its badge.

import "./place.js";

for (const button of document.querySelectorAll("[data-print]")) button.addEventListener("click", () => print());

for (const button of document.querySelectorAll("[data-copy]")) {
  const told = button.parentElement.querySelector("[role=status]");
  const lines = document.querySelector(".snippet");
  // Empty for a moment, so that a screen reader says the same words at the second press, too.
  const tell = (words) => {
    told.textContent = "\u00a0";
    setTimeout(() => (told.textContent = words), 100);
  };
  button.addEventListener("click", async () => {
    getSelection().selectAllChildren(lines); // so that Ctrl+C works where the browser does not let us copy
    try {
      await navigator.clipboard.writeText(lines.textContent);
      tell("Copied.");
    } catch {
      tell("Press Ctrl+C, or Command+C, to copy it.");
    }
  });
}

for (const part of document.querySelectorAll("[data-scripted]")) part.hidden = false;
