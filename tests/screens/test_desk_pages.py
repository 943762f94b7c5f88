"""The desk in Chromium: a day's work on phone and desktop, without script and with it; every page for everybody."""

import csv
import io
import json
import re
import subprocess
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import expect

from forms.form import TRAP
from tests.support import strict_mail
from tests.support.accessibility import check as use_by_everybody
from tests.support.examples import THOROUGH
from tests.support.inbox import powers_in
from tests.support.keyboard import check as walk_and_check
from tests.support.office import DIRECTOR, OFFICE, newest_code
from tests.support.reflow import BORDERLESS, CLIPPED, SPACED
from tests.support.run import LocalRun, wait_for
from tests.support.samples import CONTACT, PLAQUE, new_address
from tests.support.visits import SCHEMES


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A system of this module's own, whose clock it may move."""
    run = LocalRun(tmp_path_factory.mktemp("desk"))
    yield run
    assert run.stop() == 0


@pytest.fixture(scope="module")
def post(run):
    """Post a form; its reference."""

    def post(slug, answers, **changed):
        body = urlencode(answers | {"email": new_address()} | changed).encode()
        request = Request(f"{run.url}/forms/{slug}", body, {"Accept": "application/json"})
        with urlopen(request) as answer:
            return json.load(answer)["reference"]

    return post


def sign_in(page, run):
    page.goto("/desk/")
    page.get_by_label("Your e-mail address").fill(OFFICE)
    page.get_by_role("button", name="Send me a code").click()
    page.get_by_label("Code").wait_for()
    page.get_by_label("Code").fill(newest_code(run.messages()))
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    page.get_by_role("heading", name="Today", level=1).wait_for()


def press(page, button):
    """Press the button and wait for the page that answers it."""
    with page.expect_navigation():
        page.get_by_role("main").get_by_role("button", name=button, exact=True).click()


def raw(run, found):
    """The bytes of these messages, as SES got them."""
    sent = []
    for message in found:
        with urlopen(f"{run.url}/_mail/{message['id']}.eml") as answer:
            sent.append(answer.read())
    return sent


def lines(download):
    return list(csv.DictReader(io.StringIO(download.path().read_text("utf-8-sig"), newline="")))


PEOPLE = [(390, False), (1280, True), *([(390, True), (1280, False)] if THOROUGH else [])]
"""Widths of a phone and of a desktop, and whether scripts run."""


class Day:
    """The work of one person: the references of what came in, and where the mailbox ended before."""

    def __init__(self, post, width, script):
        self.name = f"{width} {script}"
        self.telephone, self.town = f"(555) {555 + script}-{width:04}", f"Town of Sample {self.name}"
        self.question = post("contact", CONTACT, message=f"How do we begin? {self.name}", telephone=self.telephone)
        self.again = post("contact", CONTACT, message=f"How do we begin, please? {self.name}")
        self.held = post("contact", CONTACT, message=f"Are you there? {self.name}", **{TRAP: "x"})
        self.chief = new_address()
        self.plaque = post("plaque", PLAQUE, agency=f"Sprinfield Police {self.name}", email=self.chief)
        self.other = post("plaque", PLAQUE, agency=self.town)


@pytest.fixture(scope="module")
def days(run, post):
    """What came in for each person, all at once so that its e-mail is waited for once, and how much e-mail that was."""
    days = {person: Day(post, *person) for person in PEOPLE}
    for day in days.values():
        for reference in (day.question, day.again, day.plaque, day.other):
            run.mail_about(reference)  # to the office and to the sender
        run.mail_about(day.held, 1)  # to the office only
    return days, len(run.messages())


