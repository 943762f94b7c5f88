"""axe-core with every rule it has, AAA and experimental too, on every page and every state of the forms.

Each is looked at on a phone and on a desktop, light and dark: nothing is violated, and what stays open is listed.
"""

import json

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

from tests.support.checklist_pages import all_done, decide, entry, keep, named, open_details, tick
from tests.support.pages import PAGES
from tests.support.samples import SAMPLES, new_address
from tests.support.visits import FORMS, SCHEMES, SIZES, fill_in, visit

TEAM = named("team")
RUN = """async (lookedAt) => {
  const rules = axe.getRules().map((rule) => rule.ruleId);
  const { violations, incomplete } = await axe.run({ runOnly: { type: "rule", values: rules } });
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
LOOKED_AT = [
    # axe cannot tell what is behind the engraved words: dark brown on brass, 7:1 at its darkest.
    ("color-contrast", ".plaque"),
    ("color-contrast-enhanced", ".plaque"),
    # The circle with a step's number is drawn beside the words, not behind them.
    ("color-contrast", ".path__step, .step, .way li"),
    ("color-contrast-enhanced", ".path__step, .step, .way li"),
    # What is hidden in one size or state is shown, and looked at, in another; paper has the rest.
    (
        "hidden-content",
        "[hidden], .nav--wide, .nav--narrow, .strip__more, .rail__parts, .rail__wide, .footer__site, "
        ".signature, .report, .certificate, .map",
    ),
]
"""What axe leaves open, and why it is right."""


@pytest.fixture
def page(browser, local_run):
    context = browser.new_context(base_url=local_run.url, reduced_motion="reduce")
    yield context.new_page()
    context.close()


def check(page: Page) -> None:
    """Nothing for axe to say, and nothing to scroll sideways for, in every size and color scheme."""
    page.evaluate(AXE_SCRIPT)
    for size, viewport in SIZES.items():
        page.set_viewport_size(viewport)
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            found = page.evaluate(RUN, LOOKED_AT)
            assert found["rules"] > 100
            assert (found["wrong"], found["open"]) == ([], []), f"{page.url}, {size}, {scheme}"


@pytest.mark.parametrize("address", [*PAGES, "/nowhere/", "/forms/contact/received", "/forms/announcements/confirm"])
def test_a_page_can_be_used_by_everybody(address, page):
    visit(page, address)
    check(page)


def test_an_open_menu_open_answers_and_results_can_be_used_by_everybody(page):
    page.goto("/faq/")
    page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
    check(page)
    page.goto("/search/?q=plaque")
    page.wait_for_selector(".search__results li")
    check(page)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.slug)
def test_a_form_with_errors_and_its_receipt_can_be_used_by_everybody(form, page):
    page.goto(f"/{form.slug}/")
    page.get_by_role("button", name=form.submit_label).click()
    page.wait_for_selector(".error-summary")
    check(page)
    fill_in(page, form, SAMPLES.get(form.slug, {}) | {"email": new_address()})
    page.get_by_role("button", name=form.submit_label).click()
    page.wait_for_url("**/received?receipt=*")
    check(page)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.slug)
def test_a_form_in_trouble_can_be_used_by_everybody(form, page):
    page.goto(f"/{form.slug}/")
    page.route("**/forms/*", lambda route: route.abort())
    page.get_by_role("button", name=form.submit_label).click()
    page.wait_for_selector(".error-summary")
    check(page)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.slug)
def test_a_form_that_is_too_long_can_be_used_by_everybody(form, page):
    page.goto(f"/{form.slug}/")
    page.locator("[name=email]").evaluate("(box) => { box.type = 'text'; box.value = 'x'.repeat(70000) }")
    page.get_by_role("button", name=form.submit_label).click()
    page.wait_for_selector(".error-summary")
    assert "too long for this form" in page.locator(".error-summary").inner_text()
    check(page)


def test_a_checklist_with_its_questions_open_can_be_used_by_everybody(page):
    visit(page, "/checklists/team/")
    tick(page, TEAM.items[:2])
    decide(page, TEAM.items[2], who="Chief Sample", when="2026-11-01", why="Too small for it.")
    open_details(page, TEAM.items[0])
    open_details(page, TEAM.items[3]).get_by_label("Skipped, by decision").check()
    check(page)


def test_a_copy_to_take_over_and_the_completion_can_be_used_by_everybody(page, tmp_path):
    visit(page, "/checklists/")
    keep(page, all_done(), agency="Town of Sample")
    file = tmp_path / "theirs.json"
    theirs = {TEAM.items[0].id: entry("to-do"), "no-longer-known": entry()}
    file.write_text(json.dumps({"version": 1, "agency": "", "items": theirs}))
    page.get_by_label("Open a saved file").set_input_files(file)
    page.wait_for_selector("#incoming:not([hidden])")
    page.get_by_role("button", name="Make a link").click()
    check(page)
    page.get_by_role("button", name="Add to mine").click()
    page.locator("#complete").get_by_role("link").click()
    page.wait_for_url("**/plaque/")
    check(page)
