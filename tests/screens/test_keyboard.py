"""A walk over every page with the Tab key, and the phone's menu without a mouse and without script."""

import pytest

from tests.support.keyboard import check
from tests.support.pages import PAGES
from tests.support.visits import FORMS, SIZES, after_its_script, visit

WIDTHS = [("phone", "dark"), ("desktop", "light")]


@pytest.fixture(scope="module", params=WIDTHS, ids=lambda each: f"{each[0]}, {each[1]}")
def page(request, browser, local_run):
    size, scheme = request.param
    context = browser.new_context(base_url=local_run.url, viewport=SIZES[size], color_scheme=scheme)
    yield after_its_script(context.new_page())
    context.close()


@pytest.mark.parametrize("address", [*PAGES, "/nowhere/", "/forms/contact/received"])
def test_the_tab_key_comes_by_everything_in_order_and_shows_where_it_is(address, page):
    visit(page, address)
    check(page)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.slug)
def test_the_tab_key_comes_by_everything_in_a_form_with_errors(form, page):
    page.route("**/*.js", lambda route: route.abort())  # so that the answer is a page of its own, focus at its top
    page.goto(f"/{form.slug}/")
    page.get_by_role("button", name=form.submit_label).click()
    page.wait_for_url("**/forms/*")
    check(page)
    page.unroute("**/*.js")


@pytest.mark.parametrize("script", [True, False], ids=["script on", "script off"])
def test_the_menu_of_a_phone_opens_from_the_keyboard_and_its_button_stays_in_its_place(script, browser, local_run):
    context = browser.new_context(
        base_url=local_run.url, viewport={"width": 390, "height": 844}, java_script_enabled=script
    )
    page = context.new_page()
    page.goto("/")
    contact = page.locator(".nav--narrow").get_by_role("link", name="Contact")
    assert not contact.is_visible()
    for _ in ("skip link", "telephone", "home", "menu"):
        page.keyboard.press("Tab")
    place = page.locator(":focus").bounding_box()
    page.keyboard.press("Enter")
    assert contact.is_visible()
    assert page.locator(":focus").bounding_box() == place
    for _ in range(6):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/contact/")
    context.close()


def test_the_first_stop_skips_to_the_content(page):
    page.goto("/faq/")
    page.keyboard.press("Tab")
    assert page.locator(":focus").inner_text() == "Skip to content"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.locator(":focus").evaluate("(stop) => Boolean(stop.closest('#main'))")
