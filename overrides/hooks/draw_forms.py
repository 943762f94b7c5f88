"""Draws the forms into their pages, and leaves the finished pages where the functions redraw them.

In Markdown, `<!-- form: contact -->` on a line of its own is the form of functions/forms/contact.py.
"""

import json
import os
import re
from pathlib import Path
from urllib.parse import urljoin

from markupsafe import Markup
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.pages import Page

import rendering
from forms.catalog import FORMS
from web import pages

MARKER = re.compile(r"<!-- form: (\S+) -->")
ADDRESS = re.compile(r'\b(href|src|action)="([^"#][^"]*)"')


def on_page_content(html: str, page: Page, **_: object) -> str:
    """Put each marked form into its page."""

    def draw(marker: re.Match[str]) -> str:
        form = FORMS.get(marker[1])
        if form is None:
            raise PluginError(f"{page.file.src_uri}: there is no form named {marker[1]}; there are {', '.join(FORMS)}")
        page.meta["form"] = marker[1]
        return Markup("\n").join([Markup(pages.FORM[0]), form().draw(), Markup(pages.FORM[1])])

    return MARKER.sub(draw, html)


def on_post_page(output: str, page: Page, config: MkDocsConfig) -> None:
    """Keep the finished page of a form for the functions."""
    if slug := page.meta.get("form"):
        _write(f"{slug}.html", with_absolute_addresses(output, f"/{page.url}"))
        _write("office.json", json.dumps(config.extra["office"]))


def with_absolute_addresses(html: str, address: str) -> str:
    """The page as it reads at any address: links relative to its own address start at the root."""
    return ADDRESS.sub(lambda found: f'{found[1]}="{urljoin(address, found[2])}"', html)


def _write(name: str, content: str) -> None:
    """Write what changed only, and at once: the local run watches for changes, and others may be reading."""
    file, ready = Path(rendering.HERE, "pages", name), Path(rendering.HERE.parent, ".build", f"{os.getpid()}.{name}")
    if file.exists() and file.read_text("utf-8") == content:
        return
    for folder in (file.parent, ready.parent):
        folder.mkdir(exist_ok=True)
    ready.write_text(content, "utf-8")
    ready.replace(file)
    pages.built_page.cache_clear()
    rendering.office.cache_clear()
