"""axe-core on every page and every state of the forms: no violation of WCAG 2.2 AA or best practice."""

import json

import pytest
from agency import all_done, decide, entry, keep, named, open_details, tick, visit
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page
from samples import SAMPLES, new_address
from test_browser import fill_in
from test_site import PAGES

from announcements import AnnouncementsForm
from contact import ContactForm
from plaque import PlaqueForm

TEAM = named("team")
FORMS = [ContactForm, PlaqueForm, AnnouncementsForm]
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
SIZES = {"phone": {"width": 320, "height": 640}, "desktop": {"width": 1280, "height": 800}}


@pytest.fixture(params=["phone", "desktop"])
def page(request, browser, local_run):
    scheme = {"phone": "dark", "desktop": "light"}[request.param]
    context = browser.new_context(base_url=local_run.url, viewport=SIZES[request.param], color_scheme=scheme)
    yield context.new_page()
    context.close()


def check(page: Page) -> None:
    """Nothing for axe to say, and nothing to scroll sideways for."""
    found = Axe().run(page, options=RULES)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


@pytest.mark.parametrize("address", [*PAGES, "/nowhere/", "/forms/contact/received", "/forms/announcements/confirm"])
def test_a_page_can_be_used_by_everybody(address, page):
    page.goto(address)
    check(page)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.slug)
def test_a_form_with_errors_and_its_receipt_can_be_used_by_everybody(form, page):
    page.goto(f"/{form.slug}/")
    page.get_by_role("button", name=form.send).click()
    page.wait_for_selector(".error-summary")
    check(page)
    fill_in(page, form, SAMPLES.get(form.slug, {}) | {"email": new_address()})
    page.get_by_role("button", name=form.send).click()
    page.wait_for_url("**/received?receipt=*")
    check(page)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.slug)
def test_a_form_in_trouble_can_be_used_by_everybody(form, page):
    page.goto(f"/{form.slug}/")
    page.route("**/forms/*", lambda route: route.abort())
    page.get_by_role("button", name=form.send).click()
    page.wait_for_selector(".error-summary")
    check(page)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.slug)
def test_a_form_that_is_too_long_can_be_used_by_everybody(form, page):
    page.goto(f"/{form.slug}/")
    page.locator("[name=email]").evaluate("(box) => { box.type = 'text'; box.value = 'x'.repeat(70000) }")
    page.get_by_role("button", name=form.send).click()
    page.wait_for_selector(".error-summary")
    assert "too long for this form" in page.locator(".error-summary").inner_text()
    check(page)


def test_a_checklist_with_its_questions_open_can_be_used_by_everybody(page):
    visit(page, "team")
    tick(page, TEAM.items[:2])
    decide(page, TEAM.items[2], who="Chief Sample", when="2026-11-01", why="Too small for it.")
    open_details(page, TEAM.items[0])
    open_details(page, TEAM.items[3]).get_by_label("Not taken").check()
    check(page)


def test_a_copy_to_take_over_and_the_completion_can_be_used_by_everybody(page, tmp_path):
    visit(page)
    keep(page, all_done(), agency="Town of Sample")
    file = tmp_path / "theirs.json"
    theirs = {TEAM.items[0].id: entry("to-do"), "no-longer-known": entry()}
    file.write_text(json.dumps({"version": 1, "agency": "", "items": theirs}))
    page.get_by_label("Open a file").set_input_files(file)
    page.wait_for_selector("#incoming:not([hidden])")
    page.get_by_role("button", name="Make a link").click()
    check(page)
    page.get_by_role("button", name="Take it over").click()
    page.locator("#complete").get_by_role("link").click()
    page.wait_for_url("**/plaque/")
    check(page)
