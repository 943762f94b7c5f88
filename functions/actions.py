"""What staff can do from a link in an e-mail. The link shows what will happen; only its button does it."""

from http import HTTPStatus
from typing import Any

import pages
import promises
import submissions
import tokens
from observe import count, logger, publish
from replies import Event, Response, html


def release_link(site: str, submission: submissions.Submission) -> str:
    """The address that releases a held submission; it names nobody."""
    token = tokens.sign("release", submission.reference, submission.received_at + submissions.RELEASED_WITHIN)
    return f"{site}/forms/actions/release?token={token}"


def handler(event: dict[str, Any], _context: Any) -> Response:
    logger.set_correlation_id(event["requestContext"]["requestId"])
    try:
        return _release(event)
    finally:
        publish()


def _release(event: Event) -> Response:
    reference = tokens.read("release", (event.get("queryStringParameters") or {}).get("token", ""), promises.now())
    if reference is None:
        return _page("This link is not complete, or too old", "Please open the link in the e-mail again.")
    if event["requestContext"]["http"]["method"] != "POST":
        text = f"Submission {reference} was held as possible spam. Releasing it sends the sender the usual receipt."
        return _page(f"Release {reference}", text, button="Release")
    if submissions.release(reference):
        count("released")
        logger.info("released", reference=reference)
    return _page(
        f"{reference} is released", "The sender gets the usual receipt by e-mail. Answer as you would any other."
    )


def _page(title: str, text: str, button: str = "") -> Response:
    return html(HTTPStatus.OK, pages.message("contact", title, "action.html", text=text, button=button))
