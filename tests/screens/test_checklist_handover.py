"""A whole certification: handed over by file and link, merged, printed, completed, renewed by another edition."""

import base64
import json
import re
import zlib
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from secrets import token_hex
from typing import Any
from urllib.parse import urlsplit

import jsonschema
import pytest
from playwright.sync_api import Page, expect

from forms.plaque import PlaqueForm
from promises import day_in_words, valid_until
from tests.support.checklist_pages import (
    CHECKLISTS,
    KEY,
    all_done,
    built_with,
    decide,
    entry,
    keep,
    named,
    printed,
    record,
    row,
    so_far,
    state,
    tick,
    visit,
)
from tests.support.examples import THOROUGH
from tests.support.run import wait_for
from tests.support.samples import PLAQUE, new_address
from tests.support.visits import SAYS, TRANSLATED, after_its_script, as_new, fill_in, hold_back

ROOT = Path(__file__).parents[2]
LEADER, TEAM = named("leader"), named("team")
REQUIRED = sum(len(checklist.items) for checklist in CHECKLISTS if not checklist.optional)
FIRST = LEADER.items[0]
WIDTHS = [320, 390, 768, 1280] if THOROUGH else [390, 1280]
OPENED = "Done. From now on this browser has a copy of its own."
DECISION: dict[str, Any] = {"who": "Chief Sample", "when": "2026-11-01", "why": "Too small for it."}


@pytest.fixture(scope="module")
def computers(browser, local_run):
    """Computers of this module, the first page of each: a new browser costs as much as two visits."""

    def new() -> Iterator[Page]:
        while True:
            context = browser.new_context(base_url=local_run.url, accept_downloads=True)
            pages.append(after_its_script(context.new_page()))
            yield pages[-1]

    pages: list[Page] = []
    yield pages, new()
    for page in pages:
        page.context.close()


@pytest.fixture
def computer(computers):
    """Open a browser as on another computer: `computer()` gives its first page."""
    pages, new = computers
    used = [as_new(page) for page in pages]

    def computer() -> Page:
        return used.pop(0) if used else next(new)

    return computer


@pytest.fixture
def page(computer):
    """The index of the checklists, nothing done."""
    page = computer()
    visit(page)
    return page


