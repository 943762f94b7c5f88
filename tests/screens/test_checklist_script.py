"""Working with one checklist: ticks, dates, decisions, sequence, and what is said when the browser cannot keep them."""

import calendar
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import pytest
from playwright.sync_api import Page, Route, ViewportSize, expect

from normalize.dates import WRONG_FORM
from tests.support.checklist_pages import (
    CHECKLISTS,
    KEY,
    decide,
    entry,
    keep,
    named,
    open_details,
    printed,
    record,
    row,
    so_far,
    state,
    tick,
    visit,
)
from tests.support.visits import COMING_BACK, TRANSLATED, as_new, press_slowly

LEADER, TEAM, PROMISE = named("leader"), named("team"), named("promise")
FOCUSED = """() => {
  const focused = document.activeElement, { outlineStyle, outlineWidth } = getComputedStyle(focused);
  const shown = outlineStyle !== "none" && parseFloat(outlineWidth) >= 2;
  const isNew = focused !== window.before; // a date has stops inside
  window.before = focused;
  return [!!focused.closest(".questions"), focused.type, !isNew || shown];
}"""
DECISION: dict[str, Any] = {"who": "Chief Sample", "when": "2026-11-01", "why": "A county <b>of nine</b> officers."}


PHONE: ViewportSize = {"width": 390, "height": 800}


@pytest.fixture(scope="module")
def browsing(browser, local_run):
    """The browser of this module, which each test finds as new: another page costs more than two visits."""
    context = browser.new_context(base_url=local_run.url)
    yield context
    context.close()


@pytest.fixture
def context(browsing):
    """A browser with one page, and nothing kept."""
    page = as_new(browsing.pages[0] if browsing.pages else browsing.new_page())
    page.set_viewport_size(PHONE)
    return browsing


@contextmanager
def watched(page: Page) -> Iterator[Page]:
    """Open the first checklist. Fails at the end where the script failed or broke the policy."""
    said = []
    listeners: dict[Any, Any] = {
        "console": lambda message: said.append(message.text) if message.type == "error" else None,
        "pageerror": lambda error: said.append(str(error)),
    }
    for event, listener in listeners.items():
        page.on(event, listener)
    visit(page, "leader")
    yield page
    for event, listener in listeners.items():
        page.remove_listener(event, listener)
    assert said == []


@pytest.fixture
def page(context):
    """The first checklist."""
    with watched(context.pages[0]) as page:
        yield page


@pytest.fixture
def own_page(browser, local_run):
    """The first checklist, for a test that changes its clock or what stands in each document to come."""
    with browser.new_context(base_url=local_run.url, viewport=PHONE) as context, watched(context.new_page()) as page:
        yield page


def test_a_tick_is_kept_with_its_date_and_is_there_after_the_window_was_closed(page, context):
    tick(page, LEADER.items[:2])
    assert record(page)["items"][LEADER.items[0].id] | {"at": 0} == entry(on=date.today().isoformat(), at=0)
    page.close()
    again = context.new_page()
    visit(again, "leader")
    assert row(again, LEADER.items[1]).get_by_role("checkbox").is_checked()
    assert "Done " in state(again, LEADER.items[1])
    assert so_far(again) == f"2 of {len(LEADER.items)} items done."


@pytest.mark.parametrize(("zone", "day"), [("Pacific/Honolulu", "2026-11-26"), ("Pacific/Auckland", "2026-11-27")])
def test_a_tick_has_the_day_of_where_the_person_is(zone, day, browser, local_run):
    with browser.new_context(base_url=local_run.url, timezone_id=zone) as context:
        page = context.new_page()
        page.clock.set_fixed_time("2026-11-27T06:30:00Z")
        visit(page, "leader")
        tick(page, LEADER.items[:1])
        assert record(page)["items"][LEADER.items[0].id]["on"] == day


@pytest.mark.parametrize(
    ("zone", "now", "today", "tomorrow"),
    [
        ("Pacific/Honolulu", "2026-11-27T06:30:00Z", "2026-11-26", "2026-11-27"),
        ("Pacific/Guam", "2026-11-26T20:30:00Z", "2026-11-27", "2026-11-28"),
    ],
)
def test_a_day_is_in_the_future_where_the_person_is(zone, now, today, tomorrow, browser, local_run):
    item = LEADER.items[0]
    with browser.new_context(base_url=local_run.url, timezone_id=zone) as context:
        page = context.new_page()
        page.clock.set_fixed_time(now)
        visit(page, "leader")
        tick(page, [item])
        box = open_details(page, item).get_by_label("Done on")
        for day, words in ((tomorrow, "Enter a day that is not in the future."), (today, "")):
            box.fill(day)
            expect(row(page, item).get_by_role("alert"), day).to_have_text(words)
        assert record(page)["items"][item.id]["on"] == today


def test_a_day_that_was_typed_is_kept_when_the_page_is_left(page):
    item = LEADER.items[0]
    keep(page, {item.id: entry()})
    open_details(page, item).get_by_label("Done on").focus()
    page.keyboard.type("10/17/2026")
    visit(page, "team")
    assert record(page)["items"][item.id]["on"] == "2026-10-17"


def test_unticking_takes_it_back(page):
    tick(page, LEADER.items[:1])
    tick(page, LEADER.items[:1])
    assert so_far(page) == f"0 of {len(LEADER.items)} items done."
    assert state(page, LEADER.items[0]) == ""


def test_the_date_of_completion_can_be_set_right(page):
    tick(page, LEADER.items[:1])
    open_details(page, LEADER.items[0]).get_by_label("Done on").fill("2026-03-27")
    assert state(page, LEADER.items[0]) == "Done March 27, 2026."