@pytest.mark.parametrize(
    "person", PEOPLE, ids=[f"{width} {'with' if on else 'without'} script" for width, on in PEOPLE]
)
def test_a_day_at_the_desk(person, browser, run, days, tmp_path):
    (width, script), day, begun = person, days[0][person], days[1]
    viewport = {"width": width, "height": 800}
    context = browser.new_context(base_url=run.url, viewport=viewport, java_script_enabled=script)
    page = context.new_page()
    sign_in(page, run)
    page.locator(f'a[href="/desk/{day.question}"]').click()
    press(page, "I will take it")
    page.get_by_label("Note for your colleagues").fill("Called, left voicemail")
    press(page, "Add the note")
    assert "Called, left voicemail" in page.inner_text(".history")
    press(page, "Mark as answered")

    page.goto(f"/desk/{day.plaque}/correct")
    page.get_by_label("Agency name", exact=False).first.fill(f"Springfield Police {day.name}")
    page.get_by_label("Send the sender a new receipt").check()
    press(page, "Save the correction")
    assert page.inner_text("h1") == f"Springfield Police {day.name}"

    page.goto(f"/desk/{day.held}")
    press(page, "Release: not spam")
    assert "Mark as answered" in page.inner_text("main")

    page.goto(f"/desk/{day.again}")
    page.get_by_text("Close it: it needs no").click()
    page.get_by_role("radio", name="Duplicate").check()
    page.get_by_label("Reference of the one you keep").fill(day.question)
    press(page, "Close it")
    assert f"Duplicate: {day.question}" in page.inner_text("main")

    page.get_by_role("link", name="Plaques", exact=True).click()
    with page.expect_download() as download:
        page.get_by_role("link", name="List for the engraver").click()
    named = {line["Agency name"]: line for line in lines(download.value)}
    assert named[f"Springfield Police {day.name}"]["ZIP code"] == PLAQUE["zip"]
    with page.expect_navigation():
        page.get_by_role("link", name="Labels to print").click()
    assert day.town in printed(page, tmp_path / "labels.pdf")
    page.goto("/desk/plaques")
    for reference in (day.plaque, day.other):
        page.locator(f'[id="mark.{reference}"]').check()
        page.locator(f'[name="tracking.{reference}"]').fill(f"9400 {width}")
    press(page, "Mark the checked ones as mailed")
    assert "Marked as mailed: 2." in page.inner_text("main")
    page.get_by_role("status").locator(f'a[href="/desk/{day.other}"]').click()
    press(page, "Undo: not mailed")
    assert "Mark as mailed" in page.inner_text("main")

    page.get_by_role("link", name="Find", exact=True).click()
    page.get_by_role("searchbox").fill(day.telephone)
    press(page, "Find")
    assert page.locator(f'a[href="/desk/{day.question}"]').count() == 1
    assert page.url == f"{run.url}/desk/find"
    page.get_by_role("link", name="Certified", exact=True).click()
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    assert f"Springfield Police {day.name}" in [line["Agency"] for line in lines(download.value)]
    page.get_by_role("link", name="Numbers", exact=True).click()
    expect(page.locator("svg[role=img]")).to_have_count(1)
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("button", name="Send me a code")).to_be_visible()
    page.goto(f"/desk/{day.plaque}")
    assert "Send me a code" in page.inner_text("main")
    context.close()
    run.sweep()
    its_e_mail_read_back_from_its_bytes(run, day, width, begun)


def its_e_mail_read_back_from_its_bytes(run, day, width, begun):
    """Nobody heard too much of this day, or too little."""

    def about(reference):
        found = [each for each in run.messages()[begun:] if reference in each["subject"]]
        read = [strict_mail.read(each) for each in raw(run, found)]
        assert {mail.headers["references"] for mail in read} <= {f"<{reference}@certification.example.org>"}
        return read

    of_plaque = about(day.plaque)
    [mail] = [mail for mail in of_plaque if mail.headers["subject"].startswith("Your plaque is on its way")]
    assert mail.headers["to"] == day.chief
    assert f"9400 {width}" in mail.text()
    assert "the office corrected what you sent" in "".join(mail.text() for mail in of_plaque)
    assert about(day.other) == about(day.again) == []
    assert [mail.headers["subject"].partition(" - ")[0] for mail in about(day.held)] == ["We have your message"]
    to_office = raw(run, [each for each in run.messages() if {OFFICE, DIRECTOR} & {*each["to"]}])
    assert len(to_office) > 1
    assert powers_in([mail.decode() for mail in to_office], {OFFICE, DIRECTOR}) == []


def printed(page, file):
    """The text of a page as it is printed."""
    page.pdf(path=file, prefer_css_page_size=True)
    return subprocess.run(["pdftotext", file, "-"], capture_output=True, text=True, check=True).stdout