def saved(page: Page, path: Path) -> Path:
    """The file that "Save to a file" gives."""
    visit(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Save to a file").click()
    download.value.save_as(path)
    return path


def open_file(page: Page, file) -> None:
    visit(page)
    page.get_by_label("Open a saved file").set_input_files(file)


def open_link(page: Page, link: str) -> None:
    """Open it as somebody does who was elsewhere: a page that is there already would stay."""
    page.goto("about:blank")
    page.goto(link)


def said(page: Page, words: str) -> None:
    expect(page.locator(".keep__told")).to_have_text(words)
    expect(page.locator(".keep__told")).to_be_in_viewport()


def test_a_file_takes_everything_to_another_computer(page, computer, tmp_path):
    visit(page, "leader")
    tick(page, LEADER.items[:3])
    decide(page, LEADER.items[4], **DECISION)
    visit(page)
    page.get_by_label("Agency name").fill("Town of Kapaʻa & Sons")
    file = saved(page, tmp_path / "copy.json")
    schema = json.loads((ROOT / "overrides/checklists/progress.schema.json").read_text("utf-8"))
    jsonschema.validate(json.loads(file.read_text("utf-8")), schema, format_checker=jsonschema.FormatChecker())
    other = computer()
    open_file(other, file)
    expect(other.locator("#incoming")).to_contain_text("Open the progress of Town of Kapaʻa & Sons?")
    assert record(other) is None
    other.locator("[data-take]").click()
    said(other, OPENED)
    assert record(other) == record(page)
    visit(other, "leader")
    assert (
        state(other, LEADER.items[4])
        == "Skipped by decision. Decided by Chief Sample on November 1, 2026: Too small for it."
    )


def test_a_copy_of_the_same_or_of_nothing_changes_nothing(page, tmp_path):
    visit(page, "leader")
    tick(page, LEADER.items[:1])
    open_file(page, {"name": "bad.json", "mimeType": "application/json", "buffer": b"{"})
    expect(page.locator(".keep__told")).to_contain_text("it is damaged")
    page.get_by_label("Open a saved file").set_input_files(saved(page, tmp_path / "copy.json"))
    expect(page.locator(".keep__told")).to_have_text("The copy has nothing new.")
    expect(page.locator("#incoming")).to_be_hidden()


OLD = {
    "compressed": "",
    "in a browser that cannot compress": "delete globalThis.CompressionStream",
    "in one that cannot compress so": "globalThis.CompressionStream = class { constructor() { throw Error() } }; 0",
}


@pytest.mark.parametrize("old", OLD.values(), ids=OLD)
def test_a_link_takes_everything_over_and_no_server_sees_it(old, page, computer):
    visit(page, "leader")
    tick(page, LEADER.items[:3])
    visit(page)
    page.evaluate(old)
    page.get_by_role("button", name="Make a link").click()
    expect(page.locator("#link")).not_to_have_value("")
    link = page.locator("#link").input_value()
    assert len(link) < 2000
    other = computer()
    asked = []
    other.on("request", lambda request: asked.append(request.url))
    other.goto(link)
    other.locator("[data-take]").click()
    said(other, OPENED)
    assert record(other) == record(page)
    assert urlsplit(other.url).fragment == ""
    secret = link.partition("#")[2]
    assert all(secret not in url for url in asked)


def test_two_copies_are_merged_the_newer_entry_wins_and_disagreements_show_both(page, tmp_path):
    older, newer = entry(on="2026-10-01", at=1_000), entry(on="2026-11-02", at=2_000)
    keep(page, {LEADER.items[0].id: older, LEADER.items[1].id: newer, LEADER.items[2].id: older})
    theirs = {
        LEADER.items[0].id: entry("not-taken", at=1_500, **DECISION),
        LEADER.items[1].id: entry("to-do", at=1_500),
        LEADER.items[2].id: older | {"at": 1_200},
        LEADER.items[3].id: newer,
    }
    file = tmp_path / "theirs.json"
    file.write_text(json.dumps({"version": 1, "agency": "", "items": theirs}))
    open_file(page, file)
    expect(page.locator("#incoming")).to_be_visible()
    first, second = page.locator("[data-differences] fieldset").all()
    assert "Done October 1, 2026." in first.inner_text()
    assert "Skipped by decision. Decided by Chief Sample" in first.inner_text()
    assert first.get_by_label("In the copy").is_checked()
    assert second.get_by_label("Mine").is_checked()
    buttons = [button.bounding_box() for button in page.locator("[data-differences] input").all()]
    assert all(each["width"] == each["height"] for each in buttons), "words beside them, not below"
    page.set_viewport_size({"width": 320, "height": 700})
    for label in page.locator("[data-differences] label").all():
        lefts = label.evaluate(
            "(each) => { const words = document.createRange(); words.selectNodeContents(each.lastChild); "
            "return [...words.getClientRects()].filter(({ width }) => width > 2).map(({ x }) => Math.round(x)) }"
        )
        assert len(lefts) > 1
        assert len(set(lefts)) == 1, "the lines begin below each other"
    second.get_by_label("In the copy").check()
    page.get_by_role("button", name="Add to mine").click()
    merged = {item_id: found["state"] for item_id, found in record(page)["items"].items()}
    assert merged == dict(zip([item.id for item in LEADER.items], ["not-taken", "to-do", "done", "done"], strict=False))


def test_whoever_has_nothing_is_asked_whether_to_open_it_and_told_that_it_is_a_copy(page, computer):
    keep(page, {FIRST.id: entry(), LEADER.items[1].id: entry("not-taken", **DECISION)}, agency="Town of Sample")
    visit(page)
    page.get_by_role("button", name="Make a link").click()
    expect(page.locator("#link")).not_to_have_value("")
    other = computer()
    other.set_viewport_size({"width": 390, "height": 700})
    other.goto(page.locator("#link").input_value())
    asked = other.locator("#incoming")
    expect(asked).to_be_focused()
    expect(asked.get_by_role("heading", name="Open the progress of Town of Sample?")).to_be_in_viewport()
    expect(asked).to_contain_text(f"1 of {REQUIRED} items done, 1 skipped by decision.")
    expect(asked).to_contain_text("two separate copies")
    expect(asked.get_by_role("button", name="Do not open it")).to_be_in_viewport()
    asked.get_by_role("button", name="Open it", exact=True).click()
    said(other, OPENED)
    assert record(other)["items"] == record(page)["items"]


def test_a_copy_counts_what_it_adds_and_what_it_sets_back_each_for_itself(page, tmp_path):
    first, second, third, fourth = (item.id for item in LEADER.items[:4])
    keep(page, {first: entry(at=1_000), second: entry(at=3_000)})
    file = tmp_path / "theirs.json"
    words = page.locator("[data-incoming-words]")
    theirs = {first: entry("to-do", at=2_000), third: entry("to-do", at=2_000), fourth: entry(at=2_000)}
    plans = {"leader": {"owner": "Lt. Sample", "at": 1}}
    file.write_text(json.dumps({"version": 1, "agency": "", "items": theirs, "plans": plans}))
    open_file(page, file)
    expect(words).to_contain_text(
        "The copy adds or updates 1 item, sets 1 item back to To do, and says who is responsible or by when "
        "for 1 checklist. Where yours"
    )
    file.write_text(json.dumps({"version": 1, "agency": "", "items": {second: entry("to-do", at=2_000)}}))
    open_file(page, file)
    expect(words).to_have_text(re.compile("^Where yours and the copy differ, the newer answer is selected"))
    file.write_text(json.dumps({"version": 1, "agency": "", "items": {third: entry("to-do", at=2_000)}}))
    open_file(page, file)
    said(page, "The copy has nothing new.")


def test_a_copy_that_only_names_the_agency_says_so(page, tmp_path):
    keep(page, {FIRST.id: entry()})
    file = tmp_path / "theirs.json"
    file.write_text(json.dumps({"version": 1, "agency": "Town of Sample", "items": {}}))
    open_file(page, file)
    words = page.locator("[data-incoming-words]")
    expect(words).to_have_text("The copy from Town of Sample fills in the name of your agency.")
    page.get_by_role("button", name="Add to mine").click()
    said(page, "The copy was added to yours.")
    assert record(page)["agency"] == "Town of Sample"


@pytest.mark.parametrize("number", [0, 1], ids=["one that was asked about", "one that was not"])
def test_an_item_that_another_window_changes_during_the_choice_stays_changed(number, page, tmp_path):
    item = LEADER.items[number]
    keep(page, {FIRST.id: entry(on="2026-10-01", at=1_000)})
    file = tmp_path / "theirs.json"
    theirs = {each.id: entry("not-taken", at=2_000, **DECISION) for each in LEADER.items[:3]}
    file.write_text(json.dumps({"version": 1, "agency": "", "items": theirs}))
    open_file(page, file)
    expect(page.locator("#incoming")).to_be_visible()
    other = page.context.new_page()
    visit(other, "leader")
    decide(other, item, who="Lt. Sample", when="2026-11-02", why="No need.")
    expect(page.locator(".progress__words")).to_contain_text("1 skipped by decision")
    page.get_by_role("button", name="Add to mine").click()
    said(page, "The copy was added to yours.")
    kept = record(page)["items"]
    assert kept[item.id]["who"] == "Lt. Sample"
    assert kept[LEADER.items[2].id] == theirs[LEADER.items[2].id]


@pytest.mark.parametrize("way", ["file", "link"])
def test_a_day_to_come_in_a_copy_is_today(way, page):
    text = json.dumps({"version": 1, "agency": "", "items": {FIRST.id: entry(on="2099-01-01")}}).encode()
    if way == "file":
        open_file(page, {"name": "copy.json", "mimeType": "application/json", "buffer": text})
    else:
        page.goto(f"/checklists/?#progress=j{base64.urlsafe_b64encode(text).decode().strip('=')}")
    page.locator("[data-take]").click()
    said(page, OPENED)
    assert record(page)["items"][FIRST.id]["on"] == date.today().isoformat()


def test_a_copy_can_be_left(page, tmp_path):
    keep(page, {FIRST.id: entry()})
    before = record(page)
    file = tmp_path / "theirs.json"
    file.write_text(json.dumps({"version": 1, "agency": "X", "items": {FIRST.id: entry("to-do", at=10**15)}}))
    open_file(page, file)
    page.get_by_role("button", name="Keep mine as it is").click()
    said(page, "The copy was not added. Nothing changed.")
    assert record(page) == before


def copy(**items) -> dict:
    return {"version": 1, "agency": "", "items": items}


WRONG: dict[str, Any] = {
    "not JSON": "hello",
    "empty": "",
    "null": "null",
    "a list": "[]",
    "a picture": b"\x89PNG\r\n\x1a\n\x00\xff\xfe",
    "another file": json.dumps({"name": "x"}),
    "no version": json.dumps({"agency": "", "items": {}}),
    "an old version": json.dumps(copy() | {"version": 0}),
    "items that are a text": json.dumps(copy() | {"items": "x"}),
    "an agency that is a number": json.dumps(copy() | {"agency": 7}),
    "the prototype": '{"version": 1, "agency": "", "items": {"__proto__": {"state": "done", "at": 1}}}',
    "markup for an id": json.dumps(copy(**{"<img src=x onerror=alert(1)>": entry()})),
    "a state that is none": json.dumps(copy(x=entry("finished"))),
    "no time": json.dumps(copy(x={"state": "done"})),
    "a day that is none": json.dumps(copy(x=entry(on="2026-02-30"))),
    "a reason that is an object": json.dumps(copy(x=entry(why={"a": 1}))),
    "a reason of a million letters": json.dumps(copy(x=entry(why="x" * 900_000))),
    "two megabytes": json.dumps(copy() | {"more": "x" * 2_000_000}),
}


def test_a_wrong_file_is_refused_in_words_and_changes_nothing(page, tmp_path):
    keep(page, {FIRST.id: entry()})
    before = record(page)
    file = tmp_path / "wrong.json"
    visit(page)
    for which, text in WRONG.items():
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        page.locator(".keep__told").evaluate("(told) => { told.textContent = '' }")
        page.get_by_label("Open a saved file").set_input_files(file)
        expect(page.locator(".keep__told"), which).to_contain_text("Nothing changed.")
        expect(page.locator("#incoming"), which).to_be_hidden()
        assert record(page) == before, which


def failed(page: Page, words: str, place: str = ".keep__told") -> None:
    """It is an error, looks so, and is in view."""
    told = page.locator(place)
    expect(told).to_contain_text(words)
    expect(told).to_have_attribute("role", "alert")
    expect(told).to_be_in_viewport()
    color = "(each) => getComputedStyle(each).borderInlineStartColor"
    bad = "() => getComputedStyle(document.documentElement).getPropertyValue('--bad').trim()"
    shown = told.evaluate(color)
    assert shown == page.evaluate(
        "(bad) => { const e = document.body.appendChild(document.createElement('i')); e.style.color = bad; "
        "const color = getComputedStyle(e).color; e.remove(); return color }",
        page.evaluate(bad),
    )


def test_what_is_refused_looks_like_an_error_and_what_comes_after_it_does_not(page, tmp_path):
    open_file(page, {"name": "plaque.png", "mimeType": "image/png", "buffer": WRONG["a picture"]})
    failed(page, "This is not a file that this site saved. Nothing changed.")
    page.evaluate("location.hash = '#progress=zAAAA'")
    failed(page, "This link is incomplete.")
    erase(page)
    expect(page.locator(".keep__told")).to_have_attribute("role", "status")


def test_a_copy_of_a_newer_version_of_the_site_asks_to_reload(page, tmp_path):
    file = tmp_path / "newer.json"
    file.write_text(json.dumps(copy() | {"version": 2}))
    open_file(page, file)
    expect(page.locator(".keep__told")).to_contain_text("newer version of this site. Reload the page")


def test_a_constructor_and_markup_are_nothing_but_text(page, tmp_path):
    file = tmp_path / "odd.json"
    odd = copy(constructor=entry(who="<script>alert(1)</script>", when="2026-11-01", why="<b>", out=True))
    file.write_text(json.dumps(odd))
    open_file(page, file)
    page.locator("[data-take]").click()
    expect(page.locator("[data-unknown]")).to_contain_text("<script>alert(1)</script>")


TOUCHED = {
    "a full stop": lambda link: f"{link}.",
    "the end of a parenthesis": lambda link: f"{link}).",
    "the end of an angle": lambda link: f"{link}>",
    "parameters": lambda link: f"{link}&utm_source=mail",
    "an encoded space": lambda link: f"{link}%20",
    "an encoded equals sign": lambda link: link.replace("=", "%3D"),
    "one encoded twice": lambda link: link.replace("=", "%253d"),
}


def test_a_link_that_a_mail_program_touched_is_the_same_link(page, computer):
    keep(page, {FIRST.id: entry()})
    visit(page)
    page.get_by_role("button", name="Make a link").click()
    expect(page.locator("#link")).not_to_have_value("")
    expect(page.locator(".keep__done")).to_be_empty()
    link, other = page.locator("#link").input_value(), computer()
    for which, touch in TOUCHED.items():
        open_link(other, touch(link))
        expect(other.locator("#incoming"), which).to_contain_text(f"1 of {REQUIRED} items done.")
        assert urlsplit(other.url).fragment == "", which
        assert record(other) is None


def test_for_a_link_that_mail_programs_cut_a_file_is_recommended(page):
    keep(page, {item.id: entry("not-taken", **DECISION | {"why": token_hex(100)}) for item in LEADER.items})
    visit(page)
    page.get_by_role("button", name="Make a link").click()
    failed(page, "too long for some mail programs. Save to a file", ".keep__done")
    assert len(page.locator("#link").input_value()) > 2000


def test_a_file_that_an_editor_saved_in_another_encoding_is_refused(page, tmp_path):
    file = tmp_path / "copy.json"
    for encoding in ("windows-1252", "utf-16", "utf-16-le", "mac-roman"):
        file.write_text(json.dumps(copy(x=entry()) | {"agency": "Town of Cañon"}, ensure_ascii=False), encoding)
        open_file(page, file)
        expect(page.locator(".keep__told"), encoding).to_contain_text("saved in another encoding")
        expect(page.locator("#incoming"), encoding).to_be_hidden()


def test_a_file_that_an_editor_marked_as_utf_8_is_taken(page, tmp_path):
    file = tmp_path / "copy.json"
    file.write_text(json.dumps(copy(x=entry()) | {"agency": "Town of Cañon"}, ensure_ascii=False), "utf-8-sig")
    open_file(page, file)
    expect(page.locator("#incoming")).to_contain_text("Open the progress of Town of Cañon?")


def test_a_damaged_link_is_refused_in_words(page):
    for packed in ("=", "%", "%3", "=z", "=zAAAA", "=j!!!", "=jbnVsbA", "=q123", "=z" + "A" * 5000):
        open_link(page, f"/checklists/?#progress{packed}")
        expect(page.locator(".keep__told"), packed).to_contain_text("Nothing changed.")
        assert record(page) is None, packed


def test_a_link_that_a_browser_is_too_old_for_is_told_apart_from_a_damaged_one(page, browser):
    page.get_by_role("button", name="Make a link").click()
    expect(page.locator("#link")).not_to_have_value("")
    with browser.new_context() as context:
        old = context.new_page()
        old.add_init_script("delete globalThis.DecompressionStream")
        old.goto(page.locator("#link").input_value())
        expect(old.locator(".keep__told")).to_contain_text("This browser is too old for this link. Ask for a file")


def test_a_link_that_unpacks_to_a_gigabyte_is_refused(page):
    squeeze = zlib.compressobj(wbits=-15)
    megabyte = squeeze.compress(bytes(1 << 20)) + squeeze.flush(zlib.Z_FULL_FLUSH)
    bomb = megabyte * 1024 + squeeze.flush()
    page.goto(f"/checklists/?#progress=z{base64.urlsafe_b64encode(bomb).decode()}")
    expect(page.locator(".keep__told")).to_contain_text("This link is incomplete", timeout=60_000)


def erase(page: Page) -> None:
    page.get_by_text("Erase everything", exact=True).click()
    page.get_by_role("button", name="Erase everything in this browser").click()
    said(page, f"{ERASED} Until you leave this page, you can undo this.")


ERASED = "Everything is erased from this browser."
EVERYTHING = "JSON.stringify({...localStorage, ...sessionStorage})"


def without_record(everything: str) -> dict[str, str]:
    return {key: value for key, value in json.loads(everything).items() if key != KEY}


def test_everything_can_be_erased(page):
    keep(page, {FIRST.id: entry()}, agency="Town of Sample")
    erase(page)
    assert record(page) == {"version": 1, "agency": "", "items": {}, "plans": {}, "since": 0}


def test_everything_is_erased_also_where_the_browser_saves_nothing_more(page):
    keep(page, {FIRST.id: entry()}, agency="Town of Sample")
    page.evaluate("() => { Storage.prototype.setItem = () => { throw new DOMException('', 'QuotaExceededError') } }")
    erase(page)
    assert record(page) is None
    page.reload()
    expect(page.get_by_label("Agency name")).to_have_value("")


def test_until_the_page_is_left_what_was_erased_can_be_brought_back_beside_what_was_entered_since(page, tmp_path):
    keep(page, {FIRST.id: entry(on="2026-10-01")}, agency="Town of Sample")
    begin_a_new_round(page, tmp_path / "before.json")
    visit(page, "leader")
    tick(page, LEADER.items[:2])
    page.goto("/contact/")
    page.get_by_label("Message").fill("How do we begin?")
    visit(page)
    before, everything = record(page), page.evaluate(EVERYTHING)
    erase(page)
    assert "How do we begin?" not in page.evaluate(EVERYTHING)
    page.get_by_role("button", name="Undo").click()
    said(page, "Everything is back.")
    expect(page.locator("#keep h2")).to_be_focused()
    expect(page.get_by_role("button", name="Undo")).to_be_hidden()
    expect(page.get_by_label("Agency name")).to_have_value("Town of Sample")
    expect(page.get_by_role("button", name="Go back to the last round")).to_be_visible()
    assert so_far(page) == f"2 of {REQUIRED} items done."
    assert record(page) == before
    assert without_record(page.evaluate(EVERYTHING)) == without_record(everything)
    erase(page)
    other = page.context.new_page()
    visit(other, "leader")
    tick(other, LEADER.items[2:3])
    expect(page.locator(".progress__words")).to_have_text(f"1 of {REQUIRED} items done.")
    page.get_by_label("Agency name").fill("City of Sample")
    page.get_by_role("button", name="Undo").click()
    said(page, "Everything is back.")
    assert so_far(page) == f"3 of {REQUIRED} items done."
    assert record(page)["agency"] == "City of Sample"
    assert record(page)["items"].keys() > before["items"].keys()


def test_once_the_page_is_left_nothing_brings_back_what_was_erased(page):
    keep(page, {FIRST.id: entry()}, agency="Town of Sample")
    erase(page)
    page.evaluate("dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))")
    said(page, ERASED)
    expect(page.get_by_role("button", name="Undo")).to_be_hidden()
    assert "Sample" not in page.evaluate(EVERYTHING)


def test_what_was_shown_or_handed_on_is_erased_too(page):
    keep(page, all_done() | {FIRST.id: entry("not-taken", **DECISION)}, agency="Town of Sample")
    go_to_plaque_form(page, reasons=True)
    expect(page.get_by_label("Agency name")).to_have_value("Town of Sample")
    visit(page)
    page.get_by_label("Include the reasons").check()
    theirs = copy(**{FIRST.id: entry("not-taken", at=1, **DECISION | {"why": "Much too small for it."})})
    file = {"name": "copy.json", "mimeType": "application/json", "buffer": json.dumps(theirs).encode()}
    page.get_by_label("Open a saved file").set_input_files(file)
    expect(page.locator("#incoming")).to_be_visible()
    page.get_by_role("button", name="Make a link").click()
    expect(page.locator("#link")).not_to_have_value("")
    erase(page)
    everything = page.content() + page.evaluate(EVERYTHING)
    assert re.findall("Town.of.Sample|oo.small", everything) == []
    expect(page.locator("#link")).to_be_hidden()
    expect(page.locator("#link")).to_have_value("")
    page.goto("/plaque/")
    expect(page.get_by_label("Agency name")).to_have_value("")


# What comes late


@pytest.fixture
def late(page):
    """Hold a script back: `late("complete")` gives what lets it come, and waits until it runs."""

    def late(name: str):
        held: list[Any] = []
        page.route(f"**/assets/{name}.*.js", lambda route: held.append(route))
        with page.expect_request(f"**/assets/{name}.*.js"):
            page.reload()

        def come() -> None:
            held[0].continue_()
            page.evaluate("(script) => import(script)", held[0].request.url)

        return come

    return late


def untick(page: Page) -> None:
    other = page.context.new_page()
    visit(other, "leader")
    tick(other, LEADER.items[:1])


@pytest.mark.parametrize("change", [untick, erase])
def test_a_record_that_is_no_longer_complete_is_not_called_so_late(change, page, late):
    keep(page, all_done())
    come = late("complete")
    change(page)
    come()
    expect(page.locator("#complete")).to_be_hidden()
    assert so_far(page).startswith(("0 of", f"{REQUIRED - 1} of"))


@pytest.mark.parametrize("part", ["keep", "complete"])
def test_the_focus_stays_where_somebody_types(part, page, late):
    keep(page, all_done())
    page.goto(f"/checklists/#{part}")
    come = late("complete")
    agency = page.get_by_label("Agency name")
    agency.press_sequentially("Town of")
    come()
    expect(page.locator("#complete")).to_be_visible()
    agency.page.keyboard.type(" Sample")
    assert record(page)["agency"] == "Town of Sample"


def choose_file(page: Page) -> None:
    box = page.get_by_label("Open a saved file")
    box.scroll_into_view_if_needed()
    box.set_input_files(ROOT / "package.json")


USES = {
    "a button": (lambda page: page.get_by_role("button", name="Save to a file").click(), ".keep__done"),
    "a file": (choose_file, ".keep__done"),
    "a link": (lambda page: page.evaluate("location.hash = '#progress=q'"), ".progress__trouble"),
}


@pytest.mark.parametrize(("use", "told"), USES.values(), ids=USES)
def test_what_cannot_be_loaded_is_said(use, told, page):
    page.route("**/assets/exchange.*.js", lambda route: route.abort())
    use(page)
    words = "A part of this page did not load. Reload it."
    expect(page.locator(told)).to_have_text(words)
    if told == ".keep__done":
        failed(page, words, told)


def test_a_summary_that_cannot_be_loaded_is_said(page):
    page.route("**/assets/complete.*.js", lambda route: route.abort())
    keep(page, all_done())
    expect(page.locator(".progress__trouble")).to_have_text("A part of this page did not load. Reload it.")


def test_the_name_of_the_agency_is_that_of_another_tab(page):
    keep(page, {}, agency="Old Town")
    other = page.context.new_page()
    visit(other)
    other.get_by_label("Agency name").fill("New Town")
    agency = page.get_by_label("Agency name")
    expect(agency).to_have_value("New Town")
    agency.focus()
    page.keyboard.press("End")
    page.keyboard.type(" Police")
    assert record(page)["agency"] == "New Town Police"


# Another round

BEFORE = f"{KEY}.before"


def begin_a_new_round(page: Page, path: Path) -> Path:
    """Start it, and give the file that the round before was saved to."""
    page.get_by_text("Start a new round", exact=True).click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Save this round to a file").click()
    name = download.value.suggested_filename
    assert name == f"certification-{date.today().isoformat()}.json"
    download.value.save_as(path)
    said(page, f"A new round has begun. Your last round is in the file {name}, in your downloads.")
    return path


def test_a_new_round_keeps_the_old_record_as_a_file_and_begins_anew(page, tmp_path):
    keep(page, all_done(), agency="Town of Sample")
    visit(page, "leader")
    page.get_by_text("Person responsible and target date").click()
    page.get_by_label("Person responsible, name and rank").fill("Chief Sample")
    page.get_by_label("Target date", exact=True).fill("2026-03-01")
    page.keyboard.press("Tab")
    visit(page)
    before = record(page)
    file = begin_a_new_round(page, tmp_path / "before.json")
    assert json.loads(file.read_text("utf-8")) == before
    assert so_far(page) == f"0 of {REQUIRED} items done."
    expect(page.locator("#complete")).to_be_hidden()
    expect(page.locator("[data-step=leader] .step__plan")).to_have_text("Chief Sample")
    assert page.get_by_label("Agency name").input_value() == "Town of Sample"
    visit(page, "leader")
    tick(page, LEADER.items[:1])
    open_file(page, file)
    said(page, "The copy is from an earlier round, and has nothing new.")
    assert so_far(page) == f"1 of {REQUIRED} items done."


def test_a_round_that_ended_by_mistake_comes_back_and_nothing_is_lost(page, tmp_path):
    keep(page, all_done(), agency="Town of Sample")
    before = record(page)
    begin_a_new_round(page, tmp_path / "before.json")
    again = page.get_by_role("button", name="Go back to the last round")
    again.click()
    said(page, "Your last round is back.")
    assert record(page) == before | {"plans": {}, "since": 0}
    again.click()
    expect(page.locator(".progress__words")).to_have_text(f"0 of {REQUIRED} items done.")
    page.get_by_text("Erase everything", exact=True).click()
    page.get_by_role("button", name="Erase everything in this browser").click()
    expect(again).to_be_hidden()
    open_file(page, tmp_path / "before.json")
    page.locator("[data-take]").click()
    expect(page.locator("#complete")).to_be_visible()


def refuse(page: Page, key: str) -> None:
    """Let the browser have no room for what the site keeps by this name."""
    page.evaluate(
        """(full) => {
          const set = Storage.prototype.setItem;
          Storage.prototype.setItem = function (key, text) {
            if (key === full) throw new DOMException("", "QuotaExceededError");
            set.call(this, key, text);
          };
        }""",
        key,
    )


@pytest.mark.parametrize("key", [KEY, BEFORE], ids=["the last round", "this round"])
def test_a_round_that_the_browser_has_no_room_to_exchange_stays_and_so_does_the_last_one(key, page, tmp_path):
    keep(page, all_done(), agency="Town of Sample")
    begin_a_new_round(page, tmp_path / "before.json")
    visit(page, "leader")
    tick(page, LEADER.items[:1])
    visit(page)
    before = record(page)
    refuse(page, key)
    again = page.get_by_role("button", name="Go back to the last round")
    again.click()
    failed(page, "Your last round could not be brought back. Nothing changed.")
    assert so_far(page) == f"1 of {REQUIRED} items done."
    assert record(page) == before
    visit(page)
    assert so_far(page) == f"1 of {REQUIRED} items done."
    again.click()
    said(page, "Your last round is back.")
    assert so_far(page) == f"{REQUIRED} of {REQUIRED} items done."


def test_an_earlier_round_does_not_pass_for_the_last_one_that_the_browser_had_no_room_for(page, tmp_path):
    keep(page, all_done())
    begin_a_new_round(page, tmp_path / "first.json")
    keep(page, {FIRST.id: entry()})
    refuse(page, BEFORE)
    begin_a_new_round(page, tmp_path / "second.json")
    assert so_far(page) == f"0 of {REQUIRED} items done."
    expect(page.get_by_role("button", name="Go back to the last round")).to_be_hidden()


def test_a_copy_of_a_later_round_says_what_it_ends(page, computer, tmp_path):
    keep(page, {item.id: entry(at=1_000) for item in LEADER.items[:3]})
    other = computer()
    visit(other)
    keep(other, all_done())
    begin_a_new_round(other, tmp_path / "before.json")
    visit(other, "leader")
    tick(other, LEADER.items[:1])
    open_file(page, saved(other, tmp_path / "new.json"))
    words = (
        "The copy adds or updates 1 item. The copy begins a new round and removes 3 items of yours. "
        "Save yours to a file first."
    )
    expect(page.locator("[data-incoming-words]")).to_contain_text(words)
    page.get_by_role("button", name="Add to mine").click()
    said(page, "The copy was added to yours.")
    assert record(page) == record(other)


# To somebody on the same phone


def test_on_a_phone_the_link_comes_into_view_with_its_warning_and_its_button(page):
    page.set_viewport_size({"width": 390, "height": 700})
    page.get_by_role("button", name="Make a link").click()
    expect(page.locator("#link")).not_to_have_value("")
    expect(page.get_by_text("This link contains everything you entered")).to_be_in_viewport(ratio=1)
    expect(page.locator("#link")).to_be_in_viewport(ratio=1)
    expect(page.locator("#link")).to_be_focused()
    beside = page.get_by_role("button", name="Copy the link")
    expect(beside).to_be_in_viewport(ratio=1)
    link = page.locator("#link").bounding_box()
    button = beside.bounding_box()
    assert link is not None
    assert button is not None
    assert button["y"] - link["y"] - link["height"] >= 8  # the ring of the focus needs it


def packed(link: str) -> dict:
    """The record in a link."""
    text = link.partition("#progress=z")[2]
    return json.loads(zlib.decompress(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), wbits=-15))


