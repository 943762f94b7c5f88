"""Working with one checklist: ticks, dates, decisions, sequence, and what is said when the browser cannot keep them."""

from datetime import date

import pytest
from playwright.sync_api import expect

from tests.support.checklist_pages import (
    CHECKLISTS,
    KEY,
    decide,
    entry,
    keep,
    named,
    open_details,
    record,
    row,
    so_far,
    state,
    tick,
    visit,
)
from tests.support.visits import COMING_BACK

LEADER, TEAM, PROMISE = named("leader"), named("team"), named("promise")
TODAY = date.today().isoformat()
DECISION = {"who": "Chief Sample", "when": "2026-11-01", "why": "A county <b>of nine</b> officers."}


@pytest.fixture
def context(browser, local_run):
    context = browser.new_context(base_url=local_run.url, viewport={"width": 390, "height": 800})
    context.set_default_timeout(10_000)
    yield context
    context.close()


@pytest.fixture
def page(context):
    """The first checklist. Fails at the end where the script failed or broke the policy."""
    page = context.new_page()
    said = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    visit(page, "leader")
    yield page
    assert said == []


def test_a_tick_is_kept_with_its_date_and_is_there_after_the_window_was_closed(page, context):
    tick(page, LEADER.items[:2])
    assert record(page)["items"][LEADER.items[0].id] | {"at": 0} == entry(on=TODAY, at=0)
    page.close()
    again = context.new_page()
    visit(again, "leader")
    assert row(again, LEADER.items[1]).get_by_role("checkbox").is_checked()
    assert "Done " in state(again, LEADER.items[1])
    assert so_far(again) == f"2 of {len(LEADER.items)} items done."


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
    assert "the decision is incomplete" in state(page, item)
    assert so_far(page) == f"0 of {len(LEADER.items)} items done."
    row(page, item).get_by_role("button", name="Close").click()
    decide(page, item, **DECISION)
    assert (
        state(page, item)
        == "Skipped by decision. Decided by Chief Sample on November 1, 2026: A county <b>of nine</b> officers."
    )
    assert so_far(page) == f"0 of {len(LEADER.items)} items done, 1 skipped by decision."
    assert not row(page, item).get_by_role("checkbox").is_checked()


def test_a_day_to_come_in_a_copy_is_not_taken(page):
    item = LEADER.items[0]
    tick(page, [item])
    was = state(page, item)
    keep(page, {item.id: entry(on="2099-01-01")})
    assert state(page, item) == was


@pytest.mark.parametrize("name", ["Done on", "Decided on"])
@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("11/01/26", "Enter the year in four digits."),
        ("01/01/2099", "Enter a day that is not in the future."),
        ("01/01/1999", "Enter a date from the year 2000 on."),
        ("02/30/2026", "Enter a real date, such as 11/20/2026."),
    ],
)
def test_a_day_counts_when_it_is_whole_real_and_within_sense(name, typed, words, page):
    """And its box says so: a date box passes through the years 2, 20 and 202 while 2026 is typed."""
    item = LEADER.items[0]
    kept = entry() if name == "Done on" else entry("not-taken", **DECISION)
    keep(page, {item.id: kept})
    was = state(page, item)
    box = open_details(page, item).get_by_label(name)
    box.focus()
    page.keyboard.type(typed)
    row(page, item).get_by_role("radio").first.focus()
    expect(row(page, item).get_by_role("alert")).to_have_text(words)
    assert state(page, item) == was
    box.focus()
    page.keyboard.type("10/17/2026")
    expect(row(page, item).get_by_role("alert")).to_be_empty()
    row(page, item).get_by_role("radio").first.focus()
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
    assert page.url.endswith(f"/checklists/leader/#{LEADER.items[1].id}")
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


# For keyboard and screen reader


def test_ticking_by_keyboard_keeps_the_focus_and_is_announced(page):
    box = row(page, LEADER.items[0]).get_by_role("checkbox")
    box.focus()
    page.keyboard.press("Space")
    expect(box).to_be_focused()
    assert page.locator("[data-progress] [role=status]").inner_text().startswith(f"1 of {len(LEADER.items)} items")
    described = box.get_attribute("aria-describedby")
    assert page.locator(f"[id={described}]").inner_text().startswith("Done ")


def test_details_are_opened_and_closed_by_keyboard_and_the_focus_comes_back(page):
    button = row(page, LEADER.items[0]).get_by_role("button", name="Details of item 1.1")
    button.focus()
    page.keyboard.press("Enter")
    expect(button).to_have_attribute("aria-expanded", "true")
    expect(row(page, LEADER.items[0]).get_by_label("To do")).to_be_focused()
    row(page, LEADER.items[0]).get_by_role("button", name="Close").press("Enter")
    expect(button).to_be_focused()
    expect(button).to_have_attribute("aria-expanded", "false")


def test_every_target_is_at_least_24_by_24_pixels(page):
    open_details(page, LEADER.items[0]).get_by_label("Skipped, by decision").check()
    small = page.evaluate(
        """() => [...document.querySelectorAll("main input, main button, main summary, main textarea, .page button")]
          .filter((e) => e.checkVisibility() && !e.matches(".trap *"))
          .filter((e) => { const r = e.getBoundingClientRect(); return r.width < 24 || r.height < 24 })
          .map((e) => e.outerHTML)"""
    )
    assert small == []


# When the browser does not keep things


def test_storage_that_is_switched_off_is_said_and_ticks_work_until_the_page_is_closed(page):
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


def test_storage_that_was_cleared_is_said_and_kept_again_with_the_next_change(page):
    tick(page, LEADER.items[:2])
    page.evaluate("localStorage.clear()")
    page.evaluate("dispatchEvent(new StorageEvent('storage', { key: null }))")
    assert "cleared what it had saved" in page.get_by_role("alert").inner_text()
    tick(page, LEADER.items[2:3])
    assert len(record(page)["items"]) == 3
    expect(page.locator(".progress__trouble")).to_be_hidden()


def test_a_record_that_cannot_be_read_is_put_aside_and_said(page):
    page.evaluate(f"localStorage.setItem('{KEY}', '{{broken')")
    page.reload()
    assert "could not be read and was set aside" in page.get_by_role("alert").inner_text()
    tick(page, LEADER.items[:1])
    assert page.evaluate(f"localStorage.getItem('{KEY}.unreadable')") == "{broken"


def test_a_page_that_did_not_load_completely_says_that_ticks_are_not_kept(context):
    page = context.new_page()
    page.route("**/checklists/all.json", lambda route: route.abort())
    page.goto("/checklists/leader/")
    expect(page.get_by_role("alert")).to_contain_text("check marks are not saved")


def test_without_script_the_page_is_complete_and_shows_nothing_that_needs_it(browser, local_run):
    context = browser.new_context(base_url=local_run.url, java_script_enabled=False)
    page = context.new_page()
    for name in ("", "leader/", "print/"):
        page.goto(f"/checklists/{name}")
        assert page.locator(".page button:visible, .page progress:visible, .page form:visible").count() == 0
    assert page.get_by_role("checkbox").count() == sum(len(checklist.items) for checklist in CHECKLISTS)
    context.close()