def test_a_step_not_taken_counts_once_its_decision_is_complete(page):
    item = LEADER.items[0]
    open_details(page, item).get_by_label("Skipped, by decision").check()
    assert state(page, item) == "Not skipped yet: note who decided, when, and why."
    assert so_far(page) == f"0 of {len(LEADER.items)} items done."
    page.keyboard.press("Escape")
    decide(page, item, **DECISION)
    assert (
        state(page, item)
        == "Skipped by decision. Decided by Chief Sample on November 1, 2026: A county <b>of nine</b> officers."
    )
    assert so_far(page) == f"0 of {len(LEADER.items)} items done, 1 skipped by decision."
    assert not row(page, item).get_by_role("checkbox").is_checked()


LABELS = {"who": "Who decided", "when": "Decided on", "why": "Reason"}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ((), "who decided, when, and why"),
        (("why",), "who decided and when"),
        (("who", "why"), "when"),
        (("who", "when"), "why"),
    ],
)
def test_an_incomplete_decision_keeps_the_questions_open_and_says_only_what_is_missing(given, words, page):
    item = LEADER.items[0]
    questions = open_details(page, item)
    questions.get_by_label("Skipped, by decision").check()
    for name in given:
        questions.get_by_label(LABELS[name]).fill(DECISION[name])
    expect(questions.get_by_role("status")).to_be_empty()  # while somebody still chooses, nothing is called saved
    questions.get_by_role("button", name="Save and close").click()
    expect(questions.get_by_role("status")).to_have_text(f"Not skipped yet: note {words}.")
    assert state(page, item) == f"Not skipped yet: note {words}."
    missing = [label for name, label in LABELS.items() if name not in given]
    expect(questions.get_by_label(missing[0])).to_be_focused()
    for label in LABELS.values():
        box = questions.get_by_label(label)
        assert (box.get_attribute("aria-invalid") == "true") == (label in missing), label
        expect(box).to_have_accessible_description(f"Not skipped yet: note {words}." if label in missing else "")
    for name in DECISION.keys() - given:
        questions.get_by_label(LABELS[name]).fill(DECISION[name])
        expect(questions.get_by_label(LABELS[name])).not_to_have_attribute("aria-invalid", "true")
        expect(questions.get_by_label(LABELS[name])).to_have_accessible_description("")
    questions.get_by_role("button", name="Save and close").click()
    expect(questions).to_have_count(0)
    assert state(page, item).startswith("Skipped by decision.")


def test_a_clock_that_is_behind_changes_nothing_that_was_kept(own_page):
    page = own_page
    done = {item.id: entry(on="2026-11-02") for item in LEADER.items[:2]}
    kept = {"version": 1, "agency": "", "items": done, "plans": {}, "since": 1_790_000_000_000}
    page.evaluate(f"(kept) => localStorage.setItem('{KEY}', JSON.stringify(kept))", kept)
    page.clock.set_fixed_time("2020-01-01T12:00:00Z")
    visit(page, "leader")
    tick(page, LEADER.items[2:3])
    new = record(page)["items"].pop(LEADER.items[2].id)
    assert record(page) == kept | {"items": done | {LEADER.items[2].id: new}}
    assert new["on"] == "2020-01-01"
    assert new["at"] >= kept["since"]  # in the round that it belongs to


WRONG_DAYS = {
    "11/01/26": "Enter the year in four digits.",
    "01/01/2099": "Enter a day that is not in the future.",
    "01/01/1999": "Enter a date from the year 2000 on.",
    "02/30/2026": f"{WRONG_FORM}.",
    "11/02/20251": "Enter the year in four digits.",
}


@pytest.mark.parametrize("name", ["Done on", "Decided on"])
def test_a_day_counts_when_it_is_whole_real_and_within_sense(name, page):
    """And its box says so: a date box passes through the years 2, 20 and 202 while 2026 is typed."""
    item = LEADER.items[0]
    kept = entry() if name == "Done on" else entry("not-taken", **DECISION)
    keep(page, {item.id: kept})
    box = open_details(page, item).get_by_label(name)
    for month, (typed, words) in zip((9, 10, 9, 10, 9), WRONG_DAYS.items(), strict=True):
        was = state(page, item)
        box.focus()
        page.keyboard.type(typed)
        row(page, item).get_by_role("radio").first.focus()
        expect(row(page, item).get_by_role("alert"), typed).to_have_text(words)
        assert state(page, item) == was, typed
        box.focus()
        page.keyboard.type(f"{month:02}/17/2026")
        expect(row(page, item).get_by_role("alert"), typed).to_be_empty()
        row(page, item).get_by_role("radio").first.focus()
        assert f"{calendar.month_name[month]} 17, 2026" in state(page, item), typed


@pytest.mark.parametrize(("typed", "told"), [("11/01/26", "four digits"), ("10/17/2026", "Saved in this browser.")])
def test_a_box_is_checked_by_the_click_that_leaves_a_day(typed, told, page):
    item, below = LEADER.items[:2]
    keep(page, {item.id: entry()})
    open_details(page, item).get_by_label("Done on").focus()
    page.keyboard.type(typed)
    press_slowly(page, box := row(page, below).get_by_role("checkbox"))
    expect(box).to_be_checked()
    expect(row(page, item).locator(".questions")).to_contain_text(told)


