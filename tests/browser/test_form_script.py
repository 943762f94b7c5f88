"""What the form's script adds, and what happens when the network or a person does not do as expected."""

import gzip
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, Route, expect

from forms.catalog import FORMS
from forms.contact import ContactForm
from forms.form import TRAP
from forms.plaque import PlaqueForm
from tests.support.run import wait_for
from tests.support.samples import CONTACT, PLAQUE, new_address
from tests.support.visits import COMING_BACK, LATE, after_its_script, as_new, fill_in, hold_back, press_slowly

SCRIPT = Path(__file__).parents[2] / "overrides/assets/forms.js"


@pytest.fixture(scope="module")
def browsing(browser, local_run):
    """The browser of this module, which each test finds as new: another page costs more than two visits."""
    context = browser.new_context(base_url=local_run.url)
    after_its_script(context.new_page())
    yield context
    context.close()


@pytest.fixture
def context(browsing: BrowserContext) -> BrowserContext:
    """A browser with one page, and nothing kept."""
    as_new(browsing.pages[0])
    return browsing


@pytest.fixture
def window(context: BrowserContext) -> Page:
    """A window that shows nothing yet."""
    return context.pages[0]


@pytest.fixture
def page(window: Page) -> Page:
    """The contact form, filled in and not yet sent."""
    page = window
    page.goto("/contact/")
    fill_in(page, ContactForm, CONTACT | {"email": new_address()})
    return page


def send(page: Page) -> None:
    page.get_by_role("button", name="Send message").click()


def type_wrong_day(page: Page) -> Locator:
    """Type a year of two digits into the date of the plaque form; its box."""
    page.goto("/plaque/")
    box = page.get_by_label("Date of completion")
    box.focus()
    page.keyboard.type("11/01/26")
    return box


def test_the_script_is_under_4_kb_compressed():
    assert len(gzip.compress(SCRIPT.read_bytes())) < 4096


def test_a_refused_form_is_redrawn_in_place_and_the_summary_has_the_focus(page):
    page.evaluate("window.stayed = true")
    page.locator("[name=email]").fill("nobody")
    send(page)
    expect(page.locator(".error-summary")).to_be_focused()
    assert page.title().startswith("Error: ")
    assert page.evaluate("window.stayed")
    assert page.url.endswith("/contact/")


@pytest.mark.parametrize("size", [(1100, 700), (390, 664), (320, 480)], ids=lambda size: f"{size[0]}x{size[1]}")
def test_a_link_of_the_summary_shows_what_is_asked_and_what_is_wrong(size, window):
    window.set_viewport_size({"width": size[0], "height": size[1]})
    window.goto("/plaque/")
    window.get_by_role("button", name="Request the plaque").click()
    links = window.locator(".error-summary a[href^='#']")
    expect(links).to_have_count(sum(bool(field.flags.required) for field in PlaqueForm()))
    for link in links.all():
        field = window.locator(".field", has=window.locator(link.get_attribute("href")))
        link.click()
        box = field.bounding_box()
        assert box["y"] >= 0, link.inner_text()
        assert box["y"] < size[1] - 100


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_progress_can_be_seen_in_forced_colors(scheme, window):
    window.goto("/checklists/leader/")
    window.emulate_media(forced_colors="active", color_scheme=scheme)
    bar = window.locator(".progress__bar").first
    pictures = set()
    for part in (0, 0.5, 1):
        bar.evaluate("(bar, part) => { bar.value = part * bar.max }", part)
        pictures.add(bar.screenshot())
    assert len(pictures) == 3