def test_the_link_has_what_was_entered_since_it_was_made(page):
    """Here, and on the page of a checklist in another window; once all is erased, it is gone."""
    page.get_by_role("button", name="Make a link").click()
    link = page.locator("#link")
    expect(link).not_to_have_value("")
    page.get_by_label("Agency name").fill("Town of Sample")
    other = page.context.new_page()
    visit(other, "leader")
    tick(other, [FIRST])
    wait_for(lambda: FIRST.id in packed(link.input_value())["items"], 10)
    assert packed(link.input_value()) == record(page)
    assert packed(link.input_value())["agency"] == "Town of Sample"
    erase(page)
    expect(link).to_have_value("")


def test_the_buttons_work_on_a_page_that_the_browser_translated(page):
    page.evaluate(TRANSLATED)
    page.get_by_role("button", name="Make a link").click()
    expect(page.locator("#link")).not_to_have_value("")


WORKS, FAILS = "Promise.resolve()", "Promise.reject(new DOMException('', 'NotAllowedError'))"


def stub(page: Page, where: str, answer: str) -> None:
    """Have a function of the browser answer so; what it was given is in `given`."""
    page.evaluate(f"() => {{ {where} = (given) => {{ window.given = given; return {answer} }} }}")


def worked(page: Page, words: str) -> None:
    """It is no error, and in view."""
    told = page.locator(".keep__done")
    expect(told).to_contain_text(words)
    expect(told).to_have_attribute("role", "status")
    expect(told).to_be_in_viewport()


