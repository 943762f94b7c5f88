"""Handles a form's requests: parse, decide, store, respond; also its receipt and its calendar file."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import keys
import promises
import rendering
from forms import spam
from forms.catalog import FORMS
from forms.form import TRAP, Form, FormData, Notice, read_form
from settings import require, settings
from storage import counters, submissions
from storage.submissions import Submission
from telemetry import count, logger, publish, request_failed
from web import pages, rate_limit, receipts
from web.responses import (
    Event,
    Response,
    body_of,
    comes_from_another_site,
    file,
    html,
    json_document,
    problem_details,
    see_other,
    wants_json,
)

BODY_LIMIT = 64 * 1024
"""Largest body that is accepted, in bytes."""
REDRAWN_LIMIT = 256 * 1024
"""Largest body that is parsed, in bytes, so that a person who wrote too much gets the answers back."""

require()


class Refused(Exception):
    """A POST that is rejected: the status, the problem, the advice, and the answers to give back."""

    def __init__(self, status: HTTPStatus, title: str, advice: str, answers: FormData | None = None) -> None:
        super().__init__(title)
        self.status, self.title, self.advice, self.answers = status, title, advice, answers


def handler(event: Event, _context: Any) -> Response:
    """Respond to a request to a form's address. Failures become error pages; metrics are published."""
    form_class = FORMS.get(event["rawPath"].split("/")[2])
    if form_class is None:
        return problem_details(HTTPStatus.NOT_FOUND, "There is no such form")
    logger.set_correlation_id(event["requestContext"]["requestId"])
    try:
        if event["requestContext"]["http"]["method"] == "POST":
            return _receive(form_class, event)
        if event["rawPath"].endswith("/received"):
            return _about_receipt(_show_receipt, form_class, event)
        if event["rawPath"].endswith("/renewal.ics"):
            return _about_receipt(_calendar_file, form_class, event)
        # Any other GET, such as a reload after an error page: the form is a page of the site.
        return see_other(f"/{form_class.slug}/")
    finally:
        publish(form=form_class.slug)


def _receive(form_class: type[Form], event: Event) -> Response:
    form: Form | None = None
    is_foreign = comes_from_another_site(event, settings().site_url)
    try:
        used, sent_today = rate_limit.used(event)
        is_full = used >= rate_limit.POINTS_PER_HOUR
        answers = _parse(event, form_class, BODY_LIMIT if is_full or is_foreign else REDRAWN_LIMIT)
        if is_foreign:
            raise Refused(
                HTTPStatus.BAD_REQUEST,  # not 403: CloudFront would replace it with the page for 404
                "This form was sent from another website",
                "Your answers were not received; they are below. Please check them, and send the form from this page.",
                answers,
            )
        if is_full:
            raise Refused(
                HTTPStatus.TOO_MANY_REQUESTS,
                "Too many forms from your network",
                "Your answers were not received; they are still below. Please send them again in an hour.",
                answers,
            )
        form = form_class(answers, may_ask=not wants_json(event))
        if not form.validate():
            rate_limit.note(event, rate_limit.REFUSED)
            return _refuse(form, event)
        keys.signing(keys.RECEIPTS)  # fetched now: once a submission is stored, its receipt must not fail
        held = _reasons_to_hold(form, answers)
        submission, new = submissions.put_once(form, promises.now(), held, quiet=_is_quiet(form, used))
    except Refused as refused:
        is_limited = refused.status == HTTPStatus.TOO_MANY_REQUESTS
        count("limited" if is_limited else "unreadable")
        if not (is_limited or is_foreign):  # a page of another site must not use up the hour of its visitors
            rate_limit.note(event, rate_limit.REFUSED)
        return _apologize(form_class(refused.answers), event, refused.status, refused.title, refused.advice)
    except Exception as error:
        request_failed(error)
        # They may be stored: perhaps only the table's response was lost.
        advice = (
            "We cannot tell whether your answers arrived; they are still below. "
            "Please send them again in a few minutes: the same answers count once."
        )
        redrawn = form or form_class()
        return _apologize(redrawn, event, HTTPStatus.INTERNAL_SERVER_ERROR, "Something went wrong here", advice)
    _note(event, submission, new)
    if wants_json(event):
        return json_document(HTTPStatus.CREATED, {"reference": submission.reference})
    if "staff" not in form.owed_emails:
        # The time of the first sign-up would tell that the address is known.
        submission = submission._replace(received_at=promises.now())
    receipt = receipts.sign(form_class, submission, may_mail=not counters.is_day_full(sent_today))
    return see_other(f"/forms/{form.slug}/received?receipt={receipt}")


def _is_quiet(form: Form, used: int) -> bool:
    """Return whether the sender gets no e-mail, because the network had enough of it sent this hour."""
    return rate_limit.is_quiet(used) and not form.receipt_each_time


