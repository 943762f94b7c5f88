"""What a page must withstand: a narrow window, wide spacing, forced colors."""

from pathlib import Path

CLIPPED = (Path(__file__).parent / "clipped.js").read_text("utf-8")
SPACED = """() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important }
    p { margin-block-end: 2em !important }`);
  document.adoptedStyleSheets = [sheet];
}"""
"""What WCAG 1.4.12 lets a reader set."""
BORDERLESS = """() => {
  const all = document.querySelectorAll("button, .button, .card, .error-summary, .field :is(input, select, textarea)");
  const drawn = (each) => each.checkVisibility() && !each.closest(".trap");
  const shown = [...all].filter((each) => drawn(each) && !["checkbox", "radio"].includes(each.type));
  const isBare = ({ borderBottomWidth, textDecorationLine: line }) => !parseFloat(borderBottomWidth) && line === "none";
  return shown.filter((each) => isBare(getComputedStyle(each))).map((each) => each.outerHTML);
}"""