def test_a_phone_offers_its_own_way_to_share_the_link(page):
    stub(page, "navigator.share", WORKS)
    page.get_by_role("button", name="Make a link").click()
    share = page.get_by_role("button", name="Share the link")
    share.click()
    worked(page, "Shared with")
    assert page.evaluate("given.url") == page.locator("#link").input_value()
    stub(page, "navigator.share", FAILS)
    share.click()
    failed(page, "This device could not share the link. Copy it instead.", ".keep__done")


def test_a_link_that_was_not_copied_is_said_to_be_selected(page):
    page.get_by_role("button", name="Make a link").click()
    copy_ = page.get_by_role("button", name="Copy the link")
    stub(page, "navigator.clipboard.writeText", FAILS)
    copy_.click()
    failed(page, "The link was not copied, but it is selected: press Ctrl+C", ".keep__done")
    selected = "() => document.activeElement.value.slice(document.activeElement.selectionStart)"
    assert page.evaluate(selected) == page.locator("#link").input_value() != ""
    stub(page, "navigator.clipboard.writeText", WORKS)
    copy_.click()
    worked(page, "Link copied.")
    assert page.evaluate("given") == page.locator("#link").input_value()


@pytest.mark.parametrize("name", ["Save to a file", "Copy the link"])
def test_what_a_second_press_did_is_announced_too(name, page):
    stub(page, "navigator.clipboard.writeText", WORKS)
    page.get_by_role("button", name="Make a link").click()
    button, told = page.get_by_role("button", name=name), page.locator(".keep__done")
    button.click()
    expect(told).not_to_be_empty()
    words = told.inner_text()
    told.evaluate(SAYS)
    button.click()
    wait_for(lambda: page.evaluate("heard")[1:], 10)
    assert page.evaluate("heard") == ["", words]


