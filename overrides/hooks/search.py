"""Lists pages, checklists and questions for the search page, and writes search/index.json, which its script looks in.

A page with `search: false` in its front matter is in neither.
"""

import json
import re
from dataclasses import asdict
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
"""Of the pages written so far in this build."""


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
        main = re.search("(.*)".join(rendering.MAIN), output, re.DOTALL)
        if not main:
            raise PluginError(f"{page.file.src_uri}: the page has no {' … '.join(rendering.MAIN)} to look in")
        _sections.extend(sections(main[1], page.url, _title(page)))


def on_post_build(config: MkDocsConfig) -> None:
    """Write the index."""
    content = json.dumps([asdict(section) for section in _sections], ensure_ascii=False, separators=(",", ":"))
    Path(config.site_dir, INDEX).write_text(content, "utf-8")


def _entry(url: str, title: str, description: str = "") -> dict[str, str]:
    return {"url": url, "title": title, "description": description}


def _title(page: Page) -> str:
    return str(page.meta.get("title", page.title))


def _is_found(page: Page) -> bool:
    return page.meta.get("search", True) is not False
