"""The desk in Chromium: a day's work, on a phone without script, on a desktop with it; every page for everybody."""

import json
import re
from urllib.request import urlopen

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.support.office import OFFICE, code_in
from tests.support.samples import CONTACT, PLAQUE, new_address


@pytest.fixture
def post(local_run):
    """Post a form to the local run; its reference."""
    from urllib.parse import urlencode
    from urllib.request import Request

    def post(slug, answers):
        body = urlencode(answers | {"email": new_address()}).encode()
        request = Request(f"{local_run.url}/forms/{slug}", body, {"Accept": "application/json"})
        with urlopen(request) as answer:
            return json.load(answer)["reference"]

    return post


def sign_in(page, url):
    page.goto(f"{url}/desk/")
    page.fill("#email", OFFICE)
    page.click("text=Send me a code")
    with urlopen(f"{url}/_mail/messages.json") as answer:
        asked = [each for each in json.load(answer) if each["to"] == [OFFICE] and "code" in each["subject"]]
    page.fill("#code", code_in(asked[-1]))
    page.click("main >> text=Sign in")


@pytest.mark.parametrize(("width", "script"), [(390, False), (1280, True)], ids=["phone", "desktop"])
def test_a_day_at_the_desk(width, script, browser, local_run, post):
    question = post("contact", CONTACT | {"message": f"How do we begin? {width}"})
    plaque = post("plaque", PLAQUE | {"agency": f"Sprinfield Police {width}"})
    context = browser.new_context(viewport={"width": width, "height": 800}, java_script_enabled=script)
    page = context.new_page()
    sign_in(page, local_run.url)
    page.click(f'a[href="/desk/{question}"]')
    page.click("text=I will take it")
    page.fill("#text", "Called, left voicemail")
    page.click("text=Add the note")
    assert "Called, left voicemail" in page.inner_text(".history")
    page.goto(f"{local_run.url}/desk/{plaque}/correct")
    page.fill("#agency", f"Springfield Police {width}")
    page.click("text=Save the correction")
    assert page.inner_text("h1") == f"Springfield Police {width}"
    page.goto(f"{local_run.url}/desk/plaques")
    page.check(f'[id="mark.{plaque}"]')
    page.click("text=Mark the checked ones")
    assert "Marked as mailed: 1." in page.inner_text("main")
    page.goto(f"{local_run.url}/desk/{plaque}")
    page.click("text=Undo: not mailed")
    assert "Mark as mailed" in page.inner_text("main")
    page.goto(f"{local_run.url}/desk/find")
    page.fill("#q", "555 555 0123")
    page.click("main >> button:has-text('Find')")
    assert page.locator(f'a[href="/desk/{question}"]').count() == 1
    assert page.url == f"{local_run.url}/desk/find"
    page.click("text=Sign out")
    assert "Send me a code" in page.inner_text("main")
    context.close()


def test_every_page_of_the_desk_is_accessible_and_fits_a_small_screen(browser, local_run, post):
    post("contact", CONTACT)
    plaque = post("plaque", PLAQUE)
    page = browser.new_context(viewport={"width": 320, "height": 800}).new_page()
    said = []
    page.on("console", lambda message: said.append(message.text))
    sign_in(page, local_run.url)
    references = re.findall(r'href="/desk/([A-Z0-9]{10})"', page.content())
    pages = ["", plaque, references[0], f"{plaque}/correct", "plaques", "plaques/labels", "certified", "find?q=sample"]
    for address in [*pages, "numbers", "NOTTHERE22"]:
        page.goto(f"{local_run.url}/desk/{address}")
        for folded in page.locator("details").all():
            folded.evaluate("details => { details.open = true }")
        violations = Axe().run(page).response["violations"]
        assert [(each["id"], each["nodes"][0]["html"]) for each in violations] == [], address
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, address
    assert [line for line in said if "Security" in line] == []
    page.context.close()
