"""Draws the forms into their pages, and leaves the finished pages for the functions.

They lie in `.build/pages`, beside the site's folder.

In Markdown, `<!-- form: contact -->` on a line of its own is the form of functions/forms/contact.py.
"""

import json
import os
import re
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from markupsafe import Markup
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.pages import Page

import rendering
from forms.catalog import FORMS
from normalize.folding import dialed

DESK = "desk.html"
MARKER = re.compile(r"<!-- form: (\S+) -->")
ADDRESS = re.compile(r'\b(href|src|action|data-late)="([^"#][^"]*)"')

_drawn: set[str] = set()
"""The forms that the pages of the latest build draw."""


def on_env(env: Any, **_: object) -> Any:
    """Give templates the filter `dialed`."""
    env.filters["dialed"] = dialed
    return env


def on_pre_build(**_: object) -> None:
    _drawn.clear()


def on_page_content(html: str, page: Page, config: MkDocsConfig, **_: object) -> str:
    """Put each marked form into its page."""

    def draw(marker: re.Match[str]) -> str:
        form = FORMS.get(marker[1])
        if form is None:
            raise PluginError(f"{page.file.src_uri}: there is no form named {marker[1]}; there are {', '.join(FORMS)}")
        if marker[1] in _drawn:  # its function answers with one page
            raise PluginError(f"{page.file.src_uri}: another page, or this one, draws the form {marker[1]} already")
        page.meta["form"] = marker[1]
        _drawn.add(marker[1])
        drawn = form().draw(with_register=config.extra["register"])
        return Markup("\n").join([Markup(rendering.FORM[0]), drawn, Markup(rendering.FORM[1])])

    return MARKER.sub(draw, html)


def on_post_page(output: str, page: Page, config: MkDocsConfig) -> None:
    """Write the finished page of a form, and one that a function fills in (`frame: NAME`), for the functions."""
    if slug := page.meta.get("form") or page.meta.get("frame"):
        folder = _folder(config)
        _write(folder / f"{slug}.html", with_absolute_addresses(output, f"/{page.url}"))
        office = config.extra["office"] | {
            "organization": config.extra["organization"],
            "dialed": dialed(config.extra["office"]["telephone"]),
            "keeps_register": config.extra["register"],
        }
        _write(folder / "office.json", json.dumps(office))


def on_post_template(output_content: str, template_name: str, config: MkDocsConfig) -> str:
    """Keep the frame of the desk's pages for the functions; it is no page of the site."""
    if template_name != DESK:
        return output_content
    _write(_folder(config) / DESK, with_absolute_addresses(output_content, "/"))
    return ""


def on_post_build(**_: object) -> None:
    """Raise PluginError for a form that no page draws: its function would answer with the page of an earlier build."""
    for slug in FORMS:
        if slug not in _drawn:
            raise PluginError(f"no page has the form {slug}: a line <!-- form: {slug} --> draws it")


def with_absolute_addresses(html: str, address: str) -> str:
    """Make relative URLs absolute, so that the page works at any address."""
    return ADDRESS.sub(lambda found: f'{found[1]}="{urljoin(address, found[2])}"', html)


def _folder(config: MkDocsConfig) -> Path:
    return Path(config.site_dir).parent / ".build" / "pages"


def _write(file: Path, content: str) -> None:
    """Replace a file at once: a function may be reading it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    ready = file.with_name(f"{os.getpid()}.{file.name}")
    ready.write_text(content, "utf-8")
    ready.replace(file)
    rendering.finished.cache_clear()
    rendering.office.cache_clear()
