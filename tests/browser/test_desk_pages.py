"""The desk in Chromium: a day's work, on a phone without script, on a desktop with it; every page for everybody."""

import csv
import io
import json
import re
import subprocess
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest

from forms.form import TRAP
from tests.support import strict_mail
from tests.support.accessibility import check as use_by_everybody
from tests.support.inbox import powers_in
from tests.support.keyboard import check as walk_and_check
from tests.support.office import DIRECTOR, OFFICE, code_in
from tests.support.reflow import BORDERLESS, CLIPPED, SPACED
from tests.support.run import LocalRun
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
    asked = [each for each in run.messages() if each["to"] == [OFFICE] and "code" in each["subject"]]
    page.get_by_label("Code").fill(code_in(asked[-1]))
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    page.get_by_role("heading", name="Today", level=1).wait_for()


def press(page, button):
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


@pytest.mark.parametrize(("width", "script"), [(390, False), (1280, True)], ids=["phone", "desktop"])
def test_a_day_at_the_desk(width, script, browser, run, post, tmp_path):
    before = len(run.messages())
    telephone, town = f"(555) 555-{width:04}", f"Town of Sample {width}"
    question = post("contact", CONTACT, message=f"How do we begin? {width}", telephone=telephone)
    again = post("contact", CONTACT, message=f"How do we begin, please? {width}")
    held = post("contact", CONTACT, message=f"Are you there? {width}", **{TRAP: "x"})
    chief = new_address()
    plaque = post("plaque", PLAQUE, agency=f"Sprinfield Police {width}", email=chief)
    other = post("plaque", PLAQUE, agency=town)
    begun = len(run.wait_for_mail(before + 9))  # to the office and to the sender, of the held one to the office only

    viewport = {"width": width, "height": 800}
    context = browser.new_context(base_url=run.url, viewport=viewport, java_script_enabled=script)
    page = context.new_page()
    sign_in(page, run)
    page.locator(f'a[href="/desk/{question}"]').click()
    press(page, "I will take it")
    page.get_by_label("Note for your colleagues").fill("Called, left voicemail")
    press(page, "Add the note")
    assert "Called, left voicemail" in page.inner_text(".history")
    press(page, "Mark as answered")

    page.goto(f"/desk/{plaque}")
    page.get_by_role("link", name="Correct the answers").click()
    page.get_by_label("Agency name", exact=False).first.fill(f"Springfield Police {width}")
    page.get_by_label("Send the sender a new receipt").check()
    press(page, "Save the correction")
    assert page.inner_text("h1") == f"Springfield Police {width}"

    page.goto(f"/desk/{held}")
    press(page, "Release: not spam")
    assert "Mark as answered" in page.inner_text("main")

    page.goto(f"/desk/{again}")
    page.get_by_text("Close it without doing it").click()
    page.get_by_role("radio", name="Duplicate").check()
    page.get_by_label("Reference of the original").fill(question)
    press(page, "Close it")
    assert f"Duplicate: {question}" in page.inner_text("main")

    page.get_by_role("link", name="Plaques", exact=True).click()
    with page.expect_download() as download:
        page.get_by_role("link", name="List for the engraver").click()
    named = {line["Agency name"]: line for line in lines(download.value)}
    assert named[f"Springfield Police {width}"]["ZIP code"] == PLAQUE["zip"]
    page.get_by_role("link", name="Labels to print").click()
    assert town in page.inner_text(".sheet >> nth=0")
    page.goto("/desk/plaques")
    for reference in (plaque, other):
        page.locator(f'[id="mark.{reference}"]').check()
        page.locator(f'[id="tracking.{reference}"]').fill(f"9400 {width}")
    press(page, "Mark the checked ones as mailed")
    assert "Marked as mailed: 2." in page.inner_text("main")
    page.goto(f"/desk/{other}")
    press(page, "Undo: not mailed")
    assert "Mark as mailed" in page.inner_text("main")

    page.get_by_role("link", name="Find", exact=True).click()
    page.get_by_role("searchbox").fill(telephone)
    press(page, "Find")
    assert page.locator(f'a[href="/desk/{question}"]').count() == 1
    assert page.url == f"{run.url}/desk/find"
    page.get_by_role("link", name="Certified", exact=True).click()
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    assert f"Springfield Police {width}" in [line["Agency"] for line in lines(download.value)]
    page.get_by_role("link", name="Numbers", exact=True).click()
    assert page.locator("svg[role=img]").count() == 1
    page.get_by_role("button", name="Sign out").click()
    assert "Send me a code" in page.inner_text("main")
    page.goto(f"/desk/{plaque}")
    assert "Send me a code" in page.inner_text("main")
    context.close()

    run.sweep()
    sent = [strict_mail.read(each) for each in raw(run, run.messages()[begun:])]
    about = {ref: [mail for mail in sent if ref in mail.headers["subject"]] for ref in (plaque, other, held, again)}
    assert all(
        mail.headers["references"] == f"<{ref}@certification.example.org>" for ref in about for mail in about[ref]
    )
    news = [mail for mail in about[plaque] if mail.headers["subject"].startswith("Your plaque is on its way")]
    [mail] = news
    assert mail.headers["to"] == chief
    assert f"9400 {width}" in mail.text()
    assert about[other] == []
    assert [mail.headers["subject"].partition(" - ")[0] for mail in about[held]] == ["We have your message"]
    assert "The office corrected what you sent" in "".join(mail.text() for mail in about[plaque])
    assert about[again] == []
    to_office = [mail.decode() for mail in raw(run, run.messages())]
    assert powers_in(to_office, {OFFICE, DIRECTOR}) == []


