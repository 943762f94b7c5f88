// The words that cannot be read in full: beyond the edge of the page, or cut off by a box around them.
(() => {
  const width = document.documentElement.clientWidth;
  const cuts = (each) =>
    /hidden|clip/.test(getComputedStyle(each).overflow) && !each.closest(".visually-hidden, .trap");
  // A table of numbers has two dimensions: its region scrolls, by keyboard too (WCAG 1.4.10).
  const apart = ".visually-hidden, .trap, .skip, option, [role=region][tabindex]";
  const lost = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  while (walker.nextNode()) {
    const parent = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !parent.checkVisibility() || parent.closest(apart)) continue;
    range.selectNodeContents(walker.currentNode);
    for (const box of range.getClientRects()) {
      if (box.left < -0.5 || box.right > width + 0.5) lost.push(walker.currentNode.data.trim());
      for (let each = parent; each; each = each.parentElement) {
        if (!cuts(each)) continue;
        const edge = each.getBoundingClientRect();
        const inside =
          box.left >= edge.left - 1 &&
          box.right <= edge.right + 1 &&
          box.top >= edge.top - 1 &&
          box.bottom <= edge.bottom + 1;
        if (!inside) lost.push(walker.currentNode.data.trim());
      }
    }
  }
  for (const box of document.querySelectorAll("button, .button, select, summary")) {
    if (box.checkVisibility() && box.scrollWidth > box.clientWidth + 1) lost.push(box.textContent.trim());
  }
  return [...new Set(lost)];
})();
