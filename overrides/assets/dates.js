// What is wrong with a date, in words for a person, as soon as its box can tell. Every day that this site asks for has come.

/** Returns the error message for a date box, "" if there is none. `typing`: more digits may follow. */
export function wrongDay({ value, validity, min }, typing = false) {
  if (!value) return validity.badInput && !typing ? "Enter a real date, such as 3/27/2026." : "";
  if (value.length > "YYYY-MM-DD".length) return "Enter the year in four digits."; // a box takes six
  if (value < "1000") return typing ? "" : "Enter the year in four digits.";
  if (value < min) return `Enter a date from the year ${min.slice(0, 4)} on.`;
  const today = new Date().toLocaleDateString("sv"); // Sweden writes YYYY-MM-DD
  return value > today ? "Enter a day that is not in the future." : "";
}

let isDown = false; // the button that clicks, also that of a touch; a menu may keep the coming up of another one
const held = [];
addEventListener("mousedown", ({ button }) => (isDown = button === 0), true);
// Where it went down on a scroll bar, nobody may hear of it coming up: at the next key, it counts as up.
for (const itsEnd of ["mouseup", "dragend", "keydown"])
  addEventListener(
    itsEnd,
    () => {
      isDown = false;
      for (const move of held.splice(0)) move();
    },
    true,
  );

/**
 * Does what may move the page. A box is left as the button goes down on what is clicked: if that moved away before the
 * button comes up, nothing would be clicked. So it is done as the button comes up: what is clicked is known by then.
 */
export function onceReleased(move) {
  if (isDown) held.push(move);
  else move();
}

const told = new WeakMap(); // the message element of each box

/** Shows the error message below a date box, while typing and on leaving it. */
export function checkDay(box, typing) {
  if (box.type === "date") onceReleased(() => sayOfDay(box, wrongDay(box, typing)));
}

/** Shows an error message below a date box, "" to take it away. */
export function sayOfDay(box, words) {
  if (!words && !told.has(box)) return;
  if (!told.has(box)) {
    const place = document.createElement("span");
    Object.assign(place, { className: "wrong-day", id: `${box.closest("[id]").id}-${box.name}-day` });
    place.setAttribute("role", "alert");
    (box.closest("label") ?? box).after(place);
    box.setAttribute("aria-describedby", [box.getAttribute("aria-describedby"), place.id].filter(Boolean).join(" "));
    told.set(box, place);
  }
  const place = told.get(box);
  if (place.textContent !== words) place.textContent = words;
  if (words) box.setAttribute("aria-invalid", "true");
  else box.removeAttribute("aria-invalid");
}
