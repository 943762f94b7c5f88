"""The register in Chromium: from the box on the plaque form to page, badge and certificate, and out of it again."""

import json
import re
from datetime import timedelta
from urllib.parse import urlencode
from urllib.request import Request, urlopen
from xml.etree import ElementTree

import pytest
from playwright.sync_api import expect

import promises
from forms.plaque import PlaqueForm
from tests.support.accessibility import check
from tests.support.keyboard import check as walk_and_check
from tests.support.office import OFFICE, newest_code
from tests.support.reflow import BORDERLESS, CLIPPED, SPACED
from tests.support.run import LocalRun, wait_for
from tests.support.samples import COMPLETED, PLAQUE, TODAY, new_address
from tests.support.visits import SAYS, SCHEMES, fill_in

COLORS = """([words, behind]) => [...document.querySelectorAll(words)].map((each) => {
  const ground = document.querySelector(behind);
  const color = (place, drawn) => getComputedStyle(place)[place.closest("svg") ? "fill" : drawn];
  return [color(each, "color"), color(ground, "backgroundColor")];
})"""
"""The colors of words, each beside the one behind it."""
NAMES = {
    "holds": ("O’Fallon Police Department", "IL"),
    "long": (("SAMPLE COUNTY SHERIFF'S OFFICE AND REGIONAL TRAINING ACADEMY " * 2)[:120].strip(), "TX"),
    "right to left": ("شرطة المدينة", "MI"),
    "ends soon": ("Village of Sample", "OH"),
    "ended": ("Sampletown Police", "IL"),
}
LISTS = {
    "first page": "/certified/",
    "state": "/certified/il/",
    "state without agencies": "/certified/wy/",
    "found": "/certified/?q=police",
    "nothing found": "/certified/?q=zz",
    "not there": "/certified/il/nobody-k7m2p9qx/",
}
KINDS = [*NAMES, *LISTS, "first page, empty"]
"""Every kind of page of the register: what is looked at, is looked at on each of these."""
CERTIFICATES = [which for which in NAMES if which != "ended"]


def running(folder):
    run = LocalRun(folder)
    yield run
    assert run.stop() == 0
    assert "Traceback" not in "".join(run.said)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A local run of its own, because its clock is moved by months."""
    yield from running(tmp_path_factory.mktemp("register"))


@pytest.fixture
def lasting_run(tmp_path_factory):
    """A local run whose clock is moved by years: two workers share the tests of this file out in any order."""
    yield from running(tmp_path_factory.mktemp("years"))


@pytest.fixture
def page(browser, run):
    """A window that refuses nothing of the site's policy silently."""
    context = browser.new_context(base_url=run.url)
    said = []
    page = context.new_page()
    page.on("console", lambda message: said.append(message.text) if "404" not in message.text else None)
    yield page
    context.close()
    assert said == []


def sign_in(page, run):
    page.goto("/desk/")
    page.fill("#email", OFFICE)
    page.click("text=Send me a code")
    page.wait_for_selector("#code")
    page.fill("#code", newest_code(run.messages()))
    page.click("main >> text=Sign in")
    expect(page.get_by_role("heading", level=1)).to_have_text("Today")


def mark(page, reference):
    """Mark a plaque as mailed at the desk."""
    page.goto(f"/desk/{reference}")
    page.click("button:has-text('Mark as mailed')")
    expect(page.locator("main")).to_contain_text("in the register")


def certify(page, agency, state):
    """Request a plaque with the box checked, and mark it as mailed."""
    page.goto("/plaque/")
    about = {"agency": agency, "agency_state": state, "listed": "yes", "email": new_address()}
    fill_in(page, PlaqueForm, PLAQUE | about)
    page.get_by_role("button", name=PlaqueForm.submit_label).click()
    page.wait_for_url("**/received?receipt=*")
    expect(page.locator("main")).to_contain_text("You agreed to list your agency in the public register")
    mark(page, page.inner_text(".receipt__reference strong"))


def found_by_search(page, words):
    page.goto("/certified/")
    page.get_by_label("Find an agency").fill(words)
    page.get_by_role("button", name="Find", exact=True).click()
    page.wait_for_url("**/certified/?q=*")
    return page.locator(".agencies a")


