"""An editor's mistake stops the build, with the file that it is in, before the site comes out wrong."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from mkdocs.exceptions import Abort

from tests.support.checklist_pages import built_with

PAGE = "---\ntitle: {}\ndescription: What is new.\n---\n\nWords.\n"

QUESTION = '??? question "And who else?"\n    Everyone.\n    {{#{}}}\n'


def written(name: str, text: str, encoding: str = "utf-8") -> Callable[[Path], object]:
    """What writes a page of its own."""

    def write(docs: Path) -> None:
        (docs / name).parent.mkdir(exist_ok=True)
        (docs / name).write_bytes(text.encode(encoding))

    return write


def without(name: str, words: str) -> Callable[[Path], object]:
    """What takes words out of a page where they stand first."""
    return replaced(name, words, "")


def replaced(name: str, words: str, others: str) -> Callable[[Path], object]:
    """What puts other words in the place of some where these stand first."""

    def change(docs: Path) -> None:
        text = (docs / name).read_text("utf-8")
        assert words in text
        (docs / name).write_text(text.replace(words, others, 1), "utf-8")

    return change


MISTAKES = {
    "no front matter": (written("new.md", "# New\n\nWords.\n"), "new.md:1: a page begins with front matter"),
    "a colon in a title": (written("new.md", PAGE.format("New: this")), "docs/new.md:2: the front matter is not YAML"),
    "a title that is a day": (written("new.md", PAGE.format("2027-01-01")), "new.md:1: a page begins with"),
    "a description of nothing": (written("new.md", "---\ndescription:\n---\n"), "'description' is text"),
    "a key that no page has": (
        written("announcements/new.md", PAGE.format("New\ndate: 2027-01-01\naslo: novelty")),
        "docs/announcements/new.md:4: unknown key 'aslo': there are title, description, also",
    ),
    "a key that is there twice": (
        written("announcements/new.md", PAGE.format("New\ndate: 2027-01-01\nalso: novelty\nalso: news")),
        "docs/announcements/new.md:5: 'also' is there twice",
    ),
    "a door that leads nowhere": (
        without("index.md", "    page: certification/\n"),
        "docs/index.md:8: 'doors' is a list, each with title, text, page, picture",
    ),
    "a year without its words": (
        replaced("framework.md", "what: New research brings a new wave of adoption of community policing.", "what:"),
        "docs/framework.md:5: 'timeline' is a list, each with when, what",
    ),
    "questions that are none": (
        replaced("about.md", "---\n", "---\nquestions:\n"),
        "docs/about.md:2: 'questions' is a list of anchors",
    ),
    "a page in another encoding": (
        written("new.md", PAGE.format("New") + "A café.\n", "cp1252"),
        "docs/new.md:7: a letter is not written in UTF-8",
    ),
    "a checklist in another encoding": (
        written("../checklists/new.md", "---\ntitle: A café\n---\n", "cp1252"),
        "checklists/new.md:2: a letter is not written in UTF-8",
    ),
    "the address of another page": (
        written("announcements/index.md", PAGE.format("New").replace("---\n\n", "date: 2027-01-01\n---\n\n")),
        "docs/announcements/index.md:1: its address, /announcements/, is that of docs/announcements.md",
    ),
    "a page that ends in capitals": (
        written("announcements/new.MD", PAGE.format("New\ndate: 2027-01-01")),
        "docs/announcements/new.MD: no page links to it, and anybody can read it",
    ),
    "a draft": (written("draft.docx", "Dear Chief"), "docs/draft.docx: no page links to it"),
    "a form that no page has": (without("contact.md", "<!-- form: contact -->"), "no page has the form contact"),
    "a form on two pages": (
        written("announcements/new.md", PAGE.format("New\ndate: 2027-01-01") + "\n<!-- form: contact -->\n"),
        "another page, or this one, draws the form contact already",
    ),
    "a picture without words": (
        replaced("about.md", "## Donations", "![ ](https://example.org/seal.png)\n\n## Donations"),
        "docs/about.md:22: seal.png is a picture without words for who does not see it",
    ),
    "an anchor of two questions": (
        replaced("faq.md", "{#who-leads}", "{#who-leads}\n\n" + QUESTION.format("who-leads")),
        "docs/faq.md:99: the anchor who-leads is there twice",
    ),
    "a question without its second quotation mark": (
        replaced("faq.md", 'meant to achieve?"', "meant to achieve?"),
        'docs/faq.md:42: a question begins with its own line: ??? question "Who may apply?"',
    ),
    "a question with a typing error": (
        replaced("faq.md", '??? question "What is the certification m', '??? qestion "What is the certification m'),
        "docs/faq.md:42: a question begins with its own line",
    ),
    "no heading": (without("privacy.md", "# Privacy\n"), "docs/privacy.md: the page has 0 headings with one #"),
    "two headings": (
        replaced("privacy.md", "## Where it goes", "# Where it goes"),
        "docs/privacy.md: the page has 2 headings with one #, and needs exactly one",
    ),
    "a heading that has the anchor of a part of every page": (
        replaced("about.md", "## Donations", "## Person"),
        "about/index.html: the anchor person is there twice",
    ),
    "an announcement with a heading that is not its title": (
        written("announcements/new.md", PAGE.format("New\ndate: 2027-01-01").replace("Words.", "# Old\n\nWords.")),
        "announcements/new.md: the heading, 'Old', is not the title, 'New'",
    ),
    "a link with a space in it": (
        replaced("about.md", "## Donations", "See [the form] (contact.md).\n\n## Donations"),
        "docs/about.md:22: form] (contact.md). is shown as it is typed",
    ),
    "bold words with a space": (
        replaced("about.md", "## Donations", "It is ** bold**.\n\n## Donations"),
        "docs/about.md:22: ** bold**. is shown as it is typed",
    ),
    "a note of another kind": (
        replaced("about.md", "## Donations", '!!! note "New"\n    Words.\n\n## Donations'),
        'docs/about.md:22: !!! note "New"',
    ),
    "an anchor that does not end its line": (
        replaced("about.md", "## Donations", "## Donations {#give}."),
        "docs/about.md:22: {#give}. is shown as it is typed",
    ),
    "a marker with a typing error": (
        replaced("certification.md", "<!-- the way -->", "<!-- the wya -->"),
        "docs/certification.md:14: <!-- the wya --> draws nothing",
    ),
    "a marker of another page": (
        replaced("about.md", "## Donations", "<!-- the way -->\n\n## Donations"),
        "<!-- the way --> draws nothing",
    ),
    "a marker of functions": (
        replaced("contact.md", "<!-- form: contact -->", "<!-- form: contact -->\n\n<!-- /main -->"),
        "<!-- /main --> draws nothing",
    ),
    "a note of an editor": (
        replaced("announcements.md", "Sign up here.", "<!-- Ask the\ndirector! -->\nSign up here."),
        "docs/announcements.md:13: <!-- Ask the",
    ),
    "a part about the register without its end": (
        without("certified.md", "<!-- end register -->"),
        "certified.md: <!-- with register --> stands alone",
    ),
    "a part about the register without its beginning": (
        without("index.md", "<!-- with register -->"),
        "index.md: <!-- end register --> stands alone",
    ),
}


@pytest.mark.parametrize(("change", "said"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_of_an_editor_stops_the_build_with_its_file(change, said, tmp_path, caplog):
    with pytest.raises(Abort):
        built_with(tmp_path, lambda checklists: change(checklists.parent / "docs"))
    assert said in caplog.text


def test_a_page_as_windows_saves_it_is_as_any_other(tmp_path):
    text = PAGE.format("New\ndate: 2027-01-01").replace("\n", "\r\n")
    write = written("announcements/new.md", text, "utf-8-sig")
    site = built_with(tmp_path, lambda checklists: write(checklists.parent / "docs"))
    html = (site / "announcements/new/index.html").read_text("utf-8")
    assert '<meta name="description" content="What is new.">' in html
    assert "<p>Words.</p>" in html


@pytest.mark.parametrize("heading", ["# New", "#New", "\n#  New "])
def test_the_title_of_an_announcement_stands_on_its_page_once(heading, tmp_path):
    text = PAGE.format("New\ndate: 2027-01-01").replace("Words.", f"{heading}\n\nWords.")
    write = written("announcements/new.md", text)
    site = built_with(tmp_path, lambda checklists: write(checklists.parent / "docs"))
    html = (site / "announcements/new/index.html").read_text("utf-8")
    assert "<h1>New</h1>" in html
    assert "<p>Words.</p>" in html


def test_beside_an_announcement_stands_what_is_on_its_page(tmp_path):
    parts = "## One\n\n### Of one\n\n### Again\n\n### And again\n\n## Two\n\n## Three\n"
    write = written("announcements/new.md", PAGE.format("New\ndate: 2027-01-01").replace("Words.", parts))
    site = built_with(tmp_path, lambda checklists: write(checklists.parent / "docs"))
    html = (site / "announcements/new/index.html").read_text("utf-8")
    listed = re.search(r'<nav class="rail__parts".*?</nav>', html, re.DOTALL)
    assert listed
    assert re.findall(r'href="#([^"]+)"', listed[0]) == ["one", "two", "three"]


def test_a_file_that_a_page_links_to_is_published(tmp_path):
    def write(docs: Path) -> None:
        written("a letter.pdf", "%PDF")(docs)
        replaced("about.md", "## Donations", "[A letter](<a letter.pdf>)\n\n## Donations")(docs)

    site = built_with(tmp_path, lambda checklists: write(checklists.parent / "docs"))
    assert (site / "a letter.pdf").read_text("utf-8") == "%PDF"


def test_words_in_brackets_and_parentheses_are_no_link(tmp_path):
    words = "It said [sic] (see above) [and more]."
    write = replaced("about.md", "## Donations", f"{words}\n\n## Donations")
    site = built_with(tmp_path, lambda checklists: write(checklists.parent / "docs"))
    assert words in (site / "about/index.html").read_text("utf-8")