def _reasons_to_hold(form: Form, answers: FormData) -> str:
    """Return the reasons to hold the form, empty if there are none."""
    # A form without a staff e-mail is never held: no one would know of it and release it.
    if "staff" not in form.owed_emails:
        return ""
    stored = form.answers()
    return spam.reasons_to_hold(stored, trapped=spam.is_trapped(stored, "".join(answers.getlist(TRAP))))


def _note(event: Event, submission: Submission, new: bool) -> None:
    """Count an accepted form, under its reference."""
    # The submission is stored: nothing here may raise, or the visitor would see an error.
    outcome = ("held" if submission.held else "accepted") if new else "duplicate"
    count(outcome, reference=submission.reference)
    # A sign-up weighs the same when it is repeated: a network's own count would tell who signed up today.
    weighs_all = new or "staff" not in submission.declared.owed_emails
    rate_limit.note(event, rate_limit.ACCEPTED if weighs_all else rate_limit.REFUSED)


def _parse(event: Event, form_class: type[Form], redrawn: int) -> FormData:
    """Parse the posted answers. Raises Refused if the body is not a form in UTF-8 of at most BODY_LIMIT bytes.

    A body of up to `redrawn` bytes gets its answers back with the error; a larger one does not: a flood costs little.
    """
    content_type = event["headers"].get("content-type", "").partition(";")[0].strip().lower()
    if content_type != "application/x-www-form-urlencoded":
        raise Refused(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "This is not a form we can read",
            "Please use the form on this page, or send the answers form-encoded (application/x-www-form-urlencoded).",
        )
    try:
        content = body_of(event)
        if len(content) <= redrawn:
            answers = read_form(content)
    except ValueError:  # invalid base64 or UTF-8, or too many fields
        raise Refused(
            HTTPStatus.BAD_REQUEST, "We could not read what was sent", "Please send the form again, from this page."
        ) from None
    if len(content) > BODY_LIMIT:
        raise Refused(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            "That is too long for this form",
            form_class.if_too_long,
            answers if len(content) <= redrawn else None,
        )
    return answers


def _refuse(form: Form, event: Event) -> Response:
    """Respond with the form and an error message at each wrong field."""
    count("refused")
    logger.info("refused", fields=sorted(form.errors))
    if wants_json(event):
        errors = [{"field": field, "message": text} for field, texts in form.errors.items() for text in texts]
        return problem_details(HTTPStatus.UNPROCESSABLE_ENTITY, "There is a problem with the answers", errors=errors)
    return html(HTTPStatus.UNPROCESSABLE_ENTITY, _redrawn(form, form.draw_summary()))


def _apologize(form: Form, event: Event, status: HTTPStatus, title: str, advice: str) -> Response:
    """Respond with the form, the answers, the problem, and another way to reach the office."""
    if wants_json(event):
        response = problem_details(status, title, detail=advice)
    else:
        summary = form.draw_summary(Notice(title, advice))
        response = html(status, _redrawn(form, summary))
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        response["headers"]["retry-after"] = str(int(rate_limit.WINDOW.total_seconds()))
    return response


def _redrawn(form: Form, summary: str) -> str:
    return pages.redrawn(form.slug, form.draw(with_register=rendering.office().keeps_register), summary)


def _about_receipt(answer: Callable[[type[Form], Event], Response], form: type[Form], event: Event) -> Response:
    """Respond to a request for a receipt; a failure becomes an error page."""
    try:
        return answer(form, event)
    except Exception as error:
        request_failed(error)
        page = pages.message(form.slug, "Something went wrong here", "no_receipt.html", failed=True)
        return html(HTTPStatus.INTERNAL_SERVER_ERROR, page)


def _show_receipt(form: type[Form], event: Event) -> Response:
    signed = _signed_receipt(event)
    receipt = receipts.read(form, signed)
    if receipt is None:
        return _no_receipt(form)
    page = pages.message(
        form.slug,
        form.receipt_heading,
        "receipt.html",
        form=form,
        receipt=receipt,
        signed=signed,
        ends_on=form.ends_on(receipt.answers),
        promised=form.promised(receipt.received_at, receipt.answers),
        remarks=form.remarks(receipt.received_at, receipt.answers),
        is_named="agency" in receipt.answers and promises.now() - receipt.received_at < receipts.NAMED_FOR,
    )
    return html(HTTPStatus.OK, page)


def _calendar_file(form: type[Form], event: Event) -> Response:
    receipt = receipts.read(form, _signed_receipt(event))
    ends_on = form.ends_on(receipt.answers) if receipt else None
    if receipt is None or ends_on is None:
        return _no_receipt(form)
    import calendars  # few ask for it

    today = promises.day_at_office(promises.now())
    content = calendars.renewal(receipt.reference, ends_on, receipt.received_at, settings().site_url, today)
    return file(content, calendars.TYPE, "renewal.ics")


def _signed_receipt(event: Event) -> str:
    signed: str = (event.get("queryStringParameters") or {}).get("receipt", "")
    return signed


def _no_receipt(form: type[Form]) -> Response:
    return html(HTTPStatus.OK, pages.message(form.slug, "We cannot show this receipt", "no_receipt.html", failed=False))
