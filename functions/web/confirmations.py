"""Draws the page behind a link in an e-mail: it explains its one button, and shows the result once pressed."""

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus

import rendering
from telemetry import logger, publish, request_failed
from web import pages
from web.responses import Event, Response, html


@dataclass(frozen=True)
class Confirmation:
    """The text of the page, and its button, if any."""

    title: str
    text: str
    button: str = ""


def show(confirmation: Confirmation, form: str = "contact") -> Response:
    """Return the confirmation inside the built page of a form."""
    return html(HTTPStatus.OK, pages.message(form, confirmation.title, "action.html", shown=confirmation))


def answer(event: Event, carry_out: Callable[[Event], Response], form: str = "contact") -> Response:
    """Answer a GET or POST of a link. Any failure becomes an error page; metrics are published."""
    logger.set_correlation_id(event["requestContext"]["requestId"])
    try:
        return carry_out(event)
    except Exception as error:
        request_failed(error)
        # Of a write, only the answer may be lost.
        is_press = event["requestContext"]["http"]["method"] == "POST"
        done = "We cannot tell whether it was done." if is_press else "Nothing was changed."
        advice = f"{done} Please try again in a few minutes, or call {rendering.office().telephone}."
        page = pages.message(form, "Something went wrong here", "action.html", shown=Confirmation("", advice))
        return html(HTTPStatus.INTERNAL_SERVER_ERROR, page)
    finally:
        publish()