@pytest.mark.parametrize(
    ("name", "typed", "words"),
    [
        ("Done on", "01/01/2099", "Enter a day that is not in the future."),
        ("Done on", "", "Enter the day, such as 3/27/2026."),
        ("Decided on", "01/01/2099", "Enter a day that is not in the future."),
    ],
)
def test_a_wrong_day_keeps_the_questions_open_with_its_message(name, typed, words, page):
    item = LEADER.items[0]
    keep(page, {item.id: entry(out=True, **DECISION)})
    was = state(page, item)
    box = open_details(page, item).get_by_label(name)
    box.fill("")
    box.focus()
    page.keyboard.type(typed)
    row(page, item).get_by_role("button", name="Save and close").click()
    expect(row(page, item).get_by_role("alert")).to_have_text(words)
    expect(box).to_be_focused()
    expect(box).to_have_attribute("aria-invalid", "true")
    if name == "Done on":
        assert state(page, item) == was
    box.fill("2026-10-17")
    expect(row(page, item).get_by_role("alert")).to_be_empty()
    row(page, item).get_by_role("button", name="Save and close").click()
    expect(row(page, item).locator(".questions")).to_have_count(0)
    assert "October 17, 2026" in state(page, item)


def test_days_that_were_kept_half_typed_are_gone_and_nothing_else(page):
    first, second = LEADER.items[:2]
    keep(page, {first.id: entry(on="0026-11-01"), second.id: entry(on="2026-11-01")}, agency="Town of Sample")
    assert state(page, first) == "Done (date not given)."
    assert state(page, second) == "Done November 1, 2026."


def test_a_box_cleared_by_mistake_has_its_day_again(page):
    item = LEADER.items[0]
    keep(page, {item.id: entry(on="2026-05-05")})
    tick(page, [item])
    tick(page, [item])
    assert state(page, item) == "Done May 5, 2026."


@pytest.mark.parametrize("out", [True, False])
def test_of_a_box_cleared_and_checked_again_the_sequence_is_judged_anew(out, page):
    """What somebody said of its place in the sequence was about the time before."""
    item = TEAM.items[0] if not out else LEADER.items[0]
    keep(page, {item.id: entry(out=out)})
    visit(page, "leader" if out else "team")
    assert ("out of sequence" in state(page, item)) is out
    tick(page, [item])
    tick(page, [item])
    assert ("out of sequence" in state(page, item)) is not out


def test_coming_back_shows_the_record_where_the_browser_empties_the_boxes(page):
    done, decided = LEADER.items[:2]
    keep(page, {done.id: entry(on="2026-05-05"), decided.id: entry("not-taken", **DECISION)})
    questions = open_details(page, decided)
    page.evaluate(COMING_BACK)
    assert row(page, done).get_by_role("checkbox").is_checked()
    questions.get_by_label("Reason").press_sequentially("And more.")
    assert "Decided by Chief Sample" in state(page, decided)


def test_what_is_done_while_an_earlier_checklist_is_open_is_out_of_sequence_and_can_be_explained(page):
    visit(page, "team")
    item = TEAM.items[0]
    tick(page, [item])
    assert "Done out of sequence" in state(page, item)
    assert "No decision is noted yet." in state(page, item)
    assert so_far(page) == f"1 of {len(TEAM.items)} items done, 1 out of sequence."
    questions = open_details(page, item)
    assert questions.get_by_label("Done out of sequence").is_checked()
    questions.get_by_label("Who decided").fill("Sheriff Sample")
    questions.get_by_label("Decided on").fill("2026-10-01")
    questions.get_by_label("Reason").fill("The trainer was in town.")
    assert state(page, item).endswith("Decided by Sheriff Sample on October 1, 2026: The trainer was in town.")


def test_a_person_may_say_that_it_was_in_sequence_after_all(page):
    visit(page, "team")
    tick(page, TEAM.items[:1])
    open_details(page, TEAM.items[0]).get_by_label("Done out of sequence").uncheck()
    assert state(page, TEAM.items[0]).startswith("Done ")
    assert "sequence" not in state(page, TEAM.items[0])


@pytest.mark.parametrize(
    ("on", "expected"), [("2026-11-01", "Done out of sequence"), ("2026-11-02", "Done Nov"), ("2026-11-03", "Done Nov")]
)
def test_sequence_follows_the_dates_once_the_earlier_checklists_are_done(on, expected, page):
    visit(page, "team")
    done = {item.id: entry(on="2026-11-02") for item in LEADER.items}
    keep(page, done | {TEAM.items[0].id: entry(on=on)})
    assert state(page, TEAM.items[0]).startswith(expected)


def test_the_optional_checklist_has_no_place_in_the_sequence_and_counts_for_itself(page):
    visit(page, "promise")
    tick(page, PROMISE.items[:1])
    assert state(page, PROMISE.items[0]).startswith("Done ")
    assert so_far(page) == f"1 of {len(PROMISE.items)} items done."
    visit(page)
    required = sum(len(checklist.items) for checklist in CHECKLISTS if not checklist.optional)
    assert so_far(page) == f"0 of {required} items done."


def test_the_next_step_is_pointed_out_and_moves_on(page):
    assert row(page, LEADER.items[0]).get_by_text("Next item", exact=True).is_visible()
    tick(page, LEADER.items[:1])
    expect(row(page, LEADER.items[0]).get_by_text("Next item", exact=True)).to_have_count(0)
    page.get_by_text("Next item:").get_by_role("link").click()
    page.wait_for_url(f"**/checklists/leader/#{LEADER.items[1].id}")
    visit(page)
    assert page.get_by_text("Next item:").inner_text() == f"Next item: 1.2 {LEADER.items[1].text}"


def test_two_windows_see_each_others_ticks_and_lose_none(page, context):
    other = context.new_page()
    visit(other, "leader")
    tick(page, LEADER.items[:1])
    expect(row(other, LEADER.items[0]).get_by_role("checkbox")).to_be_checked()
    tick(other, LEADER.items[1:2])
    expect(row(page, LEADER.items[1]).get_by_role("checkbox")).to_be_checked()
    assert len(record(page)["items"]) == 2