def test_a_message_goes_away_with_the_answer_that_it_is_about_and_nothing_moves(window):
    window.goto("/plaque/")
    window.get_by_role("button", name="Request the plaque").click()
    expect(window.locator(".error-summary")).to_be_focused()
    send = window.get_by_role("button", name="Request the plaque")
    for fill, boxes in (
        (lambda: window.locator("#city").fill("Sampleville"), ["city"]),
        (lambda: window.locator("#agency_state").select_option("OH"), ["agency_state", "state"]),  # the other follows
        (lambda: window.locator("#completed").fill("2026-11-01"), ["completed"]),
        (lambda: window.locator("#name_confirmed").check(), ["name_confirmed"]),
    ):
        messages = [window.locator(f"#{box}-error") for box in boxes]
        for message in messages:
            expect(message).to_be_visible()
        place = send.bounding_box()["y"] + window.evaluate("scrollY")
        fill()
        for box, message in zip(boxes, messages, strict=True):
            expect(message).to_be_hidden()
            expect(window.locator(f"#{box}")).not_to_have_attribute("aria-invalid", "true")
            assert f"{box}-error" not in (window.locator(f"#{box}").get_attribute("aria-describedby") or "")
        assert send.bounding_box()["y"] + window.evaluate("scrollY") == place
    expect(window.locator("#zip-error")).to_be_visible()
    window.locator("#completed").fill("2099-11-01")
    expect(window.locator("#completed")).to_have_attribute("aria-invalid", "true")  # by the check of days


def test_a_lost_connection_is_told_keeps_everything_and_can_be_tried_again(page):
    page.route("**/forms/contact", lambda route: route.abort())
    send(page)
    expect(page.locator(".error-summary")).to_be_focused()
    told = page.locator(".error-summary").inner_text()
    assert "We cannot tell whether your answers arrived" in told
    assert "You can also call (555) 555-0100 or write to office@example.org." in told
    assert page.locator("[name=message]").input_value() == CONTACT["message"]
    page.unroute("**/forms/contact")
    send(page)
    page.wait_for_url("**/received?receipt=*")


HASTE = """
  const { get, set } = Object.getOwnPropertyDescriptor(XMLHttpRequest.prototype, "timeout");
  Object.defineProperty(XMLHttpRequest.prototype, "timeout", { get, set(given) {
    window.patience = given;
    set.call(this, given / 100);
  } });
"""
"""Lets a request wait a hundredth of the time that it is given, and notes that time."""


def test_an_answer_that_does_not_come_within_thirty_seconds_is_told_as_unknown(context):
    page = after_its_script(context.new_page())
    page.add_init_script(HASTE)
    page.goto("/contact/")
    page.route("**/forms/contact", lambda _: None)
    fill_in(page, ContactForm, CONTACT | {"email": new_address()})
    send(page)
    expect(page.locator(".error-summary")).to_be_focused()
    assert "We cannot tell whether your answers arrived" in page.locator(".error-summary").inner_text()
    assert page.locator("[name=message]").input_value() == CONTACT["message"]
    assert page.evaluate("window.patience") == 30_000  # not less: on a slow line, an answer takes its time


def test_what_fills_the_hidden_box_is_in_no_draft(page):
    box = page.locator("[name=reply_code]")
    box.evaluate("(box) => { box.value = 'x'; box.dispatchEvent(new Event('input', { bubbles: true })); }")
    page.reload()
    expect(page.locator("[name=message]")).to_have_value(CONTACT["message"])
    expect(box).to_have_value("")


@pytest.mark.parametrize("slug", ["contact", "plaque"])
def test_neither_a_person_nor_their_browser_comes_by_the_box_that_holds_a_form(slug, window):
    """What is in it has the form held as spam, without a receipt and a promised time."""
    window.goto(f"/{slug}/")
    box = window.locator(f"[name={TRAP}]")
    assert [box.get_attribute(name) for name in ("autocomplete", "tabindex")] == ["off", "-1"]
    trap = window.locator("[aria-hidden=true]", has=box)
    place = trap.bounding_box()
    assert place["x"] + place["width"] < 0  # label and all


def test_an_answer_that_does_not_come_from_the_form_is_told_as_unknown(page):
    page.route(
        "**/forms/contact",
        lambda route: route.fulfill(status=502, content_type="text/html", body="<main><h1>Unavailable"),
    )
    send(page)
    expect(page.locator(".error-summary")).to_be_focused()
    assert "We cannot tell whether your answers arrived" in page.locator(".error-summary").inner_text()


