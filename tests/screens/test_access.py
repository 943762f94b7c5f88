"""axe-core with every rule it has, AAA and experimental too, on every page and every state of the forms.

Each is looked at on a phone and on a desktop, light and dark: nothing is violated, and what stays open is listed.
"""

import json

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import expect

from mail import ses
from tests.support.accessibility import check
from tests.support.checklist_pages import all_done, decide, entry, keep, named, open_details, tick
from tests.support.email_states import NAMES, states
from tests.support.pages import PAGES
from tests.support.samples import SAMPLES, new_address
from tests.support.visits import FORMS, SCHEMES, after_its_script, fill_in, visit

TEAM = named("team")


@pytest.fixture
def page(browser, local_run):
    context = browser.new_context(base_url=local_run.url)
    yield after_its_script(context.new_page())
    context.close()


@pytest.fixture(scope="module")
def passing_by(browser, local_run):
    """A page for those that only look: a new one each time costs as much again as the visit."""
    context = browser.new_context(base_url=local_run.url)
    yield after_its_script(context.new_page())
    context.close()


@pytest.mark.parametrize("address", [*PAGES, "/nowhere/", "/forms/contact/received", "/forms/announcements/confirm"])
def test_a_page_can_be_used_by_everybody(address, passing_by):
    visit(passing_by, address)
    check(passing_by)


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
    expect(page.locator("#link")).not_to_have_value("")
    expect(page.locator("#complete")).to_be_visible()
    check(page)
    page.get_by_role("button", name="Add to mine").click()
    page.locator("#complete").get_by_role("link").click()
    page.wait_for_url("**/plaque/")
    check(page)


READABLE = """async () => {
  const { violations, incomplete } = await axe.run(document, { runOnly: ["color-contrast"] });
  return [...violations, ...incomplete].flatMap(({ nodes }) => nodes.map((node) => node.html + node.failureSummary));
}"""


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_word_of_an_e_mail_can_be_read_in_light_and_dark(scheme, browser, stand_in):
    with browser.new_context(color_scheme=scheme) as context:
        page = context.new_page()
        for name in NAMES:
            message = ses.compose(name, to=["someone@example.gov"], **list(states(name))[-1])
            page.set_content(message.get_body(("html",)).get_content())
            page.evaluate(AXE_SCRIPT)
            assert page.evaluate(READABLE) == [], name