def test_an_answer_of_one_window_leaves_the_others_of_the_other_window(page, context):
    """Of the open questions about an item: each window has boxes, and sends what was changed in it."""
    item = LEADER.items[0]
    here = open_details(page, item)
    here.get_by_label("Skipped, by decision").check()
    here.get_by_label("Reason").press_sequentially("No")
    other = context.new_page()
    visit(other, "leader")
    there = open_details(other, item)
    there.get_by_label("Who decided").fill("Chief Sample")
    there.get_by_label("Reason").fill("Too small for it")
    expect(here.get_by_label("Who decided")).to_have_value("Chief Sample")
    expect(here.get_by_label("Reason")).to_have_value("Too small for it")
    here.get_by_label("Reason").press_sequentially(".")
    assert record(page)["items"][item.id].items() >= {"who": "Chief Sample", "why": "Too small for it."}.items()
    there.get_by_label("To do").check()
    expect(here.get_by_label("To do")).to_be_checked()


def test_a_date_in_the_middle_of_typing_stays_as_typed_whatever_another_window_does(page, context):
    item = LEADER.items[0]
    keep(page, {item.id: entry(on="2026-11-02")})
    here = open_details(page, item)
    here.get_by_label("Done on").focus()
    page.keyboard.type("10")
    other = context.new_page()
    visit(other, "leader")
    open_details(other, item).get_by_label("Done on").fill("2026-03-27")
    expect(row(page, item).locator(".item__state")).to_have_text("Done March 27, 2026.")
    page.keyboard.type("17")
    here.get_by_label("Done", exact=True).focus()
    assert record(page)["items"][item.id]["on"] == "2026-10-17"
    row(other, item).get_by_label("Done on").fill("2026-04-01")
    expect(here.get_by_label("Done on")).to_have_value("2026-04-01")  # nobody types in it any more


def test_an_answer_to_what_another_window_erased_meanwhile_is_kept_as_of_something_to_do(page, context):
    """A record with an answer that has no state would be set aside as a whole."""
    item = LEADER.items[0]
    keep(page, {item.id: entry(on="2026-11-02")})
    open_details(page, item).get_by_label("Done on").focus()
    page.keyboard.type("10")
    other = context.new_page()
    visit(other)
    other.get_by_text("Erase everything", exact=True).click()
    other.get_by_role("button", name="Erase everything in this browser").click()
    expect(row(page, item).get_by_role("checkbox", name=item.text)).not_to_be_checked()
    row(page, item).get_by_role("button", name="Save and close").click()
    page.reload()
    page.wait_for_selector("[data-progress]:not([hidden])")
    expect(page.locator(".progress__words")).to_have_text(f"0 of {len(LEADER.items)} items done.")
    expect(page.locator(".progress__trouble")).to_be_hidden()
    assert record(page)["items"][item.id]["state"] == "to-do"


def after(row) -> str:
    """What the stylesheet says behind the words of an item."""
    return row.locator(".item__state").evaluate("(each) => getComputedStyle(each, '::after').content")


def test_what_was_saved_last_is_said_beside_it(page):
    first, second = (row(page, item) for item in LEADER.items[:2])
    tick(page, LEADER.items[:1])
    assert after(first) == '" Saved."'
    assert page.locator("[data-progress] [role=status]").inner_text().startswith("Saved. 1 of")
    tick(page, LEADER.items[1:2])
    assert (after(first), after(second)) == ("none", '" Saved."')
    tick(page, LEADER.items[1:2])
    assert after(second) == '" Saved."'
    questions = open_details(page, LEADER.items[2])
    questions.get_by_label("Done", exact=True).check()
    expect(questions.get_by_role("status")).to_have_text("Saved in this browser.")


def test_what_the_browser_could_not_save_is_not_called_saved(page):
    page.evaluate("() => { Storage.prototype.setItem = () => { throw new DOMException('', 'QuotaExceededError') } }")
    questions = open_details(page, LEADER.items[0])
    questions.get_by_label("Done", exact=True).check()
    expect(questions.get_by_role("status")).to_be_empty()
    assert after(row(page, LEADER.items[0])) == "none"


def test_an_item_that_is_skipped_looks_so(page):
    items = [row(page, item) for item in LEADER.items[:2]]

    def look() -> list[str]:
        style = "(box) => getComputedStyle(box).appearance + getComputedStyle(box.parentElement).color"
        return [each.get_by_role("checkbox").evaluate(style) for each in items]

    before = look()
    decide(page, LEADER.items[0], **DECISION)
    after = look()
    assert before[0] == before[1] == after[1] != after[0]


def test_an_incomplete_decision_is_an_error_only_once_it_is_left(page):
    item = LEADER.items[0]
    color = "(each) => getComputedStyle(each).color"
    open_details(page, item).get_by_label("Skipped, by decision").check()
    while_open = row(page, item).locator(".item__state").evaluate(color)
    page.keyboard.press("Escape")
    expect(row(page, item).locator(".questions")).to_have_count(0)
    expect(row(page, item).get_by_role("button", name="Note decision")).to_be_focused()
    assert row(page, item).locator(".item__state").evaluate(color) != while_open


def test_on_a_phone_the_button_of_an_item_is_one_line_below_its_words(page):
    tick(page, LEADER.items[:1])
    for width in (390, 320):
        page.set_viewport_size({"width": width, "height": 800})
        for number in (0, 1):
            item = row(page, LEADER.items[number])
            box = item.locator(".item__more").bounding_box()
            above = item.locator(".item__ask, .item__state").last.bounding_box()
            words = item.locator(".item__ask span").bounding_box()
            assert box["y"] >= above["y"] + above["height"] - 16  # what they leave free around their words
            assert abs(box["x"] - words["x"]) < 1
            assert 24 <= box["height"] < 44