def test_a_form_whose_answer_is_lost_is_not_called_unsent_and_counts_once(page, local_run):
    page.route("**/forms/contact", lambda route: (route.fetch(max_redirects=0), route.abort()))
    send(page)
    expect(page.locator(".error-summary")).to_be_focused()
    assert "not sent" not in page.locator("main").inner_text()
    page.unroute("**/forms/contact")
    address = page.locator("[name=email]").input_value()
    send(page)
    page.wait_for_url("**/received?receipt=*")
    reference = page.locator(".receipt__reference strong").inner_text()
    local_run.mail_about(reference)  # that of a form sent before it would be there by then
    about = [message["subject"] for message in local_run.messages() if address in message["text"]]
    assert [subject for subject in about if reference not in subject] == []


def test_a_form_whose_receipt_cannot_be_shown_is_not_called_unsent(page):
    """It is stored by then: the page about the receipt says so, and the draft is gone."""
    elsewhere = {"location": "/gone/received?receipt=x"}
    page.route("**/forms/contact", lambda route: route.fulfill(status=303, headers=elsewhere))
    send(page)
    page.wait_for_url("**/gone/received/?receipt=x")
    page.goto("/contact/")
    assert page.locator("[name=message]").input_value() == ""


def test_what_is_wrong_stands_first_on_a_phone_without_script(browser, local_run):
    """The page begins at its top, and nothing else there has changed."""
    phone = {"viewport": {"width": 390, "height": 664}, "java_script_enabled": False}
    with browser.new_context(base_url=local_run.url, **phone) as context:
        page = context.new_page()
        for slug in FORMS:
            page.goto(f"/{slug}/")
            page.locator("main [type=submit]").click()
            expect(page.get_by_role("alert")).to_be_in_viewport(ratio=0.5)
            assert page.locator("main :is(h1, h2)").first.inner_text() == "There is a problem"


def test_a_second_click_sends_nothing_more(page, local_run):
    sent = []
    page.on("request", lambda request: sent.append(request) if request.method == "POST" else None)
    page.get_by_role("button", name="Send message").dblclick(no_wait_after=True)
    page.wait_for_url("**/received?receipt=*")
    assert len(sent) == 1


def test_the_button_says_that_the_form_is_on_its_way(page):
    page.route("**/forms/contact", lambda route: None)
    send(page)
    expect(page.get_by_role("button", name="Sending…")).to_have_attribute("aria-disabled", "true")


def test_what_is_changed_while_the_form_is_on_its_way_is_kept_where_it_comes_back(page):
    """Who sees a mistake after pressing the button mends it at once, and on a slow line has up to 30 seconds for it."""
    page.locator("[name=email]").fill("nobody")
    page.locator("[name=topic]").select_option("")
    coming: list[Route] = []
    page.route("**/forms/contact", lambda route: coming.append(route))
    send(page)
    expect(page.get_by_role("button", name="Sending…")).to_be_visible()
    changed = {"email": new_address(), "message": "Another message."}
    for name, value in changed.items():
        page.locator(f"[name={name}]").fill(value)
    page.locator("[name=announcements]").uncheck()
    [route] = coming
    route.continue_()
    expect(page.locator(".error-summary")).to_be_focused()
    for name, value in changed.items():
        expect(page.locator(f"[name={name}]")).to_have_value(value)
    expect(page.locator("[name=announcements]")).not_to_be_checked()
    expect(page.locator("[name=name]")).to_have_value(CONTACT["name"])
    expect(page.locator("[name=email]")).not_to_have_attribute("aria-invalid", "true")
    expect(page.locator("[name=topic]")).to_have_attribute("aria-invalid", "true")
    page.reload()
    expect(page.locator("[name=message]")).to_have_value("Another message.")


def test_a_summary_that_is_unchecked_while_the_form_is_on_its_way_stays_so_and_shown(window):
    window.goto("/plaque/#summary=All+done.")
    box = window.locator("[name=summary]")
    box.check()
    release = hold_back(
        window, "**/forms/plaque", lambda: window.get_by_role("button", name="Request the plaque").click()
    )
    box.uncheck()
    release()
    window.wait_for_selector(".error-summary")
    assert not box.is_checked()
    expect(window.locator(".field__offered")).to_have_text("All done.")
    box.check()
    assert box.input_value() == "All done."