def test_labels_print_two_by_five_on_letter_and_nothing_else(browser, run, post, tmp_path):
    names = [f"Sheet {number} Police" for number in range(11)]
    for name in names:
        post("plaque", PLAQUE, agency=name, street2="Attention: front desk, second floor", addressee="Chief of Police")
    page = browser.new_context(base_url=run.url).new_page()
    sign_in(page, run)
    page.goto("/desk/plaques/labels")
    file = tmp_path / "labels.pdf"
    page.pdf(path=file, prefer_css_page_size=True)
    # A picture of the first sheet for people to look at: pytest keeps the folders of its last runs.
    subprocess.run(["pdftoppm", "-png", "-r", "60", "-singlefile", file, tmp_path / "labels"], check=True)
    described = subprocess.run(["pdfinfo", file], capture_output=True, text=True, check=True).stdout
    assert re.search(r"Page size:\s+612 x 792 pts \(letter\)", described)
    boxes = subprocess.run(["pdftotext", "-bbox", file, "-"], capture_output=True, text=True, check=True).stdout
    first, *others = boxes.split("<page ")[1:]
    words = re.findall(r'xMin="([\d.]+)" yMin="([\d.]+)" xMax="([\d.]+)" yMax="([\d.]+)">([^<]*)<', first)
    assert len(others) == -(-len(re.findall("<address", page.content())) // 10) - 1
    assert "Labels" not in [word for *_, word in words]
    labels = {(float(x) > 306, int((float(y) - 36) // 144)) for x, y, _, _, word in words if word == PLAQUE["zip"]}
    assert labels == {(right, row) for right in (False, True) for row in range(5)}
    for x1, y1, x2, y2, word in words:
        left = 306 if float(x1) > 306 else 0
        assert left + 11 < float(x1) < float(x2) < left + 306, word
        assert (float(y1) - 36) // 144 == (float(y2) - 36) // 144, f"{word} is on two labels"
    page.context.close()


@pytest.fixture(scope="module")
def everything(run, post, browser):
    """An address of every kind of page, of submissions in every state."""
    contact, plaque, held = post("contact", CONTACT), post("plaque", PLAQUE), post("contact", CONTACT, **{TRAP: "x"})
    mailed = post("plaque", PLAQUE, agency="Village of Sample Police")
    post("contact", CONTACT, email="bounce@simulator.example.gov")  # its receipt comes back
    page = browser.new_context(base_url=run.url).new_page()
    sign_in(page, run)
    page.goto(f"/desk/{mailed}")
    press(page, "Mark as mailed")
    wait_for(lambda: page.goto("/desk/") and page.get_by_role("button", name="Taken care of").count())
    assert page.get_by_role("button", name="Taken care of").count() == 1
    page.goto("/desk/certified")
    certification = page.locator(".rows a").first.get_attribute("href").removeprefix("/desk/")
    state = page.context.storage_state()
    page.context.close()
    plaques = f"plaques?marked={mailed}"
    lists = ["", plaques, "plaques/labels", "certified", "certified?ending=90", "find?q=sample", "numbers"]
    ones = [contact, plaque, held, mailed, f"{plaque}/correct", f"{plaque}/person", certification, "NOTTHERE22"]
    return state, [f"/desk/{each}" for each in (*lists, *ones)]


@pytest.fixture
def page(browser, run, everything):
    context = browser.new_context(base_url=run.url, storage_state=everything[0], viewport={"width": 320, "height": 640})
    page = context.new_page()
    refused = []
    page.on("console", lambda message: refused.append(message.text))
    yield page
    context.close()
    assert [line for line in refused if "Security" in line] == []


def unfold(page):
    page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")


def test_every_page_can_be_used_by_everybody(page, everything):
    for address in everything[1]:
        page.goto(address)
        unfold(page)
        use_by_everybody(page)


def test_a_short_page_has_its_words_at_the_top(page, everything):
    page.set_viewport_size({"width": 1280, "height": 2000})
    for address in everything[1]:
        page.goto(address)
        assert page.locator("h1").bounding_box()["y"] < 300, address


def test_nothing_is_lost_in_a_narrow_window_with_wide_spacing_or_in_forced_colors(page, everything):
    for address in everything[1]:
        page.goto(address)
        unfold(page)
        assert page.evaluate(CLIPPED) == [], address
        for scheme in SCHEMES:
            page.emulate_media(forced_colors="active", color_scheme=scheme)
            assert page.evaluate(BORDERLESS) == [], address
        page.emulate_media(forced_colors="none")
        page.evaluate(SPACED)
        assert page.evaluate(CLIPPED) == [], address
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), address


def test_the_tab_key_comes_by_everything_in_order_and_shows_where_it_is(page, everything):
    for address in everything[1]:
        page.goto(address)
        unfold(page)
        walk_and_check(page)


def test_what_is_wrong_stands_first_and_the_page_of_a_person_waiting_for_a_code_too(browser, run, page, everything):
    page.goto("/desk/plaques")
    press(page, "Mark the checked ones as mailed")
    page.goto(everything[1][11])
    page.get_by_label("ZIP code").fill("1")
    press(page, "Save the correction")
    first = page.locator("main > *").first
    assert "error-summary" in first.get_attribute("class")
    first.get_by_role("link").first.click()
    expect(page.locator("[name=zip]")).to_be_focused()
    use_by_everybody(page)
    stranger = browser.new_context(base_url=run.url).new_page()
    stranger.goto("/desk/")
    use_by_everybody(stranger)
    stranger.get_by_label("Your e-mail address").fill("nobody@example.gov")
    stranger.get_by_role("button", name="Send me a code").click()
    stranger.get_by_label("Code").fill("000000")
    press(stranger, "Sign in")
    assert "error-summary" in stranger.locator("main > *").first.get_attribute("class")
    use_by_everybody(stranger)
    stranger.context.close()
