"""Lists pages, checklists and questions for the search page, and writes search/index.json, which its script looks in.

A page with `search: false` in its front matter is in neither; with `search: name` it is found by its name only, because
its words stand on other pages. What people call a page, and the page does not say,
stands in its front matter under `also:`, words and phrases with commas between them. Where it is of a part of the page,
such as a question, `also:` is a list of anchors, each with its words; `page` is the page itself:

    also:
      page: questions, help
      cost-and-time: price, fee, how much
"""

import json
import re
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import Files
from mkdocs.structure.pages import Page

import rendering
from overrides.hooks.sections import Section, questions, sections

INDEX = "search/index.json"
_sections: list[Section] = []
"""Sections of the pages written so far in this build."""


def on_env(_: Any, config: MkDocsConfig, files: Files) -> None:
    """Give the template `config.extra.index`: pages, checklists, questions, each with `url`, `title`, `description`."""
    _sections.clear()
    found = [file.page for file in files.documentation_pages() if file.page and _is_found(file.page)]
    listed = [_entry(page.url, _title(page), _fact(page, "description")) for page in found]
    of_checklists = {each.url for each in config.extra["checklists"]}
    asked = [question for page in found for question in _questions(page)]
    config.extra["index"] = {
        "pages": sorted((each for each in listed if each["url"] not in of_checklists), key=lambda each: each["title"]),
        "checklists": [_entry(each.url, each.title, each.purpose) for each in config.extra["checklists"]],
        "questions": [_entry(each.url, each.title) for each in asked],
    }


def on_post_page(output: str, page: Page, **_: object) -> None:
    """Collect the text of a finished page."""
    if _is_found(page):
        main = re.search("(.*)".join(rendering.MAIN), output, re.DOTALL)
        if not main:
            raise PluginError(f"{page.file.src_uri}: the page has no {' … '.join(rendering.MAIN)} to look in")
        found = sections(main[1], page.url, _title(page))
        for anchor, names in _also(page).items():
            named = [section for section in found if section.url == page.url + (f"#{anchor}" if anchor else "")]
            if not named:
                raise PluginError(f"{page.file.src_uri}: 'also' names {anchor!r}, which is no anchor of the page")
            named[0].also.extend(names)
        _sections.extend([replace(found[0], text="")] if page.meta.get("search") == "name" else found)


def on_post_build(config: MkDocsConfig) -> None:
    """Write the index."""
    content = json.dumps([asdict(section) for section in _sections], ensure_ascii=False, separators=(",", ":"))
    Path(config.site_dir, INDEX).write_text(content, "utf-8")


def _questions(page: Page) -> list[Section]:
    asked = questions(page.content or "", page.url)
    for question in asked:
        if not question.url:
            why = "has no anchor: end the first line of its answer with {#an-anchor}"
            raise PluginError(f"{page.file.src_uri}: the question {question.title!r} {why}")
    return asked


def _entry(url: str, title: str, description: str = "") -> dict[str, str]:
    return {"url": url, "title": title, "description": description}


def _also(page: Page) -> dict[str, list[str]]:
    """Return other names for a page, under "", and for its parts, by anchor. The menu's label is one."""
    given = page.meta.get("also", {})
    texts = given if isinstance(given, dict) else {"page": given}
    if not all(isinstance(text, str) for text in texts.values()):
        raise PluginError(f"{page.file.src_uri}: 'also' must be words with commas between them, or a list of anchors")
    names = {anchor: [name.strip() for name in text.split(",") if name.strip()] for anchor, text in texts.items()}
    label = [page.title] if page.title and page.title != _title(page) else []
    return {"": label + names.pop("page", []), **names}


def _title(page: Page) -> str:
    return _fact(page, "title", page.title)


def _fact(page: Page, key: str, otherwise: str | None = None) -> str:
    """Return a text from the front matter. Raises PluginError where it is missing, or what YAML takes for no text."""
    value = page.meta.get(key, otherwise)
    if not isinstance(value, str):
        why = (
            f"a page begins with front matter between two lines of ---, and there {key!r} is text, if need be in quotes"
        )
        raise PluginError(f"{page.file.src_uri}:1: {why}")
    return value


def _is_found(page: Page) -> bool:
    return page.meta.get("search", True) is not False