def test_a_form_that_was_left_on_its_way_can_be_sent_by_who_comes_back(page):
    page.route("**/forms/contact", lambda route: None)
    send(page)
    expect(page.get_by_role("button", name="Sending…")).to_be_visible()
    page.evaluate(COMING_BACK)
    expect(page.get_by_role("button", name="Send message")).to_have_attribute("aria-disabled", "false")


def test_what_was_typed_is_still_there_after_a_visit_to_another_page_and_gone_after_the_receipt(page):
    page.goto("/faq/")
    page.goto("/contact/")
    assert page.locator("[name=message]").input_value() == CONTACT["message"]
    assert page.locator("[name=announcements]").is_checked()
    send(page)
    page.wait_for_url("**/received?receipt=*")
    page.goto("/contact/")
    assert page.locator("[name=message]").input_value() == ""


def test_a_draft_is_gone_after_the_receipt_of_a_form_that_was_sent_without_the_script(page):
    page.locator("form.form").evaluate("(form) => form.submit()")
    page.wait_for_url("**/received?receipt=*")
    page.reload()  # and wait for its script
    page.goto("/contact/")
    assert page.locator("[name=message]").input_value() == ""


def test_an_answer_typed_before_the_script_came_is_not_replaced_by_its_draft(page):
    page.locator("[name=name]").fill("Draft Sample")
    message = page.locator("[name=message]").input_value()
    release = hold_back(page, "**/forms.*.js", lambda: page.evaluate("location.assign('/contact/')"))
    page.wait_for_load_state()
    page.locator("[name=name]").fill("Jordan Sample")
    page.locator("[name=topic]").select_option("other")
    release()
    expect(page.locator("[name=message]")).to_have_value(message)
    expect(page.locator("[name=name]")).to_have_value("Jordan Sample")
    expect(page.locator("[name=topic]")).to_have_value("other")


def test_a_date_that_somebody_types_as_the_script_comes_is_not_replaced_by_its_draft(window):
    window.goto("/plaque/")
    window.get_by_label("City").fill("Sampleville")
    window.get_by_label("Date of completion").fill("2026-11-02")
    release = hold_back(window, "**/forms.*.js", lambda: window.evaluate("location.assign('/plaque/')"))
    window.wait_for_load_state()
    window.get_by_label("Date of completion").press_sequentially("03/2")
    release()
    expect(window.get_by_label("City")).to_have_value("Sampleville")
    window.keyboard.type("7/2026")
    expect(window.get_by_label("Date of completion")).to_have_value("2026-03-27")


@pytest.mark.parametrize("is_sent", [False, True], ids=["typed", "sent"])
def test_what_was_typed_or_sent_before_the_script_came_is_kept_without_another_key(is_sent, context):
    page = context.new_page()
    release = hold_back(page, "**/forms.*.js", lambda: page.goto("/contact/"))
    fill_in(page, ContactForm, CONTACT | {"email": "nobody"})
    if is_sent:
        with page.expect_request("**/forms.*.js"):
            send(page)
        page.wait_for_selector(".error-summary")
    release()
    page.evaluate(LATE)
    page.goto("/faq/")
    page.unroute("**/forms.*.js")
    after_its_script(page).goto("/contact/")
    expect(page.locator("[name=message]")).to_have_value(CONTACT["message"])
    expect(page.locator("[name=email]")).to_have_value("nobody")
    expect(page.locator("[name=topic]")).to_have_value(CONTACT["topic"])


def test_of_a_form_that_was_only_opened_nothing_is_kept(context):
    page = after_its_script(context.new_page())
    for slug in FORMS:
        page.goto(f"/{slug}/")
        assert page.evaluate("sessionStorage.length") == 0, slug


def test_going_back_from_the_receipt_shows_a_form_that_can_be_sent(page):
    send(page)
    page.wait_for_url("**/received?receipt=*")
    page.go_back()
    expect(page.get_by_role("button", name="Send message")).to_be_enabled()
    fill_in(page, ContactForm, CONTACT | {"email": new_address()})
    send(page)
    page.wait_for_url("**/received?receipt=*")