def test_what_is_told_next_is_not_replaced_by_what_was_told_twice(page):
    save = page.get_by_role("button", name="Save to a file")
    save.click()
    save.evaluate("(button) => button.click()")
    page.get_by_role("button", name="Make a link").evaluate("(button) => button.click()")
    expect(page.locator(".keep__done")).to_be_empty()
    page.wait_for_timeout(200)
    expect(page.locator(".keep__done")).to_be_empty()


def test_where_nothing_can_be_shared_no_button_says_so(page):
    page.evaluate("() => { navigator.share = undefined }")
    page.get_by_role("button", name="Make a link").click()
    expect(page.get_by_role("button", name="Copy the link")).to_be_visible()
    expect(page.get_by_role("button", name="Share the link")).to_be_hidden()


# On paper


PAPERS = ("Letter", "A4")


def test_a_checklist_prints_with_its_progress(page, tmp_path):
    keep(page, {FIRST.id: entry(), LEADER.items[1].id: entry("not-taken", **DECISION)}, agency="Town of Sample")
    visit(page, "leader")
    for paper in PAPERS:
        it_is_printed_with_its_progress(printed(page, tmp_path / "leader.pdf", paper))


def it_is_printed_with_its_progress(text: str) -> None:
    assert text.count("✓") == 1
    assert "Print it" not in text  # no button on paper
    assert "Done November 2, 2026." in text
    assert "Decided by Chief Sample on November 1, 2026: Too small for it." in " ".join(text.split())
    for words in (
        "1.1 ",
        "1.11 ",
        "Signature, name, and rank",
        "Town of Sample",
        "Working edition 2026-11",
        "Page 1 of",
    ):
        assert words in text
    assert LEADER.items[0].id not in text  # a machine's word
    assert "Change date" not in text
    assert "Mark or skip" not in text


