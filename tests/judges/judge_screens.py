"""Pages on a screen, by HTML_CodeSniffer (WCAG 2, AAA) beside axe, and by their pixels: `make judges`."""

import base64

import pytest

from tests.support.pages import PAGES
from tests.support.programs import JUDGES
from tests.support.visits import SCHEMES, SIZES, visit

SNIFFER = JUDGES / "node_modules/html_codesniffer/build/HTMLCS.js"
SNIFF = """() => {
  // Version 2.5.1 reads the attribute of every box, and the build leaves out type="text", which is what it means.
  for (const box of document.querySelectorAll("input:not([type])")) box.setAttribute("type", "text");
  return new Promise((resolve) => HTMLCS.process("WCAG2AAA", document, () => resolve(
  HTMLCS.getMessages().filter(({ type }) => type === HTMLCS.ERROR)
    .map(({ code, element, msg }) => `${code}: ${element.outerHTML?.slice(0, 150)}: ${msg}`))));
}"""
KNOWN = ("WCAG2AAA.Principle3.Guideline3_2.3_2_2.H32.2",)
"""A form without a button: what is typed in the search is searched for at once, and Enter works."""

PLACES = """() => {
  const seen = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode, parent = node.parentElement;
    if (!node.data.trim() || parent.closest("[disabled], [inert], [aria-hidden=true], svg, option")) continue;
    if (!parent.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue;
    let around = parent, moved = false;
    for (; around && !moved; around = around.parentElement) {
      const { width, height } = around.getBoundingClientRect();
      moved = /fixed|sticky/.test(getComputedStyle(around).position) || (around !== document.body &&
        Math.min(width, height) < 3);
    }
    if (moved) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const { x, y, width, height } of range.getClientRects()) {
      if (width < 4 || height < 8 || x < 0 || y + scrollY < 0) continue;
      const size = parseFloat(getComputedStyle(parent).fontSize);
      seen.push({ text: node.data.trim().slice(0, 40), size, x, y: y + scrollY, width: Math.min(width, 60), height });
    }
  }
  return seen;
}"""
"""Where there is text, in pixels of the page; not what is for screen readers only, nor what a full picture moves."""
CONTRAST = """async ([png, places, scale]) => {
  const picture = await createImageBitmap(await (await fetch(`data:image/png;base64,${png}`)).blob());
  const canvas = new OffscreenCanvas(picture.width, picture.height), context = canvas.getContext("2d");
  context.drawImage(picture, 0, 0);
  const linear = (part) => (part /= 255) <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  const light = (r, g, b) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  return places.flatMap((place) => {
    const [x, y, width, height] = [place.x, place.y, place.width, place.height].map((each) => Math.round(each * scale));
    if (y + height > picture.height || x + width > picture.width) return [];
    const { data } = context.getImageData(x, y, width, height);
    const found = new Map();
    for (let at = 0; at < data.length; at += 4) {
      const key = light(data[at], data[at + 1], data[at + 2]).toFixed(3);
      found.set(key, (found.get(key) ?? 0) + 1);
    }
    const [[behind]] = [...found].sort((a, b) => b[1] - a[1]);
    // The strokes of letters are what is farthest from the background, in more than a pixel or two.
    const inks = [...found].filter(([, count]) => count > 2)
      .map(([ink]) => (Math.max(ink, behind) + 0.05) / (Math.min(ink, behind) + 0.05));
    return { ...place, contrast: Math.max(...inks) };
  });
}"""
SCALE = 2


@pytest.fixture
def page(browser, local_run):
    context = browser.new_context(base_url=local_run.url, reduced_motion="reduce", device_scale_factor=SCALE)
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("address", [*PAGES, "/nowhere/", "/desk/", "/certified/?q=nobody"])
def test_html_codesniffer_finds_no_error(address, page):
    visit(page, address)
    page.evaluate(SNIFFER.read_text("utf-8"))
    for size in SIZES.values():
        page.set_viewport_size(size)
        assert [each for each in page.evaluate(SNIFF) if not each.startswith(KNOWN)] == []


@pytest.mark.parametrize("look", [*SCHEMES, "forced"])
@pytest.mark.parametrize("address", [*PAGES, "/nowhere/", "/desk/"])
def test_letters_stand_out_on_the_screen_itself(address, look, page, browser):
    page.set_viewport_size(SIZES["desktop"])
    page.emulate_media(
        color_scheme="dark" if look == "dark" else "light", forced_colors="active" if look == "forced" else "none"
    )
    visit(page, address)
    places = page.evaluate(PLACES)
    picture = base64.b64encode(page.screenshot(full_page=True)).decode()
    blank = browser.new_page()
    measured = blank.evaluate(CONTRAST, [picture, places, SCALE])
    blank.close()
    assert len(measured) > 0.9 * len(places) > 5, "text outside of the picture cannot be measured"
    assert [each for each in measured if each["contrast"] < (3 if each["size"] >= 24 else 4.5)] == []
