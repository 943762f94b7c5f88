"""Fills in the templates of functions/templates/, and knows the pages that the site build finished for the functions.

The build writes `<form>.html`, the finished page of each form with its addresses made absolute, and `office.json`, how
to reach the office. Markers in a page say which parts a function may replace.
"""

import json
import os
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

if TYPE_CHECKING:
    from collections.abc import Callable

    from jinja2 import Environment

HERE = Path(__file__).parent
MAIN = ("<!-- main -->", "<!-- /main -->")
FORM = ("<!-- form -->", "<!-- /form -->")


@cache
def _templates() -> "Environment":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape  # an accepted form needs none

    return Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def render(template: str, **context: Any) -> Markup:
    """A template of functions/templates/ filled in; `.html` ones escape every value."""
    return Markup(_templates().get_template(template).render(context))


def macro(template: str, name: str) -> "Callable[..., Markup]":
    """A macro of a template of functions/templates/, to call from elsewhere."""
    found: Callable[..., Markup] = getattr(_templates().get_template(template).module, name)
    return found


@cache
def finished(name: str) -> str:
    """A file that the site build left for the functions.

    In the package they lie beside this module; elsewhere PAGES_FOLDER says where the last build put them.
    """
    return Path(os.environ.get("PAGES_FOLDER", HERE / "pages"), name).read_text("utf-8")


@cache
def office() -> dict[str, str]:
    """How to reach the office: `telephone`, `email`."""
    settings: dict[str, str] = json.loads(finished("office.json"))
    return settings