def test_a_checklist_with_every_item_done_prints_on_one_sheet(page, tmp_path):
    keep(page, {item.id: entry() for checklist in CHECKLISTS for item in checklist.items}, agency="Town of Sample")
    for checklist in CHECKLISTS:
        visit(page, checklist.name)
        for paper in PAPERS:
            text = printed(page, tmp_path / "done.pdf", paper)
            assert text.count("✓") == text.count("Done November 2, 2026.") == len(checklist.items)
            assert text.count("\f") == 1, (checklist.name, paper)


@pytest.mark.parametrize("name", ["leader", "print"])
def test_empty_boxes_are_printed_also_where_print_returns_at_once(name, page, tmp_path):
    """As in Safari, which also may not say that it has printed."""
    keep(page, {FIRST.id: entry(), LEADER.items[1].id: entry("not-taken", **DECISION)}, agency="Town of Sample")
    visit(page, name)
    page.evaluate("() => { window.print = () => {} }")
    page.get_by_role("button", name="with empty boxes").click()
    assert row(page, FIRST).get_by_role("checkbox").is_checked()
    text = printed(page, tmp_path / "blank.pdf")
    assert LEADER.items[2].text[:20] in text
    for words in ("✓", "–\n", "Done November", "Chief Sample", "Town of Sample", "items done"):
        assert words not in text
    page.keyboard.press("Control+p")
    text = printed(page, tmp_path / "filled.pdf")
    assert "✓" in text
    assert "Done November" in text


def test_all_checklists_print_also_where_their_script_does_not_come(page):
    page.route("**/plan.*.js", lambda route: route.abort())
    page.goto("/checklists/print/")
    page.evaluate("() => { window.printed = 0; window.print = () => { printed += 1 } }")
    page.locator("[data-print]").first.click()
    wait_for(lambda: page.evaluate("printed") == 1)
    expect(page.get_by_role("alert").first).to_be_visible()


