"""The register in Chromium: from the box on the plaque form to page, badge and certificate, and out of it again."""

import re
from urllib.parse import urlsplit
from urllib.request import Request, urlopen
from xml.etree import ElementTree

import pytest

import promises
from forms.plaque import PlaqueForm
from tests.support.accessibility import check
from tests.support.keyboard import check as walk_and_check
from tests.support.office import OFFICE, code_in
from tests.support.pages import ROOT
from tests.support.run import LocalRun
from tests.support.samples import COMPLETED, PLAQUE, TODAY, new_address
from tests.support.visits import SCHEMES, fill_in

CLIPPED = (ROOT / "tests/support/clipped.js").read_text("utf-8")
NAMES = {
    "short": ("Town of Sample", "VT"),
    "apostrophe": ("O’Fallon Police Department", "IL"),
    "long": ("SAMPLE COUNTY SHERIFF'S OFFICE AND REGIONAL TRAINING ACADEMY " * 2, "TX"),
    "right to left": ("شرطة المدينة", "MI"),
}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A local run of its own, because its clock is moved by years."""
    run = LocalRun(tmp_path_factory.mktemp("register"))
    yield run
    assert run.stop() == 0
    assert "Traceback" not in "".join(run.said)


@pytest.fixture
def page(browser, run):
    """A window that refuses nothing of the site's policy silently."""
    context = browser.new_context(base_url=run.url, reduced_motion="reduce")
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
    asked = [each for each in run.messages() if each["to"] == [OFFICE] and "code" in each["subject"]]
    page.fill("#code", code_in(asked[-1]))
    page.click("main >> text=Sign in")


def certify(page, agency, state):
    """Request a plaque with the box checked, and mark it as mailed at the desk."""
    page.goto("/plaque/")
    about = {"agency": agency[:120], "agency_state": state, "listed": "yes", "email": new_address()}
    fill_in(page, PlaqueForm, PLAQUE | about)
    page.get_by_role("button", name=PlaqueForm.submit_label).click()
    page.wait_for_url("**/received?receipt=*")
    assert "You agreed to list your agency in the public register" in page.inner_text("main")
    reference = page.inner_text(".receipt__reference strong")
    page.goto(f"/desk/{reference}")
    page.click("button:has-text('Mark as mailed')")
    assert "in the register" in page.inner_text("main")


def found_by_search(page, words):
    page.goto("/certified/")
    page.get_by_label("Find an agency").fill(words)
    page.get_by_role("button", name="Find", exact=True).click()
    return page.locator(".agencies a")


def advance(run, days):
    with urlopen(Request(f"{run.url}/_clock/advance?hours={24 * days}", method="POST")):
        pass


@pytest.fixture(scope="module")
def addresses(browser, run):
    """The pages of four agencies, certified and listed."""
    context = browser.new_context(base_url=run.url)
    page = context.new_page()
    sign_in(page, run)
    found = {}
    for which, (name, state) in NAMES.items():
        certify(page, name, state)
        found_by_search(page, name[:30]).click()
        found[which] = page.url
    context.close()
    return found


@pytest.mark.parametrize("which", NAMES)
def test_on_paper_the_page_is_a_certificate_on_one_sheet(which, page, addresses):
    page.goto(addresses[which])
    paper = page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", paper)) == 1
    [size] = re.findall(rb"/MediaBox\s*\[0 0 ([\d.]+) ([\d.]+)\]", paper)
    assert [round(float(side)) for side in size] == [792, 612], "Letter, landscape"
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 1056, "height": 816})
    shown = page.locator(".certificate")
    assert NAMES[which][0][:120].strip() in shown.inner_text()
    assert not page.locator(".header, .footer, .agency").first.is_visible()
    assert shown.evaluate(
        "(sheet) => sheet.scrollHeight <= sheet.clientHeight && sheet.scrollWidth <= sheet.clientWidth"
    )
    assert page.evaluate(CLIPPED) == []