def test_a_reason_that_is_a_long_address_fits_a_phone(page):
    page.set_viewport_size({"width": 320, "height": 256})  # enlarged to 400 percent, or a small phone
    address = "https://www.example.gov/council/minutes-of-the-meeting-of-november-2026.pdf"
    mine, theirs = (entry("not-taken", **DECISION | {"why": why}) for why in (address, f"{address}#page=2"))
    keep(page, {LEADER.items[0].id: mine})
    assert page.evaluate("document.documentElement.scrollWidth") == 320
    visit(page)
    copy = {"version": 1, "agency": "", "items": {LEADER.items[0].id: theirs}}
    file: Any = {"name": "copy.json", "mimeType": "application/json", "buffer": json.dumps(copy).encode()}
    page.get_by_label("Open a saved file").set_input_files(file)
    expect(page.locator("#incoming")).to_contain_text("#page=2")
    assert page.evaluate("document.documentElement.scrollWidth") == 320


# Who answers for a checklist, and until when


def plan(page, owner: str, by: str):
    page.get_by_text("Person responsible and target date").click()
    page.get_by_label("Person responsible, name and rank").fill(owner)
    page.get_by_label("Target date", exact=True).fill(by)
    page.get_by_label("Person responsible, name and rank").focus()
    return page.locator(".plan")


def test_owner_and_target_date_are_kept_and_on_the_index_and_on_paper(page, tmp_path):
    form = plan(page, "Lt. Sample <b>", "2026-01-31")
    expect(form.get_by_role("status")).to_have_text("Saved in this browser.")
    words = "Lt. Sample <b>, by January 31, 2026 (this day has passed)"
    expect(form.locator("summary")).to_have_text(f"Person responsible and target date: {words}")
    for name in ("leader", "print"):
        visit(page, name)
        text = printed(page, tmp_path / f"{name}.pdf")
        assert "Lt. Sample <b>" in text
        assert "January 31, 2026" in text
    visit(page)
    expect(page.locator("[data-step=leader] .step__plan")).to_have_text(words)
    expect(page.locator("[data-step=team] .step__plan")).to_be_hidden()


def test_a_target_date_that_was_chosen_from_the_calendar_is_kept_at_once(page):
    page.get_by_text("Person responsible and target date").click()
    page.get_by_label("Target date", exact=True).fill("2027-01-31")  # as a calendar does, without a key
    expect(page.locator("[data-planned]")).to_have_text("by January 31, 2027")
    assert record(page)["plans"]["leader"]["by"] == "2027-01-31"


def test_of_a_checklist_that_is_done_no_day_has_passed(page):
    keep(page, {item.id: entry() for item in LEADER.items})
    plan(page, "Lt. Sample", "2026-01-31")
    visit(page)
    expect(page.locator("[data-step=leader] .step__plan")).to_have_text("Lt. Sample, by January 31, 2026")


@pytest.mark.parametrize("typed", ["02/30/2027", "01/01/1999", "01/01/2100"])
def test_a_target_date_that_is_none_is_said_and_the_kept_one_stays(typed, page):
    form = plan(page, "", "2027-01-31")
    page.get_by_label("Target date", exact=True).focus()
    page.keyboard.type(typed)
    page.get_by_label("Person responsible, name and rank").focus()
    expect(form.get_by_role("status")).to_have_text("Enter a real date, such as 11/20/2027.")
    assert record(page)["plans"]["leader"]["by"] == "2027-01-31"


def test_a_plan_that_another_window_changed_stays_so_when_this_one_is_closed(page, context):
    page.get_by_text("Person responsible and target date").click()
    by = page.get_by_label("Target date", exact=True)
    by.focus()
    page.keyboard.type("11/20/2027")
    by.dispatch_event("focusout")  # the window is left, not the box
    other = context.new_page()
    visit(other, "leader")
    plan(other, "Lt. Sample", "2027-12-01")
    with page.expect_event("close"):
        page.close(run_before_unload=True)
    expect(other.locator("[data-planned]")).to_have_text("Lt. Sample, by December 1, 2027")
    assert record(other)["plans"]["leader"].items() >= {"owner": "Lt. Sample", "by": "2027-12-01"}.items()


def test_a_name_that_another_window_changed_shows_although_its_box_has_the_focus(page, context):
    owner = plan(page, "Chief Sample", "").get_by_label("Person responsible, name and rank")
    expect(owner).to_be_focused()
    other = context.new_page()
    visit(other, "leader")
    plan(other, "Lt. Sample", "")
    expect(owner).to_have_value("Lt. Sample")


# The index as a list of tasks


def test_every_checklist_has_a_status(page):
    done = {item.id: entry() for item in LEADER.items}
    keep(page, done | {TEAM.items[0].id: entry(), TEAM.items[1].id: entry("not-taken", **DECISION)})
    visit(page)
    status = dict.fromkeys((checklist.name for checklist in CHECKLISTS), "Not started")
    status |= {"leader": "Done", "team": f"1 of {len(TEAM.items)}", "promise": "Optional"}
    for name, words in status.items():
        expect(page.locator(f"[data-step={name}] .step__status")).to_have_text(words)
    color = "(name) => getComputedStyle(document.querySelector(`[data-step=${name}] .step__status`)).backgroundColor"
    assert len({page.evaluate(color, name) for name in ("leader", "team", "promise")}) == 3
    more = page.locator("[data-step=team] details")
    expect(more.get_by_text(TEAM.purpose)).to_be_hidden()
    more.locator("summary").click()
    expect(more.get_by_text(TEAM.purpose)).to_be_visible()
    expect(more.locator(".step__count")).to_have_text(f"1 of {len(TEAM.items)} items done, 1 skipped by decision.")