def test_all_checklists_print_each_on_a_sheet_of_its_own(page, tmp_path):
    keep(page, {FIRST.id: entry(), TEAM.items[0].id: entry(on="2026-11-01")})
    visit(page, "print")
    assert so_far(page).startswith(f"2 of {REQUIRED} items done")
    sheets = printed(page, tmp_path / "all.pdf").split("\f")
    for checklist in CHECKLISTS:
        [sheet] = [text for text in sheets if f"{checklist.order}. {checklist.title}" in text]
        for number, item in enumerate(checklist.items, 1):
            assert re.search(rf"\b{checklist.order}\.{number}\b", sheet)
            assert item.text.split()[0] in sheet
            assert item.id not in sheet
    assert sum(sheet.count("✓") for sheet in sheets) == 2
    assert "Done out of sequence, November 1, 2026." in " ".join(" ".join(sheets).split())


# From the last tick to the plaque


def complete(page: Page, agency: str = "Town of Sample Police & Fire") -> None:
    """Everything done, but for two steps not taken and the very last."""
    items = all_done() | {
        LEADER.items[1].id: entry("not-taken", **DECISION),
        TEAM.items[2].id: entry("not-taken", **DECISION),
    }
    del items[CHECKLISTS[-1].items[-1].id]
    keep(page, items, agency)
    visit(page, CHECKLISTS[-1].name)
    tick(page, [CHECKLISTS[-1].items[-1]])


def test_the_last_tick_leads_to_the_filled_in_plaque_form_and_the_summary_to_the_staff(page, local_run):
    complete(page)
    page.get_by_role("link", name="Every item is done or skipped by decision").click()
    expect(page.locator("#complete")).to_be_focused()
    expect(page.locator("#complete h2")).to_be_in_viewport()
    today = date.today()
    shown = page.locator("#complete").inner_text()
    assert day_in_words(today) in shown
    assert day_in_words(valid_until(today)) in shown
    words = f"{REQUIRED - 2} of {REQUIRED} items done, 2 skipped by decision."
    assert words in shown
    assert DECISION["why"] not in shown
    page.get_by_role("link", name="Request your plaque").locator("visible=true").last.click()
    page.wait_for_url("**/plaque/")
    expect(page.locator("[name=agency]")).to_have_value("Town of Sample Police & Fire")
    assert page.locator("[name=completed]").input_value() == today.isoformat()
    preview = page.locator(".field__offered").inner_text()
    assert words in preview
    box = page.get_by_label("Include this checklist summary").locator("visible=true").first
    assert not box.is_checked()
    box.check()
    answers = PLAQUE | {
        "email": new_address(),
        "agency": "Town of Sample Police & Fire",
        "agency_state": "GU",  # where it is never before today in UTC, the browser's zone
        "completed": today.isoformat(),
    }
    fill_in(page, PlaqueForm, answers)
    page.get_by_role("button", name=PlaqueForm.submit_label).click()
    page.wait_for_url("**/received?receipt=*")
    to_staff, _ = local_run.mail_about(answers["email"])
    assert preview in re.sub("(?m)^> ", "", to_staff["text"].replace("\r\n", "\n"))
    assert DECISION["why"] not in to_staff["text"]


@pytest.mark.parametrize(("years", "words"), [("2", "February 28, 2030"), ("1", "February 28, 2029")])
def test_what_was_completed_on_february_29_is_valid_until_february_28(years, words, page):
    keep(page, all_done("2028-02-29"))
    page.locator("#complete").evaluate("(each, years) => { each.dataset.validForYears = years }", years)
    page.get_by_label("Include the reasons").check()  # draws it anew
    expect(page.locator("[data-expires]")).to_have_text(words)


def look_at_plaque_form(page: Page) -> None:
    """Open it anew, where it asks the checklists; a visit waits until its script has done so."""
    with page.expect_response("**/checklists/all.json"):
        page.goto("/plaque/")


@pytest.mark.parametrize(
    ("address", "link"),
    [
        ("/", "a[href='plaque/']"),
        (f"/checklists/{CHECKLISTS[-1].name}/", ".checklist__steps a[rel=next]"),
        ("/checklists/", ".step--last a"),
    ],
)
def test_every_way_to_the_plaque_form_takes_name_date_and_summary_along(address, link, page):
    complete(page)
    page.goto(address)
    page.locator(link).locator("visible=true").first.click()
    expect(page.get_by_label("Agency name")).to_have_value("Town of Sample Police & Fire")
    assert page.locator("[name=completed]").input_value() == date.today().isoformat()
    assert "2 skipped by decision" in page.locator(".field__offered").inner_text()
    assert not page.locator("[name=summary]").is_checked()
    page.get_by_label("Agency name").fill("")
    look_at_plaque_form(page)
    assert page.get_by_label("Agency name").input_value() == ""  # what somebody took out stays out
    assert "2 skipped by decision" in page.locator(".field__offered").inner_text()
    assert not page.locator("[name=summary]").is_checked()


def test_a_name_that_was_typed_on_the_plaque_form_stays_where_the_checklists_know_none(page):
    complete(page, agency="")
    page.goto("/plaque/")
    page.get_by_label("Agency name").fill("Town of Sample")
    visit(page)
    page.locator("#complete").get_by_role("link").click()
    page.wait_for_url("**/plaque/")
    expect(page.locator(".field__offered")).to_be_visible()
    assert page.get_by_label("Agency name").input_value() == "Town of Sample"


SHIFTS = """() => new Promise((done) => {
  const shifts = [];
  new PerformanceObserver((list) => shifts.push(...list.getEntries().map((entry) => entry.value)))
    .observe({ type: "layout-shift", buffered: true });
  setTimeout(() => done(shifts), 300);
})"""


def test_a_date_that_somebody_types_is_not_replaced_by_that_of_the_checklists(page):
    keep(page, all_done(), agency="Town of Sample")
    release = hold_back(page, "**/all.json", lambda: page.evaluate("location.assign('/plaque/')"))
    page.get_by_label("Date of completion").press_sequentially("03/2")
    release()
    expect(page.get_by_label("Agency name")).to_have_value("Town of Sample")
    page.keyboard.type("7/2026")
    expect(page.get_by_label("Date of completion")).to_have_value("2026-03-27")


def test_an_incomplete_record_offers_the_name_to_the_plaque_form_and_nothing_else(page):
    keep(page, {FIRST.id: entry()}, agency="Town of Sample")
    look_at_plaque_form(page)
    expect(page.get_by_label("Agency name")).to_have_value("Town of Sample")
    assert page.locator("[name=completed]").input_value() == ""
    expect(page.locator("[name=summary]")).to_be_hidden()
    assert not page.locator("[type=checkbox][required]").first.is_checked()
    page.get_by_label("Agency name").fill("")
    look_at_plaque_form(page)
    assert page.get_by_label("Agency name").input_value() == ""  # what somebody took out stays out


