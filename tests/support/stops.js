// Notes where the keyboard stands each time Tab is pressed, as it looks at that moment, in `stops`.
// `reachable` counts what it should come by.
(() => {
  const SELECTOR = "a[href], button, input, select, textarea, summary, [tabindex]";
  const shown = (each) =>
    each.checkVisibility({ visibilityProperty: true }) && !each.closest("details:not([open]) > :not(summary)");
  const isStop = (each) => {
    if (each.type !== "radio") return true;
    const group = [...each.form.querySelectorAll(`[name="${each.name}"]`)]; // has one stop; the arrows lead to the others
    return each === (group.find((radio) => radio.checked) ?? group[0]);
  };
  const reached = (each) => each.tabIndex >= 0 && !each.disabled && shown(each) && isStop(each);
  const all = [...document.querySelectorAll(SELECTOR)].filter(reached);

  const color = (text) => {
    const [red, green, blue, alpha = 1] = text.match(/[\d.]+/g).map(Number);
    return { alpha, parts: [red, green, blue] };
  };
  const luminance = ({ parts }) => {
    const [red, green, blue] = parts.map((part) =>
      part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4,
    );
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const contrast = (one, other) => {
    const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (light + 0.05) / (dark + 0.05);
  };
  const behind = (element) => {
    for (let each = element; each; each = each.parentElement) {
      const found = color(getComputedStyle(each).backgroundColor);
      if (found.alpha === 1) return found;
    }
    return color("rgb(255, 255, 255)");
  };

  window.reachable = all.length;
  window.stops = [];
  window.note = () => {
    const stop = document.activeElement;
    if (!stop || stop === document.body || stops.at(-1)?.place === all.indexOf(stop)) return; // a date has stops inside
    const style = getComputedStyle(stop);
    const box = stop.getClientRects()[0];
    if (stop.matches("textarea")) box.height = Math.min(box.height, 30); // browsers scroll to the line one writes on
    const isTaller = stop.matches(".scroll") && box.height > innerHeight; // browsers show any part of it
    const ring = parseFloat(style.outlineWidth) + parseFloat(style.outlineOffset);
    const { clientWidth } = document.documentElement;
    const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
    stops.push({
      name: stop.outerHTML.slice(0, 120),
      place: all.indexOf(stop),
      outline: style.outlineStyle === "none" ? 0 : parseFloat(style.outlineWidth),
      contrast: contrast(color(style.outlineColor), behind(stop.parentElement)),
      onScreen:
        (isTaller && box.top < innerHeight && box.bottom > 0) ||
        (box.top >= ring && box.left >= ring && box.bottom + ring <= innerHeight && box.right + ring <= clientWidth),
      covered: !(top && (stop.contains(top) || top.contains(stop))),
      left: box.left + scrollX,
      top: box.top + scrollY,
      right: box.right + scrollX,
      bottom: box.bottom + scrollY,
    });
  };
  document.addEventListener("keydown", note, { capture: true });
})();
