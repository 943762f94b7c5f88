"""The announcements sign-up: its field, and its handler with the links that confirm it and end it.

Signing up sends a link to the address; only who opens it and presses the button is subscribed (double opt-in).
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import fields
import intake
import promises
import submissions
import subscribers
import tokens
from confirmations import Confirmation, answer, show
from forms import Form
from replies import Event, Response

CONFIRM_WITHIN = timedelta(days=7)
NEVER = datetime.max.replace(tzinfo=UTC)
"""Links that end a subscription work for good."""


class AnnouncementsForm(Form):
    """Anyone asks for e-mail about new certifications."""

    slug = "announcements"
    send = "Sign up"
    received = "Check your e-mail"
    next_steps = (
        "If this address is not signed up yet, a message with a link is on its way to it. "
        "You are signed up once you open the link and press the button there."
    )
    once_a_day = True
    mail_slots = ("receipt",)
    mail = "confirm"
    kept_for = timedelta(days=30)

    email = fields.email("E-mail", missing="Enter your e-mail address", hint="We send it a link to confirm.")

    @classmethod
    def due(cls, received: datetime) -> datetime:
        return received

    @classmethod
    def wants_announcements(cls, _answers: Mapping[str, str]) -> bool:
        return True


def confirm_link(site: str, reference: str, sent: datetime) -> str:
    """The address that confirms the sign-up of this submission; it names nobody."""
    return f"{site}/forms/announcements/confirm?token={tokens.sign('confirm', reference, sent + CONFIRM_WITHIN)}"


def unsubscribe_link(site: str, address: str) -> str:
    """The address that ends a subscription: a page with a button, and one click by POST (RFC 8058)."""
    token = tokens.sign("unsubscribe", subscribers.subscriber_id(address), NEVER)
    return f"{site}/forms/announcements/unsubscribe?token={token}"


def handler(event: dict[str, Any], _context: Any) -> Response:
    if event["rawPath"].endswith("/confirm"):
        return answer(event, _confirm, AnnouncementsForm.slug)
    if event["rawPath"].endswith("/unsubscribe"):
        return answer(event, _unsubscribe, AnnouncementsForm.slug)
    return intake.handle(AnnouncementsForm, event)


def _confirm(event: Event) -> Response:
    reference = _from_link(event, "confirm")
    if reference is None:
        return _page("This link is too old", "Please sign up again; a new link comes by e-mail.")
    if event["requestContext"]["http"]["method"] != "POST":
        return _page(
            "Sign up for announcements", "We e-mail you when a new certification is announced.", button="Sign me up"
        )
    submission = submissions.get(reference)
    if submission is None or not submission.answers["email"]:  # it was erased
        return _page("This link is too old", "Please sign up again; a new link comes by e-mail.")
    subscribers.subscribe(submission.answers["email"], promises.now())
    return _page("You are signed up", "Each announcement has a link that ends the subscription with one click.")


def _unsubscribe(event: Event) -> Response:
    subscriber = _from_link(event, "unsubscribe")
    if subscriber is None:
        return _page("This link is not complete", "Please open the link in the announcement again.")
    if event["requestContext"]["http"]["method"] != "POST":
        return _page("End the announcements", "We then send you no more announcements.", button="Unsubscribe")
    subscribers.unsubscribe(subscriber)
    return _page("You are unsubscribed", "We send you no more announcements. You can sign up again at any time.")


def _from_link(event: Event, purpose: str) -> Any:
    token = (event.get("queryStringParameters") or {}).get("token", "")
    return tokens.read(purpose, token, promises.now())


def _page(title: str, text: str, button: str = "") -> Response:
    return show(Confirmation(title, text, button), AnnouncementsForm.slug)
