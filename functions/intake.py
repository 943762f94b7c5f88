"""The way of a request to a form: parse, decide, store, answer.

Requests and answers have the shape of API Gateway's HTTP API, payload format 2.0.
"""

import base64
import binascii
import json
import traceback
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pages
import promises
import receipts
import submissions
from forms import Form, FormData, read_form
from observe import count, logger, publish

BODY_LIMIT = 64 * 1024
"""Largest body that is read, in bytes."""

Event = Mapping[str, Any]
Answer = dict[str, Any]


class Refused(Exception):
    """A body that cannot be read as a form; carries the status, what is wrong, and what to do."""

    def __init__(self, status: HTTPStatus, title: str, advice: str) -> None:
        super().__init__(title)
        self.status, self.title, self.advice = status, title, advice


def handle(form: type[Form], event: Event) -> Answer:
    """Answer a request to a form's address, whatever happens, and publish what was counted."""
    logger.set_correlation_id(event["requestContext"]["requestId"])
    try:
        return _answer(form, event)
    except Refused as refused:
        count("unreadable")
        return _problem(form, event, refused.status, refused.title, refused.advice)
    except Exception as error:
        _log_failure(error)
        advice = "Your answers were not received. Please go back and send them again in a few minutes."
        return _problem(form, event, HTTPStatus.INTERNAL_SERVER_ERROR, "Something went wrong here", advice)
    finally:
        publish(form=form.slug)


def _answer(form: type[Form], event: Event) -> Answer:
    """The POST of a form, its receipt, or a visit to the form's address itself."""
    if event["requestContext"]["http"]["method"] == "POST":
        return _receive(form, event)
    if event["rawPath"].endswith("/received"):
        return _show_receipt(form, event)
    return _see_other(f"/{form.slug}/")


def _receive(form_class: type[Form], event: Event) -> Answer:
    form = form_class(_parse(event))
    if not form.validate():
        count("refused")
        logger.info("refused", fields=sorted(form.errors))
        return _redraw(form, event)
    submission, new = submissions.put_once(form, promises.now())
    count("accepted" if new else "duplicate")
    logger.info("accepted" if new else "duplicate", reference=submission.reference)
    if _wants_json(event):
        return _json(HTTPStatus.CREATED, {"reference": submission.reference})
    return _see_other(f"/forms/{form.slug}/received?receipt={receipts.sign(form_class, submission)}")


def _parse(event: Event) -> FormData:
    """The posted answers. Raises Refused where the body is not a form in UTF-8 of at most `BODY_LIMIT` bytes."""
    content_type = event["headers"].get("content-type", "").partition(";")[0].strip().lower()
    if content_type != "application/x-www-form-urlencoded":
        raise Refused(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "This is not a form we can read",
            "Please use the form on this site, or send the answers form-encoded (application/x-www-form-urlencoded).",
        )
    body = event.get("body") or ""
    try:
        content = base64.b64decode(body, validate=True) if event.get("isBase64Encoded") else body.encode()
        if len(content) > BODY_LIMIT:
            raise Refused(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                "That is too long for this form",
                "Please go back, shorten the longest answer and send it again, or send us a long document by e-mail.",
            )
        return read_form(content)
    except (UnicodeError, binascii.Error, ValueError):
        raise Refused(
            HTTPStatus.BAD_REQUEST,
            "We could not read what was sent",
            "Please go back and send the form again, from the page itself.",
        ) from None


def _show_receipt(form: type[Form], event: Event) -> Answer:
    receipt = receipts.read(form, (event.get("queryStringParameters") or {}).get("receipt", ""))
    if receipt is None:
        return _html(HTTPStatus.OK, pages.message(form.slug, "We cannot show this receipt", "no_receipt.html"))
    promised = form.promised(receipt.received_at, receipt.answers)
    page = pages.message(form.slug, form.received, "receipt.html", form=form, receipt=receipt, promised=promised)
    return _html(HTTPStatus.OK, page)


def _redraw(form: Form, event: Event) -> Answer:
    if _wants_json(event):
        errors = [{"field": field, "message": text} for field, texts in form.errors.items() for text in texts]
        return _problem_json(HTTPStatus.UNPROCESSABLE_ENTITY, "There is a problem with the answers", errors=errors)
    return _html(HTTPStatus.UNPROCESSABLE_ENTITY, pages.redrawn(form.slug, form.draw()))


def _problem(form: type[Form], event: Event, status: HTTPStatus, title: str, advice: str) -> Answer:
    if _wants_json(event):
        return _problem_json(status, title, detail=advice)
    return _html(status, pages.message(form.slug, title, "problem.html", advice=advice))


def _wants_json(event: Event) -> bool:
    accepted = event["headers"].get("accept", "")
    return "application/json" in accepted and "text/html" not in accepted


def _see_other(location: str) -> Answer:
    headers = {"location": location, "cache-control": "no-store"}
    return {"statusCode": HTTPStatus.SEE_OTHER, "headers": headers, "body": ""}


def _html(status: HTTPStatus, page: str) -> Answer:
    """`no-cache` and not `no-store`: the browser may keep the page for its back button, with the words in it."""
    headers = {"content-type": "text/html; charset=utf-8", "cache-control": "private, no-cache"}
    return {"statusCode": status, "headers": headers, "body": page}


def _json(status: HTTPStatus, content: Mapping[str, Any], content_type: str = "application/json") -> Answer:
    headers = {"content-type": content_type, "cache-control": "no-store"}
    return {"statusCode": status, "headers": headers, "body": json.dumps(content)}


def _problem_json(status: HTTPStatus, title: str, **members: Any) -> Answer:
    """Problem details, RFC 9457."""
    return _json(status, {"title": title, "status": status, **members}, "application/problem+json")


def _log_failure(error: Exception) -> None:
    """Say what failed and where, without the error's own text: it may repeat what a visitor wrote."""
    count("failed")
    response: Mapping[str, Any] = getattr(error, "response", {})
    frames = [f"{Path(frame.filename).name}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)]
    logger.error("failed", error=type(error).__name__, code=response.get("Error", {}).get("Code"), frames=frames)
