"""What the search looks in: every page, question and checklist item, and nothing that is not seen."""

import json
import re
from types import SimpleNamespace
from typing import Any

import pytest
from mkdocs.exceptions import PluginError

from overrides.hooks import search as hook
from overrides.hooks.sections import questions, sections
from tests.support.pages import PAGES, search_index


@pytest.fixture(scope="module")
def index(built_site):
    return search_index(built_site)


def test_the_plain_index_names_every_page_and_question(built_site, read):
    html = (built_site / "search/index.html").read_text("utf-8")
    listed = re.search(r'<div class="search__index">(.*?)</div>', html, re.DOTALL)[1]
    linked = set(re.findall(r'href="\.\./([^"]*)"', listed))
    faq = (built_site / "faq/index.html").read_text("utf-8")
    questions = re.findall(r'<details class="question">\s*<summary>', faq)
    assert {page.lstrip("/") or "./" for page in PAGES if page != "/search/"} <= linked | {"./"}
    assert len([address for address in linked if address.startswith("faq/#")]) == len(questions) > 10


def test_the_index_knows_every_page_and_leads_to_anchors_that_exist(index, read):
    assert {"/" + entry["url"].partition("#")[0] for entry in index} == {page for page in PAGES if page != "/search/"}
    for entry in index:
        address, _, anchor = entry["url"].partition("#")
        assert entry["title"]
        assert not anchor or anchor in read(f"/{address}").ids()


def test_words_of_pages_questions_and_checklist_items_are_in_the_index(index, built_site):
    text = " ".join(entry["text"] for entry in index)
    for checklist in json.loads((built_site / "checklists/all.json").read_text("utf-8"))["checklists"]:
        for item in checklist["items"]:
            assert item["text"] in text
    assert "It is valid for two years from the date of completion." in text


UNSEEN = {
    "a trap for bots": '<div aria-hidden="true"><div>Leave this box empty</div></div>',
    "what a script copies": "<template><p>Leave this box empty</p></template>",
    "what is read without script": "<noscript><p>Leave this box empty</p></noscript>",
    "what comes later": "<p hidden>Leave this box empty</p>",
    "another search": '<form role="search"><label for="q">Leave this box empty</label><button>Find</button></form>',
}


@pytest.mark.parametrize("unseen", UNSEEN.values(), ids=UNSEEN)
def test_words_that_are_not_seen_are_not_found(unseen):
    [section] = sections(f"<p>Before.</p>{unseen}<p>After.</p>", "a/", "A page")
    assert section.text == "Before. After."


def test_no_entry_has_words_of_a_trap_or_for_a_browser_without_script(index):
    found = [
        entry["url"]
        for entry in index
        if re.search(
            "box empty|The search box needs JavaScript|keeps no check marks", f"{entry['title']} {entry['text']}"
        )
    ]
    assert found == []


NESTED = """<h2 id="top">Top</h2><p>Above.</p>
<details class="question"><summary>May a campus apply?</summary><p id="campus">Yes.</p>
<details class="note"><summary>Note</summary><p>Of any size.</p></details>
<details hidden><summary>More</summary><p>Later.</p></details>
<p>Also a tribe.</p></details>
<p>Below.</p>"""


def test_a_note_within_an_answer_does_not_end_it():
    [question] = questions(NESTED, "faq/")
    assert (question.url, question.text) == ("faq/#campus", "Yes. Note Of any size. Also a tribe.")
    assert [(each.title, each.text) for each in sections(NESTED, "faq/", "FAQ")][1:] == [
        ("Top", "Above."),
        ("May a campus apply?", "Yes. Note Of any size. Also a tribe."),
        ("FAQ", "Below."),
    ]


def test_the_answer_of_a_question_with_headings_ends_where_it_ends():
    html = '<details class="question"><summary>Why?</summary><h3 id="x">First</h3><p>So.</p></details><p>Below.</p>'
    assert [(each.title, each.text) for each in sections(html, "faq/", "FAQ")][2:] == [
        ("First", "So."),
        ("FAQ", "Below."),
    ]


def test_a_question_that_nothing_can_lead_to_stops_the_build():
    content = '<details class="question"><summary>May a campus apply?</summary><p>Yes.</p></details>'
    page: Any = SimpleNamespace(
        meta={"title": "FAQ", "description": "Questions."},
        title="FAQ",
        url="faq/",
        content=content,
        file=SimpleNamespace(src_uri="faq.md"),
    )
    files: Any = SimpleNamespace(documentation_pages=lambda: [SimpleNamespace(page=page)])
    config: Any = SimpleNamespace(extra={"checklists": []})
    with pytest.raises(PluginError, match=r"faq\.md: the question 'May a campus apply\?' has no anchor"):
        hook.on_env(None, config, files)


def test_other_words_for_a_part_that_is_not_there_stop_the_build():
    page: Any = SimpleNamespace(
        meta={"title": "A page", "also": {"gone": "lost"}},
        title="A page",
        url="a/",
        file=SimpleNamespace(src_uri="a.md"),
    )
    with pytest.raises(PluginError, match=r"a\.md: 'also' names 'gone'"):
        hook.on_post_page("<!-- main --><h2 id='here'>Here</h2><!-- /main -->", page)


def test_only_the_search_page_loads_the_search(built_site):
    holding = [
        file.parent.name
        for file in built_site.rglob("*.html")
        if re.search(r"assets/search\.\w+\.js", file.read_text("utf-8"))
    ]
    assert holding == ["search"]
