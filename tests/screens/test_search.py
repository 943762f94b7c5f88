"""The search page: a plain index for everybody, and with script results as one types."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from playwright.sync_api import expect

from tests.support.pages import search_index
from tests.support.visits import after_its_script, hold_back

RESULTS = ".search__results li"
SEARCHES = yaml.safe_load(Path(__file__).with_name("searches.yml").read_text("utf-8"))
FIRST = """async ([module, entries, questions]) => {
  const { find, prepare } = await import(module);
  const prepared = prepare(entries);
  return questions.map((question) => find(prepared, question).found[0]?.url ?? "");
}"""


@pytest.fixture(scope="module")
def index(built_site):
    return search_index(built_site)


@pytest.fixture(scope="module")
def errors() -> list[str]:
    """What the scripts of the page complained of."""
    return []


@pytest.fixture(scope="module")
def one_page(browser, local_run, errors):
    context = browser.new_context(base_url=local_run.url)
    page = after_its_script(context.new_page())
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    context.close()


@pytest.fixture
def page(one_page, errors):
    """One page for all: a search leaves nothing behind but its address, and a new page costs as much as a visit."""
    yield one_page
    assert errors == []


def announced(page):
    """What a screen reader says of a search."""
    return " ".join(page.get_by_role("status").text_content().split())


def ask(page, words: str) -> None:
    page.get_by_label("Words to look for").fill(words)
    page.wait_for_selector(".search__told:not(:empty)")


def test_the_first_result_answers_what_people_type(index, page, built_site):
    [module] = (built_site / "assets").glob("find.*.js")
    page.goto("/search/")
    first = page.evaluate(FIRST, [f"/assets/{module.name}", index, list(SEARCHES)])
    assert len(SEARCHES) >= 80
    found = zip(SEARCHES.items(), first, strict=True)
    assert [(words, url) for (words, right), url in found if url not in str(right).split()] == []


def test_small_words_are_neither_found_nor_marked(page):
    page.goto("/search/")
    ask(page, "what is the framework")
    marks = {mark.lower() for mark in page.locator("mark").all_inner_texts()}
    assert "framework" in marks
    assert not marks & {"what", "is", "the"}


def test_a_word_that_is_there_is_not_taken_for_one_that_resembles_it(page):
    page.goto("/search/")
    ask(page, "cost")
    marks = {mark.lower() for mark in page.locator("mark").all_inner_texts()}
    assert "cost" in marks
    assert "lost" not in marks


def test_results_come_while_one_types_and_their_number_is_said(page):
    page.goto("/search/")
    ask(page, "how long valid")
    assert re.match(r"\d+ results?", page.get_by_role("status").inner_text())
    first = page.locator(RESULTS).first
    assert first.get_by_role("link").inner_text() == "When does my agency certification expire? How long is it valid?"
    assert page.locator(".search__index").is_hidden()
    first.get_by_role("link").click()
    page.wait_for_url("**/faq/#how-long-is-it-valid")
    expect(page.get_by_text("Your receipt shows the last day.")).to_be_visible()


def test_results_stay_where_they_are_when_their_number_is_said(page):
    page.goto("/search/")
    page.get_by_label("Words to look for").fill("plaque")
    result = page.locator(RESULTS).first
    expect(result).to_be_visible()
    assert page.get_by_role("status").inner_text() == ""
    place = result.bounding_box()
    expect(page.get_by_role("status")).to_contain_text("results")
    assert result.bounding_box() == place


def test_forms_of_a_word_and_its_spelling_do_not_matter(page):
    page.goto("/search/")
    for words, title in {
        "Plaques": "Request your plaque",
        "RENEWAL": "How do we renew?",
        "email": "Announcements",
        "agencys leaders": "The leader's personal commitment",
    }.items():
        ask(page, words)
        expect(page.get_by_role("link", name=title).and_(page.locator(f"{RESULTS} a"))).to_have_count(1)


def test_a_question_in_many_words_finds_what_has_some_of_them(page):
    page.goto("/search/")
    ask(page, "whatever happens with renewing zebras")
    assert page.get_by_role("status").inner_text().startswith("Nothing has all of these words.")
    assert page.locator(RESULTS).count() > 0


def test_what_is_not_there_is_said_and_the_index_stays(page):
    page.goto("/search/")
    ask(page, "xylophone")
    assert announced(page) == (
        'Nothing found on the pages of this site. In the public register: find an agency named "xylophone".'
    )
    offer, listed = (page.locator(place).bounding_box()["y"] for place in (".search__agency", ".search__index"))
    assert offer < listed
    assert page.locator(".search__index").is_visible()
    help_ = page.locator(".search__help")
    assert help_.locator("[href^='tel:']").is_visible()
    assert help_.get_by_role("link", name="write to us").is_visible()
    ask(page, "plaque")
    expect(help_).to_be_hidden()


def test_the_address_keeps_the_words(page):
    page.goto("/search/")
    ask(page, "records & <b>911</b>")
    assert page.url.endswith("/search/?q=records+%26+%3Cb%3E911%3C%2Fb%3E")
    page.reload()
    page.wait_for_selector(RESULTS)
    assert page.get_by_label("Words to look for").input_value() == "records & <b>911</b>"
    page.get_by_label("Words to look for").fill("")
    page.wait_for_url("**/search/")
    assert page.locator(".search__index").is_visible()


def test_an_address_asks_for_no_more_words_than_the_box_takes(page):
    page.goto(f"/search/?q={'plaque ' * 3000}")
    expect(page.locator(RESULTS).first).to_be_visible()
    assert len(page.get_by_label("Words to look for").input_value()) == 100


def test_the_keyboard_walks_through_the_results(page):
    page.goto("/search/")
    ask(page, "plaque")
    reached = []
    page.get_by_label("Words to look for").focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowUp", "Escape", "Enter"):
        page.keyboard.press(key)
        reached.append(page.locator(":focus").evaluate("(stop) => stop.id || stop.className || stop.textContent"))
    first, second = page.locator(f"{RESULTS} a").all_inner_texts()[:2]
    assert reached == [first, second, first, "q", "search__told"]


def test_keys_that_compose_a_letter_stay_in_the_box(page):
    page.goto("/search/")
    ask(page, "plaque")
    expect(page.locator(RESULTS).first).to_be_visible()
    box = page.get_by_label("Words to look for")
    box.focus()
    box.evaluate(
        """(each) => each.dispatchEvent(
          new KeyboardEvent("keydown", { key: "ArrowDown", isComposing: true, bubbles: true }))"""
    )
    expect(box).to_be_focused()


def test_words_that_were_found_are_marked_without_color(page):
    page.goto("/search/")
    ask(page, "plaque")
    mark = page.locator("mark").first
    assert mark.inner_text().lower().startswith("plaque")
    assert mark.evaluate("(each) => getComputedStyle(each).textDecorationLine") == "underline"


def test_a_search_that_cannot_be_loaded_says_so(browser, local_run):
    context = browser.new_context(base_url=local_run.url)
    page = context.new_page()
    page.route("**/search/index.json", lambda route: route.abort())
    page.goto("/search/?q=plaque")
    expect(page.get_by_role("status")).to_contain_text("The search could not be loaded.")
    assert page.locator(".search__index").is_visible()
    page.unroute("**/search/index.json")
    page.get_by_label("Words to look for").fill("plaques")
    expect(page.locator(RESULTS).first).to_contain_text("plaque")
    context.close()


def test_one_result_is_told_as_one_and_needs_no_help(page, index):
    page.goto("/search/")
    rare = next(word for word in re.findall(r"[a-z]{12,}", str(index)) if str(index).count(word) == 1)
    page.get_by_label("Words to look for").fill(rare)
    expect(page.locator(RESULTS)).to_have_count(1)
    expect(page.get_by_role("status")).to_have_text(re.compile(r"^1 result\b(?!s)"))
    expect(page.locator(".search__help")).to_be_hidden()


def test_a_result_names_its_page_where_it_is_a_part_of_one(page):
    page.goto("/search/")
    ask(page, "privacy")
    results = page.locator(RESULTS)
    [whole] = [each for each in results.all() if each.locator("a").inner_text() == "Privacy"]
    assert whole.locator(".search__about").count() == 0
    assert "Privacy" in results.filter(has=page.locator(".search__about")).locator(".search__about").all_inner_texts()


def test_arrow_keys_scroll_the_page_where_nobody_searches(page):
    page.goto("/search/")
    ask(page, "plaque")
    page.locator("h1").click()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_label("Words to look for")).not_to_be_focused()


def test_what_was_typed_before_the_script_came_is_looked_for(browser, local_run):
    context = browser.new_context(base_url=local_run.url)
    page = context.new_page()
    release = hold_back(page, "**/search.*.js", lambda: page.goto("/search/?q=promise"))
    page.get_by_label("Words to look for").fill("plaque")
    release()
    expect(page.locator(RESULTS).first).to_contain_text("plaque")
    expect(page.get_by_label("Words to look for")).to_have_value("plaque")
    context.close()


def test_a_search_that_fails_after_the_box_was_emptied_says_nothing(browser, local_run):
    context = browser.new_context(base_url=local_run.url)
    page = after_its_script(context.new_page())
    held: list[Any] = []
    page.route("**/search/index.json", lambda route: held.append(route))
    page.goto("/search/")
    box = page.get_by_label("Words to look for")
    with page.expect_request("**/search/index.json"):
        box.fill("plaque")
    box.fill("")
    with page.expect_event("requestfailed"):
        held[0].abort()
    expect(page.locator(".search__agency")).to_be_hidden()
    expect(page.locator(".search__help")).to_be_hidden()
    context.close()


def test_if_the_script_never_comes_the_box_promises_nothing_and_leads_to_help(browser, local_run):
    context = browser.new_context(base_url=local_run.url)
    page = context.new_page()
    page.route("**/search.*.js", lambda route: route.abort())
    with page.expect_event("requestfailed"):
        page.goto("/search/")
    box, help_ = page.get_by_label("Words to look for"), page.locator(".search__help")
    expect(page.get_by_text("Results appear below")).to_be_hidden()
    expect(box).to_have_accessible_description("")
    expect(help_).to_be_hidden()
    box.fill("plaque")
    with page.expect_event("requestfailed"):
        box.press("Enter")
    expect(help_).to_be_in_viewport()
    expect(help_.get_by_role("link")).to_have_count(2)
    expect(page.get_by_role("heading", name="Pages")).to_be_in_viewport()
    page.unroute("**/search.*.js")
    page.reload()
    expect(page.locator(RESULTS).first).to_contain_text("plaque")
    expect(help_).to_be_hidden()
    expect(box).to_have_accessible_description("Results appear below while you type.")
    context.close()


def test_without_script_there_is_no_box_that_does_nothing(browser, local_run):
    context = browser.new_context(base_url=local_run.url, java_script_enabled=False)
    page = context.new_page()
    page.goto("/search/")
    assert not page.get_by_role("searchbox").is_visible()
    expect(page.locator(".search__help").get_by_role("link")).to_have_count(2)
    page.get_by_role("link", name="How do we renew?").click()
    page.wait_for_url("**/faq/#how-do-we-renew")
    context.close()


@pytest.mark.parametrize("words", ["springfield", "O’Brien & Sons <b>?#%", "zzzz"])
def test_any_words_lead_on_to_the_agencies_of_the_register(words, page):
    page.goto("/search/")
    expect(page.locator(".search__agency")).to_be_hidden()
    ask(page, words)
    page.get_by_role("link", name=f'find an agency named "{words}"').click()
    expect(page.get_by_label("Find an agency")).to_have_value(words)
    expect(page.locator("#found")).to_be_visible()


@pytest.mark.parametrize(
    ("words", "may_be"),
    [
        *(
            (words, True)
            for words in ("Will County Sheriff's Office", "Howell Police", "Ware, MA", "Canton PD", "Isle of Wight")
        ),
        ("Port Authority of New York and New Jersey Police Department", True),
        ("University of Texas Health Science Center at San Antonio Police Department", True),
        *((words, False) for words in ("how much does it cost", "xylophones?", "What’s a zebra", "is zebra ok")),
        ("we would like to know whether zebras count as officers", False),
        ("tell me about zebras that would like to become peace officers some day soon", False),
    ],
)
def test_only_what_may_be_a_name_is_offered_as_the_name_of_an_agency(words, may_be, page):
    page.goto("/search/")
    ask(page, words)
    offer = page.locator(".search__agency")
    expect(offer).to_be_visible() if may_be else expect(offer).to_be_hidden()
    told = announced(page)
    assert told.endswith("They are all listed below.") == (not may_be and told.startswith("Nothing found"))
    assert ("In the public register" in told) == may_be


def test_the_offer_of_the_register_is_announced_as_it_stands_once_typing_ends(page):
    page.goto("/search/")
    ask(page, "Springfield Police")
    offer = page.locator(".search__agency").inner_text()
    assert offer == 'In the public register: find an agency named "Springfield Police"'
    shown = page.locator(".search__told").evaluate("(told) => told.firstChild.textContent")
    assert announced(page) == f"{shown}. {offer}."
    ask(page, "how long is it valid")
    expect(page.get_by_role("status")).not_to_contain_text("register")
    expect(page.get_by_role("status")).to_contain_text("result")


def test_of_a_question_that_is_typed_letter_by_letter_only_its_end_is_announced(page):
    page.goto("/search/")
    ask(page, "plaque")
    page.evaluate(
        "() => { globalThis.waiting = new Map();"
        " window.setTimeout = (call, _, words) => (waiting.set(waiting.size, words), waiting.size - 1);"
        " window.clearTimeout = (number) => waiting.delete(number) }"
    )
    for question in ("badge", "certification"):
        page.get_by_label("Words to look for").fill(question)
        expect(page.locator(".search__results mark").first).to_have_text(re.compile(question[:5], re.IGNORECASE))
    assert page.evaluate("waiting.size") == 1


def test_without_script_the_search_page_leads_to_the_search_of_the_register(browser, local_run):
    context = browser.new_context(base_url=local_run.url, java_script_enabled=False)
    page = context.new_page()
    page.goto("/search/")
    page.get_by_role("main").get_by_role("link", name="register", exact=True).click()
    expect(page.get_by_label("Find an agency")).to_be_visible()
    context.close()
