"""A page that says what one button will do, or what it did: what a link in an e-mail opens changes nothing."""

from dataclasses import dataclass
from http import HTTPStatus

import pages
from replies import Response, html


@dataclass(frozen=True)
class Confirmation:
    """What the page says, and its button if there is one. `undo` posts `undo=yes`; `asks_name` asks who presses it."""

    title: str
    text: str
    button: str = ""
    undo: bool = False
    asks_name: bool = False


def show(confirmation: Confirmation, form: str = "contact") -> Response:
    """The answer, in the look of the page of a form."""
    return html(HTTPStatus.OK, pages.message(form, confirmation.title, "action.html", shown=confirmation))
