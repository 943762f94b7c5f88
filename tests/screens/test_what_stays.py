"""What a browser keeps of what somebody typed, as docs/privacy.md says: a draft in its tab, and the checklists' own."""

import json

import pytest
from playwright.sync_api import expect

from tests.support.checklist_pages import CHECKLISTS, KEY, decide, keep, visit
from tests.support.samples import CONTACT, SAMPLES, new_address
from tests.support.visits import FORMS, after_its_script, fill_in

WORD = "Canary"
EVERYWHERE = """async () => ({
  computer: Object.entries(localStorage),
  databases: await indexedDB.databases(),
  caches: await caches.keys(),
  workers: (await navigator.serviceWorker.getRegistrations()).length,
  cookie: document.cookie,
  name: window.name,
})"""
NOTHING = {"computer": [], "databases": [], "caches": [], "workers": 0, "cookie": "", "name": ""}


@pytest.fixture
def page(browser, local_run):
    with browser.new_context(base_url=local_run.url) as context:
        yield after_its_script(context.new_page())


def in_the_tab(page):
    return page.evaluate("JSON.stringify({ ...sessionStorage })")


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.slug)
def test_of_a_form_only_its_draft_stays_in_its_tab_until_it_is_sent(form, page):
    page.goto(f"/{form.slug}/")
    words = {field.name: WORD for field in form() if field.type in ("Line", "Text")}
    fill_in(page, form, {**SAMPLES.get(form.slug, {}), **words, "email": f"{WORD}{new_address()}"})
    page.goto("/faq/")
    other = after_its_script(page.context.new_page())
    other.goto(f"/{form.slug}/")
    assert (WORD in in_the_tab(page), WORD in in_the_tab(other)) == (True, False)
    assert page.evaluate(EVERYWHERE) == NOTHING
    page.goto(f"/{form.slug}/")
    page.get_by_role("button", name=form.submit_label).click()
    page.wait_for_url("**/received?receipt=*")
    assert WORD not in in_the_tab(page)
    assert page.evaluate(EVERYWHERE) == NOTHING


def test_of_a_search_nothing_stays(page):
    for address in ("/search/", "/certified/"):
        page.goto(address)
        box = page.get_by_role("main").get_by_role("searchbox").first
        box.fill(WORD)
        box.press("Enter")
        page.wait_for_url(f"**q={WORD}")
        assert page.evaluate(EVERYWHERE) == NOTHING
        assert WORD not in in_the_tab(page)


def test_of_the_checklists_one_record_stays_until_it_is_erased_also_what_was_set_aside(page):
    first = CHECKLISTS[0]
    visit(page, first.name)
    decide(page, first.items[0], who=WORD, when="2026-11-02", why=WORD)
    page.goto("/contact/")
    fill_in(page, FORMS[0], CONTACT)
    with_it = {key for key, value in page.evaluate(EVERYWHERE)["computer"] if WORD in value}
    assert with_it == {KEY}
    assert page.context.cookies() == []
    page.evaluate(f"localStorage.setItem('{KEY}', '{WORD}')")
    visit(page)
    keep(page, json.loads("{}"), WORD)
    page.locator(".keep__erase summary").click()
    page.get_by_role("button", name="Erase everything in this browser").click()
    expect(page.locator(".keep__told")).to_contain_text("Everything is erased")
    assert WORD not in json.dumps(page.evaluate(EVERYWHERE))