def test_going_back_to_a_form_shows_what_was_typed_where_the_browser_empties_it(window):
    window.goto("/plaque/")
    window.get_by_label("Date of completion").fill("2026-10-17")
    window.get_by_label("Addressee").fill("Office of the Chief")
    window.evaluate(COMING_BACK)
    window.get_by_label("Agency name").press_sequentially("Town")
    window.reload()
    assert window.get_by_label("Date of completion").input_value() == "2026-10-17"
    assert window.get_by_label("Addressee").input_value() == "Office of the Chief"


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("11/01/26", "four digits"),
        ("11/01/20251", "four digits"),
        ("01/01/1999", "from the year 2000 on."),
        ("01/01/2199", "not in the future"),
    ],
)
def test_a_day_that_nobody_can_mean_is_told_beside_its_box(typed, words, window):
    window.goto("/plaque/")
    box = window.get_by_label("Date of completion")
    box.focus()
    window.keyboard.type(typed)
    window.get_by_label("Addressee").focus()
    expect(window.get_by_role("alert")).to_contain_text(words)
    expect(box).to_have_attribute("aria-invalid", "true")
    box.fill("2026-10-17")
    expect(window.get_by_role("alert")).to_be_empty()


def test_of_a_day_that_is_left_empty_nothing_is_said(window):
    window.goto("/plaque/")
    box = window.get_by_label("Date of completion")
    box.fill("2026-10-17")
    box.fill("")
    window.get_by_label("Addressee").focus()
    expect(box).not_to_have_attribute("aria-invalid", "true")
    expect(window.get_by_text("Enter a real date")).to_have_count(0)


def test_a_box_is_checked_by_the_click_that_leaves_a_wrong_day(window):
    """What is wrong is told once the button came up: told as it went down, it would move the box from under it."""
    window.set_viewport_size({"width": 1280, "height": 2600})  # nothing to scroll, by which Chromium makes up for it
    type_wrong_day(window)
    press_slowly(window, box := window.locator("[name=listed]"))
    expect(box).to_be_checked()
    expect(window.get_by_role("alert")).to_contain_text("four digits")


def test_a_wrong_day_is_told_though_the_menu_of_the_other_button_kept_its_coming_up(window):
    type_wrong_day(window)
    window.locator("h1").dispatch_event("mousedown", {"button": 2})
    window.get_by_label("Addressee").focus()
    expect(window.get_by_role("alert")).to_contain_text("four digits")


def test_a_wrong_day_is_told_at_a_key_though_nobody_heard_of_the_mouse_button_coming_up(window):
    """As after a scroll bar was dragged, or a choice was made from a menu that the system draws."""
    type_wrong_day(window)
    window.locator("h1").dispatch_event("mousedown", {"button": 0})
    window.keyboard.press("Tab")
    window.get_by_label("Addressee").focus()
    expect(window.get_by_role("alert")).to_contain_text("four digits")


def test_a_wrong_day_stays_told_when_an_earlier_check_of_it_ends_late(window):
    box = type_wrong_day(window)
    window.get_by_label("Addressee").focus()
    expect(window.get_by_role("alert")).to_contain_text("four digits")
    box.dispatch_event("input")
    window.evaluate("new Promise(requestAnimationFrame)")
    expect(window.get_by_role("alert")).to_contain_text("four digits")


def test_the_engraved_name_is_shown_while_it_is_typed(window):
    window.goto("/plaque/")
    preview = window.locator(".preview")
    expect(preview).to_be_hidden()
    window.locator("[name=agency]").press_sequentially("Town of <b>")
    expect(preview.locator(".plaque__name")).to_have_text("Town of <b>")


FETCHED = "performance.getEntriesByType('resource').map(({ name }) => name.match(/([a-z]+)[.][0-9a-f]+[.]js$/)?.[1])"


def test_what_draws_the_plaque_is_fetched_once_a_name_is_typed(window):
    window.goto("/plaque/")
    wait_for(lambda: "plaque" in window.evaluate(FETCHED))  # the last that comes by itself
    assert "engraving" not in window.evaluate(FETCHED)
    window.locator("[name=agency]").press_sequentially("T")
    wait_for(lambda: "engraving" in window.evaluate(FETCHED))