def test_the_lines_of_the_badge_are_copied_with_one_button(page, addresses):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(addresses["short"])
    page.get_by_role("button", name="Copy these lines").click()
    page.wait_for_selector("text=Copied.")
    assert page.evaluate("navigator.clipboard.readText()") == page.inner_text(".snippet")
    with urlopen(re.search(r'src="([^"]+)"', page.inner_text(".snippet"))[1]) as badge:
        assert badge.headers["Cross-Origin-Resource-Policy"] == "cross-origin"


def test_every_page_of_it_can_be_used_by_everybody(page, addresses):
    of_lists = ["/certified/", "/certified/il/", "/certified/wy/", "/certified/?q=police", "/certified/?q=zz"]
    for address in [*addresses.values(), *of_lists]:
        page.goto(address)
        check(page)
        page.set_viewport_size({"width": 320, "height": 256})
        assert page.evaluate(CLIPPED) == [], address


def test_the_keyboard_goes_over_map_list_and_page_in_order(page, addresses):
    page.set_viewport_size({"width": 1280, "height": 800})
    for each in ("/certified/", "/certified/il/", addresses["apostrophe"]):
        page.goto(each)
        walk_and_check(page)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_in_forced_colors_the_map_and_the_status_can_be_read(scheme, browser, run, addresses):
    context = browser.new_context(base_url=run.url, forced_colors="active", color_scheme=scheme)
    forced = context.new_page()
    forced.goto("/certified/")
    colors = "(all) => all.map((each) => getComputedStyle(each).fill)"
    boxes = set(forced.locator(".map rect").evaluate_all(colors))
    words = set(forced.locator(".map text").evaluate_all(colors))
    assert len(boxes) == len(words) == 1
    assert boxes != words
    forced.goto(addresses["short"])
    assert forced.locator(".status").is_visible()
    context.close()


# It moves the clock of the run by years, and so comes last.
def test_an_agency_comes_into_the_register_and_out_of_it_again(browser, run):
    """With script and without: by form, desk, map, search, page, badge; withdrawn; two years later ended, then gone."""
    pages = {
        script: browser.new_context(base_url=run.url, java_script_enabled=script).new_page() for script in (False, True)
    }
    for script, page in pages.items():
        name = f"Springfield Police No. {int(script)}"
        sign_in(page, run)
        certify(page, name, "IL")
        page.goto("/certified/")
        page.click('.map a[aria-label$="Illinois"]')
        assert urlsplit(page.url).path == "/certified/il/"
        page.get_by_role("link", name=name).click()
        address = page.url
        assert page.inner_text("h1") == name
        assert page.inner_text(".status").startswith("Certified until")
        assert page.locator("img.badge").evaluate("(image) => image.decode().then(() => image.naturalWidth)") == 280
        assert found_by_search(page, f"springfield {int(script)}").count() == 1
        page.goto("/desk/certified")
        row = page.locator(".rows > li", has_text=name)
        row.locator("summary").click()
        row.get_by_role("button", name="Remove from the register").click()
        assert page.goto(address).status == 404
        assert page.get_by_role("heading", name="Page not found").is_visible()
        page.get_by_label("Find an agency").fill(f"springfield {int(script)}")
        page.get_by_role("button", name="Find", exact=True).click()
        assert "No agency found" in page.inner_text("main")
        page.goto("/desk/certified")
        row = page.locator(".rows > li", has_text=name)
        row.locator("summary").click()
        row.get_by_role("button", name="Add to the register").click()
    advance(run, (promises.valid_until(COMPLETED) - TODAY).days + 2)
    for page in pages.values():
        assert found_by_search(page, "springfield").count() == 2
        page.locator(".agencies a").first.click()
        assert page.inner_text(".status").startswith("Ended on")
        with urlopen(page.locator("img.badge").evaluate("(image) => image.src")) as badge:
            drawing = badge.read().decode()
        assert "Ended on" in " ".join(ElementTree.fromstring(drawing).itertext())
        assert "#12294d" not in drawing
    advance(run, 62)
    for page in pages.values():
        assert found_by_search(page, "springfield").count() == 0
        page.context.close()
