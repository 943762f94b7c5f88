"""Handles the links in e-mail to visitors: confirm a sign-up, end a subscription, stop the invitations to renew.

Opening a link changes nothing, because mail scanners open links. The button on its page does, and is idempotent.

Signing up sends a link to the address; opening it and pressing the button subscribes (double opt-in).
"""

from typing import Any

import links
import promises
from forms.announcements import AnnouncementsForm
from office import invitations
from settings import require
from storage import submissions, subscribers
from telemetry import count
from web.confirmations import Confirmation, answer, show
from web.responses import Event, Response

require()


def handler(event: Event, _context: Any) -> Response:
    purpose = event["rawPath"].rpartition("/")[2]
    return answer(event, LINKS[purpose], AnnouncementsForm.slug)


def _confirm(event: Event) -> Response:
    content = _from_link(event, "confirm")
    if content is None:
        return _page("This link is too old", "Please sign up again. We will send you a new link.")
    if event["requestContext"]["http"]["method"] != "POST":
        return _page(
            "Sign up for announcements", "We e-mail you when a new certification is announced.", button="Sign me up"
        )
    reference, _, subscriber = content.partition(" ")
    submission = submissions.get(reference)
    address = submission.answers["email"] if submission else ""
    # It was erased, or corrected: a link confirms only the address that it was sent to.
    if submission is None or subscribers.subscriber_id(address) != subscriber:
        return _page("This link is too old", "Please sign up again. We will send you a new link.")
    if not (submission.confirmed_at or subscribers.has_left_since(address, submission.received_at)):
        subscribers.subscribe(address, promises.now())
        submissions.confirm(reference, promises.now())
    elif not subscribers.is_subscribed(address):  # unsubscribed since: an old e-mail must not bring that back
        return _page("This link no longer works", "You are not signed up now. Please sign up again if you want to be.")
    return _page("You are signed up", "Each announcement has a link to unsubscribe.")


def _unsubscribe(event: Event) -> Response:
    subscriber = _from_link(event, "unsubscribe")
    if subscriber is None:
        return _page("This link is incomplete", "Please open the link in the announcement again.")
    if event["requestContext"]["http"]["method"] != "POST":
        return _page("Unsubscribe from announcements?", "You will get no more announcements.", button="Unsubscribe")
    subscribers.unsubscribe(subscriber, promises.now())
    return _page("You are unsubscribed", "You will get no more announcements. You can sign up again at any time.")


def _stop(event: Event) -> Response:
    certification = _from_link(event, "stop")
    if certification is None:
        return _page("This link is incomplete or too old", "Please open the link in our newest e-mail to you.")
    if event["requestContext"]["http"]["method"] != "POST":
        return _page(
            "Stop the invitations to renew?",
            "We will stop inviting your agency to renew.",
            button="Stop the invitations",
        )
    invitations.stop(certification, promises.now())
    count("stopped")
    return _page(
        "No more invitations", "We will not invite your agency to renew. Your agency can still begin again at any time."
    )


LINKS = {"confirm": _confirm, "unsubscribe": _unsubscribe, "stop": _stop}
"""The action of each link, by the last part of its path, which is also its signed purpose."""


def _from_link(event: Event, purpose: str) -> Any:
    token = (event.get("queryStringParameters") or {}).get("token", "")
    return links.read(purpose, token, promises.now())


def _page(title: str, text: str, button: str = "") -> Response:
    return show(Confirmation(title, text, button), AnnouncementsForm.slug)