def test_the_form_does_without_a_preview_that_does_not_come(context):
    page = after_its_script(context.new_page())
    broken: list[str] = []
    page.on("pageerror", lambda error: broken.append(str(error)))
    page.route("**/assets/engraving.*.js", lambda route: route.abort())
    page.goto("/plaque/")
    with page.expect_event("requestfailed"):
        page.get_by_label("Agency name").fill("Town of Sample")
    page.reload()
    expect(page.get_by_label("Agency name")).to_have_value("Town of Sample")
    expect(page.locator(".preview")).to_be_hidden()
    assert broken == []


def test_the_engraved_name_is_shown_with_the_spaces_that_are_stored(window):
    window.goto("/plaque/")
    window.locator("[name=agency]").fill("  Town \u00a0 of  Sample ")
    expect(window.locator(".preview .plaque__name")).to_have_text("Town of Sample")


AGENCIES = ["Kapaʻa Police", "O’FALLON TOWNSHIP POLICE DEPARTMENT", "משטרת שרטוב והסביבה של המחוז הצפוני", "W" * 120]


def engraving(page: Page) -> list[str]:
    """The lines of the plaque, and the size of its letters."""
    plaque = page.locator(".plaque")
    expect(plaque).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    return [*plaque.locator(".plaque__name span").all_text_contents(), plaque.get_attribute("class") or ""]


@pytest.mark.parametrize("name", AGENCIES)
def test_the_plaque_follows_typing_and_the_receipt_draws_the_same_one(name, window):
    window.goto("/plaque/")
    fill_in(window, PlaqueForm, PLAQUE | {"email": new_address(), "agency": name})
    expect(window.locator(".plaque__name")).to_have_text(name)
    typed = engraving(window)
    window.locator("[name=name_confirmed]").check()
    window.get_by_role("button", name=PlaqueForm.submit_label).click()
    window.wait_for_url("**/received?receipt=*")
    assert engraving(window) == typed
    words = window.locator("main").inner_text()
    assert f"Congratulations to everyone at {name} on the work that led here." in words
    assert "If certified, valid until" in words


def test_no_browser_translates_a_name_that_is_to_be_engraved(window):
    """Where it did, a person would compare its translation with what the plaque should say, and confirm that."""
    may = "(each) => each.translate"
    window.goto("/")
    assert window.locator(".plaque__name").evaluate(may)  # a sample
    window.goto("/plaque/")
    fill_in(window, PlaqueForm, PLAQUE | {"email": new_address()})
    assert not window.locator(".preview .plaque__name").evaluate(may)
    assert window.get_by_text("As it will be engraved:").evaluate(may)
    window.get_by_role("button", name=PlaqueForm.submit_label).click()
    window.wait_for_url("**/received?receipt=*")
    for name in (window.locator(".plaque__name"), window.locator(".facts dd").first):
        expect(name).to_have_text(PLAQUE["agency"])
        assert not name.evaluate(may)


@pytest.mark.parametrize("name", AGENCIES)
def test_without_script_the_plaque_is_on_the_redraw(name, browser, local_run):
    context = browser.new_context(base_url=local_run.url, java_script_enabled=False)
    page = context.new_page()
    page.goto("/plaque/")
    expect(page.locator(".plaque")).to_be_hidden()
    page.get_by_label("Agency name").fill(name)
    page.get_by_role("button", name=PlaqueForm.submit_label).click()
    expect(page.locator(".error-summary")).to_be_visible()
    page.wait_for_load_state()  # the plaque is further down
    assert " ".join(page.locator(".plaque__name span").all_text_contents()) == name
    expect(page.locator(".plaque")).to_be_visible()
    context.close()


def name_confirmed(page: Page) -> bool:
    return page.locator("[name=name_confirmed]").is_checked()


def test_a_name_that_changes_is_to_be_confirmed_again(window):
    window.goto("/plaque/")
    window.get_by_label("Agency name").fill("Town of Sample")
    window.locator("[name=name_confirmed]").check()
    window.get_by_label("City").fill("Sampleville")
    window.reload()
    assert name_confirmed(window)
    window.get_by_label("Agency name").press("End")
    window.keyboard.type("s")
    assert not name_confirmed(window)


