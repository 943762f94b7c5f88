"""Fills in the templates of functions/templates/."""

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

if TYPE_CHECKING:
    from jinja2 import Environment

HERE = Path(__file__).parent


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


@cache
def office() -> dict[str, str]:
    """How to reach the office: `telephone`, `email`."""
    settings: dict[str, str] = json.loads((HERE / "pages" / "office.json").read_text("utf-8"))
    return settings
