"""Pages as people set them: narrow or enlarged, with wide spacing, in forced colors, without motion, on paper."""

import pytest
from playwright.sync_api import ViewportSize

from tests.support.checklist_pages import printed
from tests.support.keyboard import check as walk_and_check
from tests.support.pages import PAGES
from tests.support.reflow import BORDERLESS, CLIPPED, SPACED
from tests.support.visits import FORMS, SCHEMES, receipt_address, visit

DRAWN = """() => {
  const shapes = document.querySelectorAll("svg:not(.bar, .parts svg) :is(path, circle, rect)");
  const colors = (style) => [style.fill, style.stroke].filter((color) => color !== "none");
  return [...shapes].filter((each) => each.checkVisibility()).flatMap((each) => colors(getComputedStyle(each)));
}"""


NARROW: ViewportSize = {"width": 320, "height": 256}
"""A window of 1280 by 1024 enlarged four times."""


@pytest.fixture(scope="module")
def one_page(browser, local_run):
    context = browser.new_context(base_url=local_run.url)
    yield context.new_page()
    context.close()


@pytest.fixture
def page(one_page):
    """One page for all, as none of them keeps anything: a new one costs as much as a visit."""
    one_page.set_viewport_size(NARROW)
    yield one_page
    one_page.unroute_all()
    one_page.emulate_media(media="null", reduced_motion="reduce")


def with_open_parts(page) -> None:
    page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")


@pytest.mark.parametrize("address", [*PAGES, "/nowhere/"])
def test_nothing_is_lost_in_a_narrow_window_or_with_wide_spacing(address, page):
    visit(page, address)
    with_open_parts(page)
    assert page.evaluate(CLIPPED) == []
    page.evaluate(SPACED)
    assert page.evaluate(CLIPPED) == []
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


BESIDE = """() => {
  const words = document.createTreeWalker(document.querySelector(".brand__name"), NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  let end = 0;
  while (words.nextNode()) {
    range.selectNodeContents(words.currentNode);
    if (words.currentNode.data.trim()) end = Math.max(end, ...[...range.getClientRects()].map(({ right }) => right));
  }
  return document.querySelector(".nav--narrow summary").getBoundingClientRect().left - end;
}"""
"""Pixels between the site's name and the button of its menu."""


@pytest.mark.parametrize("width", [320, 360, 412])
def test_the_name_of_the_site_ends_before_the_button_of_its_menu(width, page):
    page.set_viewport_size({"width": width, "height": 640})
    page.goto("/about/")
    assert page.evaluate(BESIDE) >= 4
    page.evaluate(SPACED)
    assert page.evaluate(BESIDE) >= 4


FIRST_SCREEN = {
    "what is this": "main h1",
    "who runs it": ".hero__by",
    "whom is it for": ".hero__lead",
    "what do I do": ".hero .button--call",
    "what does it cost me": ".hero__call",
    "how do I talk to a person": ".hero__call a[href^='tel:']",
}


def test_the_first_screen_of_a_phone_answers_six_questions(page):
    """A phone of 390 by 844 shows 664 pixels below and above the bars of its browser."""
    page.set_viewport_size({"width": 390, "height": 664})
    page.goto("/")
    seen = {question: page.locator(place).bounding_box() for question, place in FIRST_SCREEN.items()}
    assert {question: box for question, box in seen.items() if box["y"] < 0 or box["y"] + box["height"] > 664} == {}
    assert "law enforcement agencies" in page.locator(FIRST_SCREEN["whom is it for"]).inner_text()
    assert "cost" in page.locator(FIRST_SCREEN["what does it cost me"]).inner_text()


def test_the_footer_of_a_short_page_is_at_the_foot_of_the_window(page):
    page.set_viewport_size({"width": 1280, "height": 2000})
    page.goto("/nowhere/")
    footer = page.locator(".footer").bounding_box()
    assert footer["y"] + footer["height"] == 2000
    assert page.locator("h1").bounding_box()["y"] < 300


def test_what_is_lost_is_noticed(page):
    page.goto("/about/")
    page.locator("h1").evaluate("(each) => { each.style.marginInlineStart = '300px' }")
    page.locator("h2").first.evaluate("(each) => { each.style.overflow = 'hidden'; each.style.height = '10px' }")
    assert page.evaluate(CLIPPED) == [page.locator(heading).first.inner_text() for heading in ("h1", "h2")]


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.slug)
def test_nothing_of_a_form_with_errors_is_lost(form, page):
    visit(page, f"/{form.slug}/")
    page.get_by_role("button", name=form.submit_label).click()
    page.wait_for_selector(".error-summary")
    page.evaluate(SPACED)
    assert page.evaluate(CLIPPED) == []


@pytest.fixture
def forced(browser, local_run):
    """A window in forced colors, where backgrounds and shadows are gone."""
    context = browser.new_context(base_url=local_run.url, forced_colors="active")
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("scheme", SCHEMES)
def test_in_forced_colors_boxes_keep_their_borders_and_drawings_their_lines(scheme, forced):
    forced.emulate_media(color_scheme=scheme)
    text = {"light": "rgb(0, 0, 0)", "dark": "rgb(255, 255, 255)"}[scheme]
    for address in ("/", "/contact/", "/plaque/", "/faq/", "/checklists/leader/"):
        visit(forced, address)
        assert forced.evaluate(BORDERLESS) == []
        assert set(forced.evaluate(DRAWN)) == {text}