@pytest.mark.parametrize(("handed_on", "stays"), [("Town of Sample", True), ("Town of Other", False)])
def test_a_name_that_is_handed_on_over_a_draft_is_to_be_confirmed_again(handed_on, stays, window):
    window.goto("/plaque/")
    window.get_by_label("Agency name").fill("Town of Sample")
    window.locator("[name=name_confirmed]").check()
    window.goto("/faq/")
    window.goto(f"/plaque/#agency={handed_on}")
    assert window.get_by_label("Agency name").input_value() == handed_on
    assert name_confirmed(window) is stays


@pytest.mark.parametrize(("typed", "stays"), [("Town of Sample", True), ("Town of Other", False)])
def test_a_name_typed_before_the_script_came_is_not_confirmed_by_the_draft_of_another(typed, stays, window):
    window.goto("/plaque/")
    window.get_by_label("Agency name").fill("Town of Sample")
    window.locator("[name=name_confirmed]").check()
    window.get_by_label("City").fill("Sampleville")
    release = hold_back(window, "**/forms.*.js", lambda: window.evaluate("location.assign('/plaque/')"))
    window.wait_for_load_state()
    window.get_by_label("Agency name").fill(typed)
    release()
    expect(window.get_by_label("City")).to_have_value("Sampleville")
    assert window.get_by_label("Agency name").input_value() == typed
    assert name_confirmed(window) is stays


def test_a_name_typed_before_the_script_came_is_not_replaced_by_the_one_that_is_handed_on(window):
    window.goto("/faq/")
    release = hold_back(
        window,
        "**/forms.*.js",
        lambda: window.evaluate("location.assign('/plaque/#agency=Town+of+Other&completed=2026-11-02')"),
    )
    window.wait_for_load_state()
    window.get_by_label("Agency name").fill("Town of Sample")
    release()
    expect(window.get_by_label("Date of completion")).to_have_value("2026-11-02")
    expect(window.get_by_label("Agency name")).to_have_value("Town of Sample")
    window.unroute_all()
    window.reload()
    expect(window.get_by_label("Date of completion")).to_have_value("2026-11-02")


@pytest.mark.parametrize(
    "after",
    [
        "name_confirmed=yes&announcements=yes&listed=yes&email=x",
        "length=3&reply_code=cheap+backlinks",
        "item=1&namedItem=2",
        "__proto__=x",
    ],
)
def test_an_address_fills_in_two_questions_and_offers_a_summary_at_most_and_stops_nothing(after, window):
    window.goto(f"/plaque/#{after}&agency=Town of Sample&completed=2026-10-17&summary=All done")
    window.reload()  # from the draft
    filled = window.evaluate("[...new FormData(document.querySelector('form.form'))].filter(([, value]) => value)")
    assert dict(filled) == {"agency": "Town of Sample", "completed": "2026-10-17"}
    assert window.locator(".field__offered").inner_text() == "All done"
    window.get_by_label("Agency name").fill("Town of Samples")
    expect(window.locator(".preview .plaque__name")).to_have_text("Town of Samples")


def test_the_state_of_the_address_follows_the_agency_s_until_it_is_chosen(window):
    window.goto("/plaque/")
    agency, address = window.locator("[name=agency_state]"), window.locator("[name=state]")
    agency.select_option("VT")
    window.reload()  # from the draft
    expect(address).to_have_value("VT")
    agency.select_option("NH")
    expect(address).to_have_value("VT")


def test_the_form_works_where_its_script_is_blocked(page):
    page.route("**/forms.*.js", lambda route: route.abort())
    with page.expect_event("requestfailed"):
        page.goto("/contact/")
    fill_in(page, ContactForm, CONTACT | {"email": new_address()})
    send(page)
    page.wait_for_url("**/received?receipt=*")


def test_the_form_can_be_filled_in_and_sent_by_keyboard_alone(page):
    page.evaluate("sessionStorage.clear()")
    page.goto("/contact/")
    page.locator("[name=name]").focus()
    for keys in ("Jordan Sample", new_address(), "", "", "Something", "By keyboard"):
        page.keyboard.type(keys)
        page.keyboard.press("Tab")
    page.keyboard.press("Space")
    assert page.locator("[name=announcements]").is_checked()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.type") == "submit"
    page.keyboard.press("Enter")
    page.wait_for_url("**/received?receipt=*")