@pytest.mark.parametrize("width", WIDTHS)
def test_the_plaque_form_says_where_a_record_that_is_begun_stands_and_nothing_moves(width, page):
    page.set_viewport_size({"width": width, "height": 1600})
    skipped = {LEADER.items[2].id: entry("not-taken", **DECISION)}
    begun = {item.id: entry() for item in LEADER.items[:2]}
    for items, words in ((begun, f"2 of {REQUIRED} done"), (begun | skipped, f"3 of {REQUIRED} done or skipped")):
        visit(page)
        keep(page, items)
        look_at_plaque_form(page)
        line = page.locator("#not-there-yet")
        expect(line).to_have_text(f"Not there yet? Continue with item 1.{len(items) + 1}: {words}.")
        assert page.evaluate(SHIFTS) == []
    line.get_by_role("link").click()
    page.wait_for_url(f"**/checklists/leader/#{LEADER.items[3].id}")


@pytest.mark.parametrize(
    "items", [{}, {FIRST.id: entry("to-do")}, all_done()], ids=["none", "nothing done", "complete"]
)
def test_of_a_record_that_is_not_begun_or_complete_the_plaque_form_says_nothing(items, page):
    keep(page, items)
    look_at_plaque_form(page)
    expect(page.locator("#not-there-yet")).to_have_text(re.compile("^Not there yet. Read how"))


@pytest.mark.parametrize("width", WIDTHS)
def test_no_room_is_left_free_on_the_plaque_form_for_a_record_that_this_browser_does_not_have(width, page):
    page.set_viewport_size({"width": width, "height": 1600})
    page.goto("/plaque/")
    free = """(line) => {
      const words = document.createRange();
      words.selectNodeContents(line);
      return line.getBoundingClientRect().bottom - words.getBoundingClientRect().bottom;
    }"""
    assert page.locator("#not-there-yet").evaluate(free) < 8


def test_what_is_kept_is_in_view_where_a_checklist_leads_to_it(page):
    visit(page, "leader")
    page.get_by_role("link", name="Save, share, or print everything").click()
    expect(page.locator("#keep h2")).to_be_in_viewport()
    expect(page.locator("#keep")).to_be_focused()


def test_reasons_go_along_only_when_asked_for(page):
    complete(page)
    visit(page)
    page.get_by_label("Include the reasons").check()
    assert "Decided by Chief Sample on 2026-11-01: Too small for it." in page.locator(".summary").inner_text()


def test_until_its_box_is_ticked_the_summary_is_not_sent(page, local_run):
    complete(page, agency="Town of Unticked")
    visit(page)
    page.locator("#complete").get_by_role("link").click()
    page.wait_for_url("**/plaque/")
    answers = PLAQUE | {"email": new_address(), "agency": "Town of Unticked"}
    fill_in(page, PlaqueForm, answers)
    page.get_by_role("button", name=PlaqueForm.submit_label).click()
    page.wait_for_url("**/received?receipt=*")
    to_staff, _ = local_run.mail_about(answers["email"])
    assert "items done" not in to_staff["text"]


@pytest.mark.parametrize("ticked", [True, False])
def test_the_summary_is_still_there_and_ticked_or_not_after_a_mistake_and_a_reload(ticked, page):
    complete(page)
    visit(page)
    page.locator("#complete").get_by_role("link").click()
    page.wait_for_url("**/plaque/")
    page.locator("[name=summary]").set_checked(ticked)
    page.get_by_role("button", name=PlaqueForm.submit_label).click()
    page.wait_for_selector(".error-summary")
    assert "items done" in page.locator(".field__offered").inner_text()
    assert page.locator("[name=summary]").is_checked() == ticked
    page.reload()
    assert "items done" in page.locator(".field__offered").inner_text()
    assert page.locator("[name=summary]").is_checked() == ticked


def go_to_plaque_form(page: Page, *, reasons: bool) -> None:
    visit(page)
    page.get_by_label("Include the reasons").set_checked(reasons)
    page.locator("#complete").get_by_role("link").click()
    page.wait_for_url("**/plaque/")


@pytest.mark.parametrize("reasons", [False, True])
def test_a_summary_that_was_agreed_to_stays_so_unless_it_says_something_else(reasons, page):
    complete(page)
    go_to_plaque_form(page, reasons=False)
    page.locator("[name=summary]").check()
    go_to_plaque_form(page, reasons=reasons)
    assert page.locator("[name=summary]").is_checked() == (not reasons)


def test_a_plaque_form_without_a_summary_does_not_mention_it(page):
    page.goto("/plaque/")
    expect(page.locator("[name=summary]")).to_be_hidden()


# Another edition


@pytest.fixture(scope="module")
def next_edition(tmp_path_factory) -> Path:
    """The site with another edition of the first checklist: an item reworded, one removed, one new."""
    first, second = LEADER.items[:2]

    def change(checklists: Path) -> None:
        file = checklists / "leader.md"
        text = file.read_text("utf-8").replace('edition: "2026-11"', 'edition: "2027-02"')
        text = re.sub(rf"- .*{first.id}}}", f"- [ ] Complete both modules. {{#{first.id} changed=2027-02}}", text)
        text = re.sub(rf"- .*{second.id}}}\n", "", text)
        text = text.replace("---\n\n", f"removed:\n  {second.id}: Read it.\n---\n\n", 1)
        file.write_text(f"{text.rstrip()}\n- [ ] Do something new. {{#leader-new changed=2027-02}}\n", "utf-8")

    return built_with(tmp_path_factory.mktemp("edition"), change)


def test_after_another_edition_ticks_stay_and_what_changed_is_marked(page, next_edition):
    complete(page)

    def serve_next_edition(route):
        path = urlsplit(route.request.url).path
        file = next_edition / path.lstrip("/") / ("index.html" if path.endswith("/") else "")
        route.fulfill(path=file)

    page.route("**/checklists/**", serve_next_edition)
    visit(page, "leader")
    items = page.locator(".item")
    assert row(page, LEADER.items[0]).get_by_role("checkbox", name="Complete both modules.").is_checked()
    assert "Changed in edition 2027-02, after you marked it." in state(page, LEADER.items[0])
    gone = page.locator(f"li[id={LEADER.items[1].id}]")
    assert "No longer on this checklist. Skipped by decision. Decided by Chief Sample" in gone.inner_text()
    new = items.filter(has_text="Do something new.")
    assert "New or changed in edition 2027-02." in new.inner_text()
    assert so_far(page) == f"{len(LEADER.items) - 1} of {len(LEADER.items)} items done."
    row(page, LEADER.items[0]).get_by_role("button", name="Change date").click()
    row(page, LEADER.items[0]).get_by_role("button", name="It is still correct").click()
    assert "Changed" not in state(page, LEADER.items[0])
    visit(page)
    expect(page.locator("#complete")).to_be_hidden()
    visit(page, "leader")
    new.get_by_role("checkbox").click()
    assert "New" not in new.inner_text()
    visit(page)
    expect(page.locator("#complete")).to_be_visible()