def change(page, name, action):
    """Press a button on the page of an agency at the desk, and wait until it is done."""
    page.goto("/desk/certified")
    page.locator(".rows").get_by_role("link", name=name).click()
    with page.expect_navigation():
        page.get_by_role("button", name=action).click()


def drawn_badge(page):
    with urlopen(page.locator("img.badge").evaluate("(image) => image.src")) as badge:
        return badge.read().decode()


def sheets(page):
    """The certificate as a PDF, and on how many sheets it is."""
    paper = page.pdf(prefer_css_page_size=True)
    return paper, len(re.findall(rb"/Type\s*/Page\b", paper))


def advance(run, days):
    with urlopen(Request(f"{run.url}/_clock/advance?hours={24 * days}&at_once=yes", method="POST")):
        pass


@pytest.fixture(scope="module")
def addresses(browser, run):
    """The address of every kind of page of the register: of each agency that is certified here, and of lists."""
    found = LISTS | {"first page, empty": f"{run.url}/certified/"}
    with urlopen(found["first page, empty"]) as answer:
        empty = answer.read().decode()
    assert "no agency is listed yet" in empty
    context = browser.new_context(base_url=run.url)
    page = context.new_page()
    sign_in(page, run)
    for which, (name, state) in NAMES.items():
        completed = TODAY - timedelta(days=700) if which == "ends soon" else COMPLETED
        about = {"agency": name, "agency_state": state, "listed": "yes", "completed": completed.isoformat()}
        body = urlencode(PLAQUE | about | {"email": new_address()}).encode()
        with urlopen(Request(f"{run.url}/forms/plaque", body, {"Accept": "application/json"})) as answer:
            mark(page, json.load(answer)["reference"])
        found_by_search(page, name[:30]).click()
        expect(page.locator("h1")).to_have_text(name.strip())
        found[which] = page.url
    change(page, NAMES["ended"][0], "End the certification")
    context.close()
    return found, empty


@pytest.fixture
def visit(addresses):
    """Open a kind of page in a window."""

    def visit(page, which):
        found, empty = addresses
        if which == "first page, empty":
            page.route(found[which], lambda route: route.fulfill(body=empty, content_type="text/html"), times=1)
        page.goto(found[which])
        expect(page.locator("[data-scripted][hidden]")).to_have_count(0)  # the script comes once the page is painted

    return visit


@pytest.mark.parametrize("which", CERTIFICATES)
def test_on_paper_the_page_is_a_certificate_on_one_sheet(which, page, visit):
    visit(page, which)
    shown = page.locator(".certificate")
    expect(shown).to_be_hidden()  # on a screen
    paper, number = sheets(page)
    assert number == 1
    [size] = re.findall(rb"/MediaBox\s*\[0 0 ([\d.]+) ([\d.]+)\]", paper)
    assert [round(float(side)) for side in size] == [792, 612], "Letter, landscape"
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 1056, "height": 816})
    assert NAMES[which][0] in shown.inner_text()
    assert not page.locator(".header, .footer, .agency").first.is_visible()
    assert shown.evaluate(
        "(sheet) => sheet.scrollHeight <= sheet.clientHeight && sheet.scrollWidth <= sheet.clientWidth"
    )
    assert page.evaluate(CLIPPED) == []


@pytest.mark.parametrize("which", ["holds", "ends soon", "ended"])
def test_the_plaque_of_a_certification_is_gray_once_it_ended(which, page, visit):
    visit(page, which)
    expect(page.locator(".plaque")).to_be_visible()
    expect(page.locator(".plaque")).to_have_css("filter", "grayscale(1)" if which == "ended" else "none")


def test_the_lines_of_the_badge_are_copied_with_one_button(page, visit):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    visit(page, "holds")
    assert not page.locator(".snippet").evaluate("(each) => each.translate")
    page.get_by_role("button", name="Copy the code").click()
    page.wait_for_selector("text=Copied.")
    assert page.evaluate("navigator.clipboard.readText()") == page.inner_text(".snippet")
    page.get_by_text("Copied.").evaluate(SAYS)
    page.get_by_role("button", name="Copy the code").click()
    wait_for(lambda: page.evaluate("heard")[1:], 10)
    assert page.evaluate("heard") == ["", "Copied."]
    with urlopen(re.search(r'src="([^"]+)"', page.inner_text(".snippet"))[1]) as badge:
        assert badge.headers["Cross-Origin-Resource-Policy"] == "cross-origin"


