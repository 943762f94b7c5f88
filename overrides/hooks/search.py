"""Lists pages, checklists and questions for the search page, and writes search/index.json, which its script looks in.

A page with `search: false` in its front matter is in neither.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import Files
from mkdocs.structure.pages import Page

import pages

INDEX = "search/index.json"
SKIPPED = {"h1", "nav", "select", "svg", "script"}
HEADINGS = {"h2", "h3"}
INLINE = {"a", "abbr", "b", "code", "em", "i", "span", "strong"}

_sections: list["Section"] = []
"""Of the pages written so far in this build."""


@dataclass
class Section:
    """A heading and the words under it. `url` is relative to the site, with the heading's anchor if it has one."""

    url: str
    page: str
    title: str
    text: str = ""


def on_env(_: Any, config: MkDocsConfig, files: Files) -> None:
    """Give the template `config.extra.index`: pages, checklists, questions, each with `url`, `title`, `description`."""
    _sections.clear()
    found = [file.page for file in files.documentation_pages() if file.page and _is_found(file.page)]
    listed = [_entry(page.url, _title(page), page.meta["description"]) for page in found]
    of_checklists = {each.url for each in config.extra["checklists"]}
    asked = [question for page in found for question in questions(page.content or "", page.url)]
    config.extra["index"] = {
        "pages": sorted((each for each in listed if each["url"] not in of_checklists), key=lambda each: each["title"]),
        "checklists": [_entry(each.url, each.title, each.purpose) for each in config.extra["checklists"]],
        "questions": [_entry(each.url, each.title) for each in asked],
    }


def on_post_page(output: str, page: Page, **_: object) -> None:
    """Keep the words of a finished page."""
    if _is_found(page):
        main = re.search("(.*)".join(pages.MAIN), output, re.DOTALL)
        if not main:
            raise PluginError(f"{page.file.src_uri}: the page has no {' … '.join(pages.MAIN)} to look in")
        _sections.extend(sections(main[1], page.url, _title(page)))


def on_post_build(config: MkDocsConfig) -> None:
    """Write the index."""
    content = json.dumps([asdict(section) for section in _sections], ensure_ascii=False, separators=(",", ":"))
    Path(config.site_dir, INDEX).write_text(content, "utf-8")


def sections(html: str, url: str, page: str) -> list[Section]:
    """The words of a page under its headings; what has no anchor of its own belongs to the heading above."""
    reader = _Reader(url, page)
    reader.feed(html)
    return [_tidied(section) for section in reader.sections]


def questions(html: str, url: str) -> Iterable[Section]:
    """The questions among the sections of a page."""
    reader = _Reader(url, "")
    reader.feed(html)
    return [_tidied(section) for section in reader.questions]


def _entry(url: str, title: str, description: str = "") -> dict[str, str]:
    return {"url": url, "title": title, "description": description}


def _title(page: Page) -> str:
    return str(page.meta.get("title", page.title))


def _is_found(page: Page) -> bool:
    return page.meta.get("search", True) is not False


def _tidied(section: Section) -> Section:
    title, text = (re.sub(r"\s+", " ", words).strip() for words in (section.title, section.text))
    return replace(section, title=title, text=text)


class _Reader(HTMLParser):
    """Cuts a page into sections: at headings that have an anchor, and at questions."""

    def __init__(self, url: str, page: str) -> None:
        super().__init__()
        self.url, self.page = url, page
        self.sections = [Section(url, page, page)]
        self.questions: list[Section] = []
        self._in_heading = False
        self._skipped = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        anchor = given.get("id")
        self._skipped += tag in SKIPPED
        if tag == "details" and given.get("class") == "question":
            self._begin("")
            self.questions.append(self.sections[-1])
        elif tag in HEADINGS and anchor:
            self._begin(anchor)
        elif anchor and not self.sections[-1].url:  # the anchor of a question is in its answer
            self.sections[-1].url = f"{self.url}#{anchor}"
        self._in_heading |= bool(tag in {"summary", *HEADINGS} and not self.sections[-1].title)
        self._part(tag)

    def handle_endtag(self, tag: str) -> None:
        self._skipped -= tag in SKIPPED
        self._in_heading &= tag not in {"summary", *HEADINGS}
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
        """Words of two paragraphs do not run together."""
        if tag not in INLINE:
            self.handle_data(" ")