def test_in_forced_colors_the_menu_shows_where_one_is(forced):
    visit(forced, "/faq/")
    colors = "(all) => all.map((each) => getComputedStyle(each).borderBottomColor)"
    links = forced.locator(".nav--wide a:not(.button)")
    [current] = forced.locator(".nav--wide a[aria-current]").evaluate_all(colors)
    assert links.evaluate_all(colors).count(current) == 1


NAMES = [
    "Town of Sample Police Department",
    "Sample County Sheriff’s Office and Regional Training Academy " * 2,
    "W" * 120,
]


@pytest.mark.parametrize("name", NAMES)
def test_a_plaque_takes_a_name_of_any_length(name, page):
    page.goto("/")
    page.locator(".plaque__name").evaluate("(line, name) => { line.textContent = name }", name[:120])
    assert page.evaluate(CLIPPED) == []
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


@pytest.mark.parametrize("address", ["/", "/contact/", "/faq/", "/checklists/leader/"])
def test_in_forced_colors_the_keyboard_shows_where_it_is(address, forced):
    visit(forced, address)
    walk_and_check(forced)


def test_nothing_moves_for_who_wants_no_motion(page):
    page.emulate_media(reduced_motion="reduce")
    for address in ("/", "/faq/", "/contact/"):
        page.goto(address)
        with_open_parts(page)
        assert page.evaluate("document.getAnimations().length") == 0
        assert page.evaluate("getComputedStyle(document.documentElement).scrollBehavior") == "auto"


def test_on_paper_every_answer_is_there(page):
    page.goto("/faq/")
    page.emulate_media(media="print")
    answers = page.locator("details.question > :not(summary)")
    assert answers.count() > 20
    assert all(answers.evaluate_all("(all) => all.map((each) => each.getBoundingClientRect().height > 0)"))


SHEETS = {page: 1 if page.startswith("/checklists/") else 2 for page in PAGES if page != "/ask/"}  # that is a letter
SHEETS |= {"/": 3, "/certification/": 3, "/checklists/": 3, "/checklists/print/": 10, "/faq/": 4, "/plaque/": 3}
SHEETS |= {"/search/": 3, "/nowhere/": 1, "receipt of contact": 1, "receipt of plaque": 1}
"""How many sheets of letter paper a page is, at most."""
HEADS = "main :is(h1, h2, h3, summary, legend, label, .field__hint)"
"""What has something below it."""


@pytest.mark.parametrize(("address", "most"), SHEETS.items())
def test_a_page_prints_on_few_sheets_with_the_office_at_the_foot_and_nothing_torn(
    address, most, page, local_run, tmp_path
):
    """Also where its script has not come."""
    page.route("**/*.js", lambda route: route.abort())
    _, _, form = address.partition("receipt of ")
    page.goto(receipt_address(local_run.url, form) if form else address)
    for box in page.locator("main :is(input:not([type=checkbox], [type=date]), textarea):visible").all():
        box.fill("Filled in")
    *sheets, _ = printed(page, tmp_path / "page.pdf").split("\f")
    assert len(sheets) <= most
    for words in ("(555) 555-0100", "office@example.org", local_run.url.removeprefix("https://")):
        assert words in sheets[-1].rpartition("©")[0][-200:]
    heads = [" ".join(head.split()) for head in page.locator(HEADS).all_inner_texts()]
    for sheet in sheets:
        *_, last, number = (" ".join(line.split()) for line in sheet.splitlines() if line.strip())
        assert number.startswith("Page ")
        assert [head for head in heads if head.endswith(last)] == []


SHIFTS = """() => new Promise((done) => {
  const words = ({ node }) => (node?.outerHTML ?? node?.textContent ?? "").slice(0, 80);
  const listen = (list) => done(list.getEntries().map(({ value, sources }) => [value, ...sources.map(words)]));
  new PerformanceObserver(listen).observe({ type: "layout-shift", buffered: true });
  setTimeout(done, 500, []);
})"""
"""What moved without anybody's doing: by how much, as Chromium weighs it, and what."""
WITH_SCRIPT = ["/checklists/", "/checklists/leader/", "/checklists/print/", "/search/", "/contact/"]


@pytest.mark.parametrize("width", [412, 1280])
@pytest.mark.parametrize("address", WITH_SCRIPT)
def test_nothing_moves_when_the_script_of_a_page_arrives_late(address, width, browser, local_run):
    page = browser.new_page(base_url=local_run.url, viewport={"width": width, "height": 823})
    page.route("**/*.js", lambda route: (page.wait_for_timeout(300), route.continue_()))
    visit(page, address)
    moved = page.evaluate(SHIFTS)
    page.close()
    assert sum(value for value, *_ in moved) < 0.01, moved