def test_on_a_later_visit_progress_and_next_item_are_on_the_first_screen(page):
    tick(page, LEADER.items[:1])
    for name in ("", "leader"):
        visit(page, name)
        expect(page.locator(".progress__next a")).to_be_in_viewport(ratio=1)


def test_a_box_is_checked_by_the_click_that_leaves_the_target_date(page):
    """The date is saved, and said to be, between the button's way down and its way up."""
    page.get_by_text("Person responsible and target date").click()
    page.get_by_label("Target date", exact=True).focus()
    page.keyboard.type("12012027")
    press_slowly(page, page.locator(".item input").first)
    expect(page.locator(".item input").first).to_be_checked()
    expect(page.locator(".plan [role=status]")).to_have_text("Saved in this browser.")


def test_a_plan_for_a_checklist_is_enough_for_the_sheet_that_says_where_the_agency_stands(page, tmp_path):
    plan(page, "Chief Sample", "2027-03-01")
    visit(page)
    text = printed(page, tmp_path / "status.pdf")
    assert text.count("\f") == 1
    assert "Chief Sample, by March 1, 2027" in text


def test_the_council_gets_one_sheet_that_says_where_the_agency_stands(page, tmp_path):
    keep(page, {LEADER.items[0].id: entry()}, agency="Town of Sample")
    plan(page, "Chief Sample", "2027-03-01")
    visit(page)
    page.evaluate("() => { globalThis.prints = 0; window.print = () => { prints += 1 } }")
    page.get_by_role("button", name="Print a one-page status").first.click()
    assert page.evaluate("prints") == 1
    text = printed(page, tmp_path / "status.pdf")
    assert text.count("\f") == 1
    for words in ("Where we stand", "Town of Sample, ", "Chief Sample, by March 1, 2027", f"1 of {len(LEADER.items)}"):
        assert words in text
    for checklist in CHECKLISTS:
        assert checklist.title in text
    assert "How the checklists work" not in text


# For keyboard and screen reader


def test_ticking_by_keyboard_keeps_the_focus_and_is_announced(page):
    box = row(page, LEADER.items[0]).get_by_role("checkbox")
    box.focus()
    page.keyboard.press("Space")
    expect(box).to_be_focused()
    assert f"1 of {len(LEADER.items)} items" in page.locator("[data-progress] [role=status]").inner_text()
    expect(box).to_have_accessible_description(re.compile("^Done "))
    expect(row(page, LEADER.items[1]).get_by_role("checkbox")).to_have_accessible_description("Next item")


def test_the_button_of_an_item_says_what_it_does_there(page):
    items = LEADER.items[:3]
    button = [row(page, item).locator(".item__more") for item in items]
    tick(page, items[:1])
    decide(page, items[1], **DECISION)
    open_details(page, items[2]).get_by_label("Skipped, by decision").check()
    for each, words in zip(button, ["Change date", "Change decision", "Note decision"], strict=True):
        expect(each).to_have_text(words)
    expect(button[0]).to_have_accessible_name("Change date, item 1.1")
    tick(page, items[:1])
    expect(button[0]).to_have_accessible_name("Mark or skip, item 1.1")
    visit(page, "team")
    tick(page, TEAM.items[:1])
    expect(row(page, TEAM.items[0]).locator(".item__more")).to_have_text("Date and decision")


def test_details_are_opened_and_closed_by_keyboard_and_the_focus_comes_back(page):
    button = row(page, LEADER.items[0]).get_by_role("button", name="Mark or skip, item 1.1")
    button.focus()
    page.keyboard.press("Enter")
    expect(button).to_have_attribute("aria-expanded", "true")
    expect(row(page, LEADER.items[0]).get_by_label("To do")).to_be_focused()
    row(page, LEADER.items[0]).get_by_role("button", name="Save and close").press("Enter")
    expect(button).to_be_focused()
    expect(button).to_have_attribute("aria-expanded", "false")


def test_escape_that_ends_the_composing_of_a_letter_does_not_close_the_questions(page):
    who = open_details(page, LEADER.items[0]).get_by_label("Who decided")
    escape = """(each, isComposing) => each.dispatchEvent(
      new KeyboardEvent("keydown", { key: "Escape", isComposing, bubbles: true }))"""
    who.evaluate(escape, True)
    expect(page.locator(".questions")).to_have_count(1)
    who.evaluate(escape, False)
    expect(page.locator(".questions")).to_have_count(0)


def test_the_keyboard_shows_where_it_is_among_the_questions_about_an_item(page):
    open_details(page, LEADER.items[0]).get_by_label("Skipped, by decision").check()
    seen = set()
    while True:
        page.keyboard.press("Tab")
        inside, kind, outlined = page.evaluate(FOCUSED)
        if not inside:
            break
        seen.add(kind)
        assert outlined, kind
    assert seen >= {"date", "textarea", "submit"}


def test_every_target_is_at_least_24_by_24_pixels(page):
    open_details(page, LEADER.items[0]).get_by_label("Skipped, by decision").check()
    small = page.evaluate(
        """() => [...document.querySelectorAll("main input, main button, main summary, main textarea, .page button")]
          .filter((e) => e.checkVisibility() && !e.matches(".trap *"))
          .filter((e) => { const r = e.getBoundingClientRect(); return r.width < 24 || r.height < 24 })
          .map((e) => e.outerHTML)"""
    )
    assert small == []


