"""The header's button: where this browser's record stands, on every page with script, and nothing moves."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from tests.support.checklist_pages import CHECKLISTS, all_done, entry, keep, named, tick, visit
from tests.support.examples import THOROUGH
from tests.support.visits import FORMS, SIZES, after_its_script

LEADER = named("leader")
SHIFTS = """(within) => new Promise((resolve) => {
  const moved = [];
  const note = ({ sources }) => moved.push(...sources.map(({ node }) => node?.parentElement).filter(Boolean));
  new PerformanceObserver((list) => list.getEntries().forEach(note)).observe({ type: "layout-shift", buffered: true });
  const tell = () => resolve(moved.filter((each) => each.closest(within)).map((each) => each.outerHTML));
  requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(tell, 20)));
})"""
"""What moved after it was painted, told two frames after the page has loaded."""
SCRIPTED = [
    *("/", "/search/", "/certified/", "/checklists/", "/checklists/leader/", "/checklists/print/"),
    *(f"/{form.slug}/" for form in FORMS),
    "/forms/contact/received",
]
"""What is only read has no script, and its button says what a first visit needs."""
STAGES = {
    "nothing begun": ({}, "Get started", "/certification/"),
    "begun": (
        {LEADER.items[0].id: entry()},
        "Continue",
        f"/checklists/leader/#{LEADER.items[1].id}",
    ),
    "done": (all_done(), "Request your plaque", "/plaque/"),
}


@pytest.fixture
def page(browser, local_run):
    context = browser.new_context(base_url=local_run.url, viewport={"width": 1280, "height": 800})
    yield context.new_page()
    context.close()


def button(page: Page):
    return page.locator(".nav--wide .menu__on")


def looked_at(stage: str) -> Iterator[tuple[str, ViewportSize]]:
    """Every page at one stage; each other one on a phone, so that each is seen on both. In `make test-long` in both."""
    sizes = list(SIZES.values())
    for number, address in enumerate(SCRIPTED, list(STAGES).index(stage)):
        for size in sizes if THOROUGH else [sizes[number % 2]]:
            yield address, size


@pytest.mark.parametrize("stage", STAGES)
def test_the_button_leads_on_from_every_page_with_script_and_nothing_moves(stage, page, local_run):
    items, name, leads_to = STAGES[stage]
    visit(page)
    keep(page, items)
    for address, size in looked_at(stage):
        page.set_viewport_size(size)
        page.goto(address)
        links = page.locator(".menu__on")
        for number in range(2):
            expect(links.nth(number)).to_have_js_property("href", local_run.url + leads_to)
        if size["width"] > 1000:
            expect(button(page)).to_have_accessible_name(name)
        is_drawn = items and address.startswith("/checklists/")  # the record, into a page that came without it
        assert page.evaluate(SHIFTS, ".header" if is_drawn else "html") == [], (address, size)


def test_the_home_page_names_the_next_item(page):
    visit(page, "leader")
    tick(page, LEADER.items[:1])
    page.goto("/")
    page.get_by_role("link", name="Continue: item 1.2").last.click()
    page.wait_for_url(f"**/checklists/leader/#{LEADER.items[1].id}")


def test_another_window_says_it_too_and_erasing_begins_again(page):
    other = page.context.new_page()
    other.goto("/")
    visit(page, CHECKLISTS[0].name)
    tick(page, LEADER.items[:1])
    expect(button(other)).to_have_text("Continue")
    visit(page)
    page.get_by_text("Erase everything", exact=True).click()
    page.get_by_role("button", name="Erase everything in this browser").click()
    for each in (page, other):
        expect(button(each)).to_have_text("Get started")


@pytest.mark.parametrize("kept", ["{", "7", '{"number": "<b>", "address": "javascript:alert(1)"}'])
def test_a_line_that_no_page_wrote_does_no_harm(kept, page):
    said = []
    page.on("pageerror", lambda error: said.append(str(error)))
    after_its_script(page).goto("/search/")
    page.evaluate("(kept) => localStorage.setItem('agency-certification.next', kept)", kept)
    page.reload()
    expect(button(page)).to_have_text("Get started")
    assert button(page).evaluate("(each) => each.protocol") != "javascript:"
    assert said == []
