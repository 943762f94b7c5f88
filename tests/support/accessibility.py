"""Looks at a page with axe-core and every rule it has, on a phone and on a desktop, light and dark.

A dark page is the light one in other colors: there, the rules that look at colors are enough, and on a desktop they
look at what has other colors than on a phone, or is not shown there.
"""

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

from tests.support.visits import SCHEMES, SIZES

RUN = """async ([lookedAt, ofColors]) => {
  const all = axe.getRules().map((rule) => rule.ruleId);
  const rules = ofColors ? all.filter((rule) => ofColors.includes(rule)) : all;
  const other = ofColors ? lookingOtherwise() : document;
  const { violations, incomplete } = other.length === 0 ? { violations: [], incomplete: [] } : await axe.run(other, {
    runOnly: { type: "rule", values: rules },
    resultTypes: ["violations", "incomplete"],  // of what passes it would look for selectors, for a third of its time
  });
  const flat = (results) => results.flatMap(({ id, nodes }) => nodes.map((node) => ({ rule: id, ...node })));
  const isKnown = ({ rule, target }) => {
    const place = document.querySelector(target.join(" "));
    return lookedAt.some(([listed, places]) => listed === rule && place.closest(places));
  };
  const tell = ({ rule, html, any, all, none }) => {
    const why = [...any, ...all, ...none].map((check) => check.message);
    return `${rule}: ${html.slice(0, 200)}: ${why.join("; ")}`;
  };
  const open = flat(incomplete).filter((each) => !isKnown(each));
  return { rules: rules.length, wrong: flat(violations).map(tell), open: open.map(tell) };
}"""
LOOKS = """(() => {
  let known = null;
  globalThis.lookingOtherwise = () => {
    const looks = new Map([[null, ""]]);
    for (const each of document.querySelectorAll("*")) {
      const style = getComputedStyle(each);
      const colors = [style.color, style.backgroundColor, style.backgroundImage, style.opacity];
      const size = parseFloat(style.fontSize);
      const isLarge = [size >= 24, size >= 18.6];  // smaller letters must stand out more: of 18 points, or 14 if bold
      const isShown = each.getClientRects().length > 0;
      const own = [...colors, isLarge, style.fontWeight, style.visibility, isShown];
      looks.set(each, [looks.get(each.parentElement), ...own].join());
    }
    const other = [...looks.keys()].filter((each) => each && known?.get(each) !== looks.get(each));
    const all = !known;
    known = looks;
    return all ? document : other;
  };
})()"""
"""Tells which elements have other colors than the last time, or other ones behind them, or were not shown."""
OF_COLORS = ["color-contrast", "color-contrast-enhanced", "link-in-text-block"]
UNMARKED = """() => [...document.querySelectorAll("ul, ol")]
  .filter((list) => getComputedStyle(list).listStyleType === "none" && !list.closest("nav") && !list.role)
  .map((list) => list.outerHTML.slice(0, 80))"""
"""Lists that Safari tells nobody of: those without markers, except in navigation; `role=list` mends it."""
LOOKED_AT = [
    # axe cannot tell what is behind the engraved words: dark brown on brass, 7:1 at its darkest.
    ("color-contrast", ".plaque"),
    ("color-contrast-enhanced", ".plaque"),
    # The circle with a step's number is drawn beside the words, not behind them.
    ("color-contrast", ".path__step, .step, .way li"),
    ("color-contrast-enhanced", ".path__step, .step, .way li"),
    # Nor what is behind the letters of a tile: ink on paper, or white on blue.
    ("color-contrast", ".map"),
    ("color-contrast-enhanced", ".map"),
    # The letters AA it takes for a sign, not for a word of the name.
    ("label-content-name-mismatch", ".map"),
    # Words beside the bars of a chart, and cells of a table that scrolls, stand on the page's own background.
    ("color-contrast", ".chart, .desk-table"),
    ("color-contrast-enhanced", ".chart, .desk-table"),
    # What is hidden in one size or state is shown, and looked at, in another; paper has the rest.
    (
        "hidden-content",
        "[hidden], .nav--wide, .nav--narrow, .strip__more, .rail__parts, .rail__wide, .rail__narrow, .footer__site, "
        ".signature, .report, .certificate, .map",
    ),
]
"""What axe leaves open, and why it is right."""


def check(page: Page) -> None:
    """Nothing for axe to say, and nothing to scroll sideways for, in every size and color scheme."""
    page.evaluate(AXE_SCRIPT)
    page.evaluate(LOOKS)
    assert page.evaluate(UNMARKED) == []
    for size, viewport in SIZES.items():
        page.set_viewport_size(viewport)
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            found = page.evaluate(RUN, [LOOKED_AT, OF_COLORS if scheme == "dark" else None])
            assert found["rules"] == len(OF_COLORS) if scheme == "dark" else found["rules"] > 100
            assert (found["wrong"], found["open"]) == ([], []), f"{page.url}, {size}, {scheme}: {found}"