def test_labels_print_two_by_five_on_letter_and_nothing_else(browser, run, post, tmp_path):
    names = [f"Sheet {number} Police" for number in range(11)]
    for name in names:
        post("plaque", PLAQUE, agency=name, street2="Attention: front desk, second floor", addressee="Chief of Police")
    page = browser.new_context(base_url=run.url).new_page()
    sign_in(page, run)
    page.goto("/desk/plaques/labels")
    file = tmp_path / "labels.pdf"
    page.pdf(path=file, prefer_css_page_size=True)
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
    page = browser.new_context(base_url=run.url).new_page()
    sign_in(page, run)
    page.goto(f"/desk/{mailed}")
    press(page, "Mark as mailed")
    state = page.context.storage_state()
    page.context.close()
    lists = ["", "plaques", "plaques/labels", "certified", "certified?ending=90", "find?q=sample", "numbers"]
    ones = [contact, plaque, held, mailed, f"{plaque}/correct", f"{plaque}/person", "NOTTHERE22"]
    return state, [f"/desk/{each}" for each in (*lists, *ones)]


@pytest.fixture
def page(browser, run, everything):
    context = browser.new_context(
        base_url=run.url, storage_state=everything[0], reduced_motion="reduce", viewport={"width": 320, "height": 640}
    )
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


def test_nothing_is_lost_in_a_narrow_window_or_with_wide_spacing(page, everything):
    for address in everything[1]:
        page.goto(address)
        unfold(page)
        assert page.evaluate(CLIPPED) == [], address
        page.evaluate(SPACED)
        assert page.evaluate(CLIPPED) == [], address
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), address


def test_the_tab_key_comes_by_everything_in_order_and_shows_where_it_is(page, everything):
    for address in everything[1]:
        page.goto(address)
        unfold(page)
        walk_and_check(page)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_in_forced_colors_boxes_and_buttons_keep_their_borders(scheme, page, everything):
    page.emulate_media(forced_colors="active", color_scheme=scheme)
    for address in everything[1]:
        page.goto(address)
        unfold(page)
        assert page.evaluate(BORDERLESS) == [], address


def test_what_is_wrong_stands_first_and_the_page_of_a_person_waiting_for_a_code_too(browser, run, page, everything):
    page.goto("/desk/plaques")
    press(page, "Mark the checked ones as mailed")
    page.goto(everything[1][11])
    page.get_by_label("ZIP code").fill("1")
    press(page, "Save the correction")
    first = page.locator("main > *").first
    assert "error-summary" in first.get_attribute("class")
    first.get_by_role("link").first.click()
    assert page.evaluate("document.activeElement.name") == "zip"
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
