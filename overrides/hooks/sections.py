"""Splits the text of a page into sections: headings and questions."""

import re
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser

SKIPPED = {"h1", "nav", "noscript", "script", "select", "svg", "template"}
HEADINGS = {"h2", "h3"}
VOID = {"br", "hr", "img", "input"}
INLINE = {"a", "abbr", "b", "code", "em", "i", "span", "strong"}


@dataclass
class Section:
    """A heading and the text under it. `url` is relative to the site, with the heading's anchor if it has one."""

    url: str
    page: str
    title: str
    text: str = ""
    also: list[str] = field(default_factory=list)
    """Other names for it."""


def sections(html: str, url: str, page: str) -> list[Section]:
    """Return the sections of a page. A heading without an anchor belongs to the section above."""
    reader = _Reader(url, page)
    reader.feed(html)
    tidied = [_tidied(section) for section in reader.sections]
    return tidied[:1] + [section for section in tidied[1:] if section.text or section.title != page]


def questions(html: str, url: str) -> list[Section]:
    """Return the questions of a page."""
    reader = _Reader(url, "")
    reader.feed(html)
    return [_tidied(section) for section in reader.questions]


def _tidied(section: Section) -> Section:
    title, text = (re.sub(r"\s+", " ", words).strip() for words in (section.title, section.text))
    return replace(section, title=title, text=text)


def _is_unseen(attributes: dict[str, str | None]) -> bool:
    """Return whether nobody reads an element on its page, or nobody looks for it: the labels of a search."""
    return "hidden" in attributes or attributes.get("aria-hidden") == "true" or attributes.get("role") == "search"


class _Reader(HTMLParser):
    """Cuts a page into sections: at headings that have an anchor, and at questions."""

    def __init__(self, url: str, page: str) -> None:
        super().__init__()
        self.url, self.page = url, page
        self.sections = [Section(url, page, page)]
        self.questions: list[Section] = []
        self._in_heading = False
        self._skipped = ""
        """The element that is being skipped, and its nesting depth."""
        self._depth = 0
        self._details: list[bool] = []
        """Of each `details` that is open, outermost first: whether it is a question."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        anchor = given.get("id")
        if tag == self._skipped:
            self._depth += 1
        elif not self._skipped and tag not in VOID and (tag in SKIPPED or _is_unseen(given)):
            self._skipped, self._depth = tag, 1
        if self._skipped:
            return
        is_question = tag == "details" and given.get("class") == "question"
        if tag == "details":
            self._details.append(is_question)
        if is_question:
            self._begin("")
            self.questions.append(self.sections[-1])
        elif tag in HEADINGS and anchor:
            self._begin(anchor)
        elif anchor and not self.sections[-1].url:  # the anchor of a question is in its answer
            self.sections[-1].url = f"{self.url}#{anchor}"
        self._in_heading |= bool(tag in {"summary", *HEADINGS} and not self.sections[-1].title)
        self._part(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._skipped:
            self._depth -= tag == self._skipped
            if not self._depth:
                self._skipped = ""
                self._part(tag)
            return
        self._in_heading &= tag not in {"summary", *HEADINGS}
        if tag == "details" and self._details and self._details.pop():
            self.sections.append(Section(self.url, self.page, self.page))
        self._part(tag)

    def handle_data(self, data: str) -> None:
        if not self._skipped:
            section = self.sections[-1]
            if self._in_heading:
                section.title += data
            else:
                section.text += data

    def _begin(self, anchor: str) -> None:
        self.sections.append(Section(f"{self.url}#{anchor}" if anchor else "", self.page, ""))

    def _part(self, tag: str) -> None:
        """Separate the words of two blocks by a space."""
        if tag not in INLINE:
            self.handle_data(" ")