# When the script comes late, or not at all


def late(page, file: str) -> Callable[[], None]:
    """Keep back what the page asks for by this name, until the result is called."""
    asked: list[Route] = []
    may_come = False
    page.route(f"**/{file}", lambda route: route.continue_() if may_come else asked.append(route))

    def come() -> None:
        nonlocal may_come
        may_come = True  # also what is asked for from now on
        for route in asked:
            route.continue_()

    return come


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("leader", "plan.*.js"),
        ("leader", "all.json"),
        ("print", "sheets.*.js"),
        ("print", "all.json"),
        ("print", "plan.*.js"),
    ],
)
def test_ticks_are_kept_that_were_there_before_the_script(name, file, page):
    """On a first visit, and on one that has something to draw."""
    for first, last in ((0, 3), (3, 5)):
        come = late(page, file)
        page.goto(f"/checklists/{name}/")
        for number in range(first, last):
            page.locator(".item input").nth(number).check()
        come()
        expect(page.locator(".item[data-kind=done]")).to_have_count(last)
        assert set(record(page)["items"]) == {item.id for item in LEADER.items[:last]}


def test_a_box_that_only_the_browser_would_check_again_is_no_tick(page):
    tick(page, LEADER.items[:1])
    page.goto("/faq/")
    page.evaluate("localStorage.clear()")
    page.go_back()
    page.wait_for_selector("[data-progress]:not([hidden])")
    assert so_far(page) == f"0 of {len(LEADER.items)} items done."
    assert record(page) is None


def test_on_the_page_of_all_ticks_that_could_not_be_kept_are_kept_with_the_next_one(context):
    [page] = context.pages
    visit(page, "print")
    page.route("**/all.json", lambda route: route.abort())
    boxes, alert = page.locator(".item input"), page.get_by_role("alert")
    boxes.nth(0).check()
    expect(alert).to_contain_text("check marks are not saved")
    page.unroute("**/all.json")
    boxes.nth(1).check()
    expect(alert).to_be_hidden()
    assert set(record(page)["items"]) == {item.id for item in LEADER.items[:2]}


def test_the_questions_open_once_however_often_they_are_asked_for_before_they_come(page):
    come = late(page, "questions.*.js")
    button = row(page, LEADER.items[0]).get_by_role("button", name="Mark or skip")
    button.dblclick()
    other = row(page, LEADER.items[1]).get_by_role("button", name="Mark or skip")
    other.click()
    come()
    expect(other).to_have_attribute("aria-expanded", "true")
    expect(button).to_have_attribute("aria-expanded", "true")
    button.click()
    expect(button).to_have_attribute("aria-expanded", "false")


NEXT_EDITION: dict[str, Callable[[list[dict]], object]] = {
    "a new item at the front": lambda items: items.insert(0, items[0] | {"id": "leader-new", "text": "Begin anew."}),
    "an item that says something else": lambda items: items[0].update(text="Complete both modules."),
    "an item less": lambda items: items.pop(),
}


@pytest.mark.parametrize("change", NEXT_EDITION.values(), ids=NEXT_EDITION)
def test_a_page_of_all_from_before_another_edition_keeps_no_tick_for_another_item(change, context):
    [page] = context.pages
    visit(page, "print")

    def answer(route: Route) -> None:
        given = route.fetch().json()
        change(given["checklists"][0]["items"])
        route.fulfill(json=given)

    page.route("**/all.json", answer)
    page.locator(".item input").first.check()
    expect(page.get_by_role("alert")).to_contain_text("check marks are not saved. Reload it.")
    page.unroute("**/all.json")
    page.goto("/faq/")
    page.go_back()
    expect(page.locator(".item input").first).not_to_be_checked()
    assert record(page) is None


def test_a_tick_is_kept_on_a_page_of_all_that_the_browser_translated(context):
    [page] = context.pages
    visit(page, "print")
    page.evaluate("for (const text of document.querySelectorAll('.item span')) text.textContent = 'Haga esto.'")
    page.locator(".item input").first.check()
    expect(page.locator(".item[data-kind=done]")).to_have_count(1)
    assert set(record(page)["items"]) == {LEADER.items[0].id}


def test_the_button_of_an_item_works_on_a_page_that_the_browser_translated(page):
    page.evaluate(TRANSLATED)
    open_details(page, LEADER.items[0])


# When the browser does not keep things


def test_storage_that_is_switched_off_is_said_and_ticks_work_until_the_page_is_closed(own_page):
    page = own_page
    page.add_init_script("Object.defineProperty(window, 'localStorage', { get() { throw new Error('off') } })")
    visit(page, "leader")
    assert "does not let the site save anything" in page.get_by_role("alert").inner_text()
    tick(page, LEADER.items[:2])
    assert so_far(page) == f"2 of {len(LEADER.items)} items done."


def test_storage_that_is_full_is_said_and_nothing_on_the_page_is_lost(page):
    tick(page, LEADER.items[:1])
    page.evaluate("() => { Storage.prototype.setItem = () => { throw new DOMException('', 'QuotaExceededError') } }")
    tick(page, LEADER.items[1:3])
    assert "could not save your last change" in page.get_by_role("alert").inner_text()
    assert so_far(page) == f"3 of {len(LEADER.items)} items done."
    assert len(record(page)["items"]) == 1


def fill_storage(page) -> None:
    """Leave no room for anything in the storage of the site."""
    page.evaluate(
        """() => {
          for (let size = 1 << 22; size >= 1; size >>= 1)
            for (let number = 0; number < 3; number++)
              try { localStorage.setItem(`filler ${size} ${number}`, "x".repeat(size)) } catch {}
        }"""
    )