@pytest.mark.parametrize("which", KINDS)
def test_every_kind_of_page_can_be_used_by_everybody(which, page, visit):
    """By who needs a program to read it, light and dark, on a phone and a desktop; enlarged; by keyboard; on paper."""
    visit(page, which)
    check(page)
    page.set_viewport_size({"width": 320, "height": 256})
    assert page.evaluate(CLIPPED) == []
    if which not in CERTIFICATES:
        page.emulate_media(media="print", color_scheme="light")
        page.set_viewport_size({"width": 718, "height": 1000})
        assert page.locator("h1").is_visible()
        assert page.evaluate(CLIPPED) == []
    page.emulate_media(media="screen", color_scheme="light")
    page.set_viewport_size({"width": 1280, "height": 800})
    walk_and_check(page)
    page.evaluate(SPACED)
    page.set_viewport_size({"width": 320, "height": 256})
    assert page.evaluate(CLIPPED) == []


@pytest.mark.parametrize("scheme", SCHEMES)
def test_in_forced_colors_every_kind_of_page_can_be_read_and_walked(scheme, browser, run, visit):
    context = browser.new_context(base_url=run.url, forced_colors="active", color_scheme=scheme)
    forced = context.new_page()
    for which in KINDS:
        visit(forced, which)
        assert forced.evaluate(BORDERLESS) == [], which
        for words, behind in ((".map text", ".map rect"), (".status", "body"), ("h1", "body")):
            colors = forced.evaluate(COLORS, [words, behind])
            assert all(one != other for one, other in colors), (which, words)
        if scheme == "dark":  # the other one is walked in its own colors
            walk_and_check(forced)
    context.close()


def test_an_agency_comes_into_the_register_and_out_of_it_again(browser, lasting_run):
    """With script and without: by form, desk, map, search, page, badge; withdrawn; after two years ended, then gone."""
    run = lasting_run
    pages = {
        script: browser.new_context(base_url=run.url, java_script_enabled=script).new_page() for script in (False, True)
    }
    for script, page in pages.items():
        name = f"Springfield Police No. {int(script)}"
        sign_in(page, run)
        certify(page, name, "IL")
        page.goto("/certified/")
        page.click('.map a[aria-label$="Illinois"]')
        page.wait_for_url("**/certified/il/")
        page.get_by_role("link", name=name).click()
        expect(page.locator("h1")).to_have_text(name)
        address = page.url
        expect(page.locator(".status")).to_have_text(re.compile("^Certified until"))
        assert page.locator("img.badge").evaluate("(image) => image.decode().then(() => image.naturalWidth)") == 280
        assert "Certified until" in " ".join(ElementTree.fromstring(drawn_badge(page)).itertext())
        assert sheets(page)[1] == 1
        expect(found_by_search(page, f"springfield {int(script)}")).to_have_count(1)
        change(page, name, "Remove from the register")
        answer = page.goto(address)
        assert answer
        assert answer.status == 404
        expect(page.get_by_role("heading", name="Page not found")).to_be_visible()
        page.get_by_label("Find an agency").fill(f"springfield {int(script)}")
        page.get_by_role("button", name="Find", exact=True).click()
        expect(page.locator("#found")).to_have_text("No agency found")
        change(page, name, "Add to the register")
    last_day = promises.valid_until(COMPLETED)
    advance(run, (last_day - TODAY).days + 2)  # at the office it may still be the day before
    for page in pages.values():
        expect(found_by_search(page, "springfield")).to_have_count(2)
        page.locator(".agencies a").first.click()
        expect(page.locator(".status")).to_have_text(f"Ended on {promises.day_in_words(last_day)}")
        drawing = drawn_badge(page)
        assert "Ended on" in " ".join(ElementTree.fromstring(drawing).itertext())
        assert "#12294d" not in drawing
    advance(run, promises.LISTED_AFTER_END.days)
    for page in pages.values():
        expect(found_by_search(page, "springfield")).to_have_count(0)
        page.context.close()
