"""Fills in the templates of functions/templates/, and knows the pages that the site build finished for the functions.

The build writes `<form>.html`, the finished page of each form, `desk.html`, the frame of the desk's pages, and
`certified.html`, the page of the register, all with absolute addresses; and `office.json`, how to reach the office.
Markers in a page say which parts a function may replace.
"""

import json
import os
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from markupsafe import Markup

from engraving import engraved

if TYPE_CHECKING:
    from jinja2 import Environment

HERE = Path(__file__).parent
MAIN = ("<!-- main -->", "<!-- /main -->")
FORM = ("<!-- form -->", "<!-- /form -->")
HEAD = ("<!-- head -->", "<!-- /head -->")
REGISTER = ("<!-- register -->", "<!-- /register -->")
SUMMARY = ("<!-- summary -->", "<!-- /summary -->")


@cache
def _templates() -> "Environment":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape  # an accepted form needs none

    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=select_autoescape(["html", "svg", "xml"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["grouped"] = grouped
    environment.filters["lines"] = _lines
    environment.filters["xml_text"] = _xml_text
    environment.globals |= {"office": _WhenUsed(office), "site": _WhenUsed(_site_url)}
    environment.globals["engraved"] = engraved
    return environment


def _site_url() -> str:
    from settings import settings  # the site build has none

    return settings().site_url


def grouped(number: int) -> str:
    """Return a whole number with its digits in groups of three: 17,541."""
    return f"{number:,}"


def _lines(text: str) -> Markup:
    """Return text with its line ends as elements: Outlook for Windows ignores `white-space`, and shows one line."""
    return Markup("<br>").join(text.split("\n"))


def _xml_text(text: str) -> str:
    """Return text without the characters that XML allows nowhere (XML 1.0, 2.2)."""
    return re.sub("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "", text)


def render(template: str, **context: Any) -> Markup:
    """Fill in a template of functions/templates/; all but `.txt` ones escape every value.

    Every template knows `office` (telephone, email) and `site`, its address.
    """
    return Markup(_templates().get_template(template).render(context))


def macro(template: str, name: str) -> "Callable[..., Markup]":
    """Return a macro of a template of functions/templates/, to call from elsewhere."""
    found: Callable[..., Markup] = getattr(_templates().get_template(template).module, name)
    return found


@cache
def finished(name: str) -> str:
    """Return a file that the site build left for the functions.

    In the package they lie beside this module; elsewhere PAGES_FOLDER says where the last build put them.
    """
    return Path(os.environ.get("PAGES_FOLDER", HERE / "pages"), name).read_text("utf-8")


class Office(NamedTuple):
    """Who the office is, and how to reach it."""

    organization: str
    address: str
    telephone: str
    email: str
    dialed: str
    """The telephone number as links have it (RFC 3966)."""
    keeps_register: bool
    """Whether there is a public register."""


@cache
def office() -> Office:
    """Read what mkdocs.yml says of the office."""
    return Office(**json.loads(finished("office.json")))


class _WhenUsed:
    """A value that is read when a template uses it. The site build renders forms before office.json exists."""

    def __init__(self, read: Callable[[], Any]) -> None:
        self._read = read

    def __getattr__(self, name: str) -> Any:
        return getattr(self._read(), name)

    def __str__(self) -> str:
        return str(self._read())