def make_room(page) -> None:
    page.evaluate(
        "() => { for (const key of Object.keys(localStorage)) if (/^filler/.test(key)) localStorage.removeItem(key) }"
    )


def test_what_could_not_be_saved_is_saved_later_and_overwrites_nothing_of_another_window(page, context):
    tick(page, LEADER.items[:1])
    fill_storage(page)
    tick(page, LEADER.items[1:3])
    assert "could not save your last change" in page.get_by_role("alert").inner_text()
    make_room(page)
    other = context.new_page()
    visit(other)
    other.get_by_label("Agency name").fill("Town of Sample")
    visit(other, "leader")
    tick(other, LEADER.items[:1])
    decide(other, LEADER.items[2], **DECISION)
    tick(other, LEADER.items[3:4])
    plan(other, "Chief Sample", "2027-12-01")
    expect(page.locator("[data-planned]")).to_have_text("Chief Sample, by December 1, 2027")  # the last of it
    expect(row(page, LEADER.items[3]).get_by_role("checkbox")).to_be_checked()
    assert so_far(page) == f"2 of {len(LEADER.items)} items done, 1 skipped by decision."
    tick(page, LEADER.items[4:5])
    expect(page.locator(".progress__trouble")).to_be_hidden()
    kept = record(page)
    states = ["to-do", "done", "not-taken", "done", "done"]
    assert [kept["items"][item.id]["state"] for item in LEADER.items[:5]] == states
    assert (kept["agency"], kept["plans"]["leader"]["owner"]) == ("Town of Sample", "Chief Sample")


def test_what_another_window_erased_stays_erased_but_for_what_could_not_be_saved(page, context):
    tick(page, LEADER.items[:1])
    fill_storage(page)
    tick(page, LEADER.items[1:2])
    make_room(page)
    other = context.new_page()
    visit(other)
    other.get_by_text("Erase everything", exact=True).click()
    other.get_by_role("button", name="Erase everything in this browser").click()
    expect(row(page, LEADER.items[0]).get_by_role("checkbox")).not_to_be_checked()
    tick(page, LEADER.items[2:3])
    assert set(record(page)["items"]) == {item.id for item in LEADER.items[1:3]}


def test_storage_that_was_cleared_is_said_and_kept_again_with_the_next_change(page):
    tick(page, LEADER.items[:2])
    page.evaluate("localStorage.clear()")
    page.evaluate("dispatchEvent(new StorageEvent('storage', { key: null }))")
    assert "cleared what it had saved" in page.get_by_role("alert").inner_text()
    tick(page, LEADER.items[2:3])
    assert len(record(page)["items"]) == 3
    expect(page.locator(".progress__trouble")).to_be_hidden()


def test_a_plan_stays_where_the_storage_was_cleared_before_anything_was_ticked(page):
    plan(page, "Chief Sample", "2027-12-01")
    page.evaluate("localStorage.clear()")
    tick(page, LEADER.items[:1])
    assert record(page)["plans"]["leader"]["owner"] == "Chief Sample"


def test_a_record_that_cannot_be_read_is_put_aside_and_said(page):
    page.evaluate(f"localStorage.setItem('{KEY}', '{{broken')")
    page.reload()
    assert "could not be read and was set aside" in page.get_by_role("alert").inner_text()
    tick(page, LEADER.items[:1])
    assert page.evaluate(f"localStorage.getItem('{KEY}.unreadable')") == "{broken"


def test_a_record_of_a_newer_version_of_the_site_stays_as_it_is_until_it_is_erased(page):
    tick(page, LEADER.items[:1])
    newer = page.evaluate(
        f"""() => {{
          localStorage.setItem('{KEY}', JSON.stringify({{ version: 2, done: ["all"] }}));
          dispatchEvent(new StorageEvent("storage", {{ key: '{KEY}' }}));
          return localStorage.getItem('{KEY}');
        }}"""
    )
    told = page.locator(".progress__trouble")
    expect(told).to_contain_text("kept by a newer version of this site. Reload this page")
    tick(page, LEADER.items[1:2])
    assert so_far(page) == f"2 of {len(LEADER.items)} items done."
    visit(page)
    expect(told).to_contain_text("newer version")
    assert page.evaluate(f"localStorage.getItem('{KEY}')") == newer
    page.get_by_text("Erase everything", exact=True).click()
    page.get_by_role("button", name="Erase everything in this browser").click()
    expect(told).to_be_hidden()
    assert record(page)["items"] == {}


@pytest.mark.parametrize(
    ("name", "file"),
    [("leader/", "all.json"), ("leader/", "plan.*.js"), ("print/", "sheets.*.js"), ("", "progress.*.js")],
)
def test_a_page_that_did_not_load_completely_says_that_ticks_are_not_kept(name, file, context):
    [page] = context.pages
    page.route(f"**/{file}", lambda route: route.abort())
    page.goto(f"/checklists/{name}")
    expect(page.get_by_role("alert")).to_contain_text("check marks are not saved")
    expect(page.locator(".progress__words")).to_be_visible()


def test_without_script_the_page_is_complete_and_shows_nothing_that_needs_it(browser, local_run):
    context = browser.new_context(base_url=local_run.url, java_script_enabled=False)
    page = context.new_page()
    for name in ("", "leader/", "print/"):
        page.goto(f"/checklists/{name}")
        assert page.locator(".page button:visible, .page progress:visible, .page form:visible").count() == 0
    assert page.get_by_role("checkbox").count() == sum(len(checklist.items) for checklist in CHECKLISTS)
    context.close()
