"""The links in e-mail to subscribers: confirm a sign-up, end a subscription.

Signing up sends a link to the address; only who opens it and presses the button is subscribed (double opt-in).
"""

from typing import Any

import links
import promises
import submit
from forms.announcements import AnnouncementsForm
from storage import submissions, subscribers
from web.confirmations import Confirmation, answer, show
from web.responses import Event, Response


def handler(event: Event, context: Any) -> Response:
    if event["rawPath"].endswith("/confirm"):
        return answer(event, _confirm, AnnouncementsForm.slug)
    if event["rawPath"].endswith("/unsubscribe"):
        return answer(event, _unsubscribe, AnnouncementsForm.slug)
    return submit.handler(event, context)


def _confirm(event: Event) -> Response:
    reference = _from_link(event, "confirm")
    if reference is None:
        return _page("This link is too old", "Please sign up again. We will send you a new link.")
    if event["requestContext"]["http"]["method"] != "POST":
        return _page(
            "Sign up for announcements", "We e-mail you when a new certification is announced.", button="Sign me up"
        )
    submission = submissions.get(reference)
    if submission is None or not submission.answers["email"]:  # it was erased
        return _page("This link is too old", "Please sign up again. We will send you a new link.")
    subscribers.subscribe(submission.answers["email"], promises.now())
    return _page("You are signed up", "Each announcement has a link to unsubscribe with one click.")


def _unsubscribe(event: Event) -> Response:
    subscriber = _from_link(event, "unsubscribe")
    if subscriber is None:
        return _page("This link is incomplete", "Please open it from the announcement again.")
    if event["requestContext"]["http"]["method"] != "POST":
        return _page("Unsubscribe from announcements?", "You will get no more announcements.", button="Unsubscribe")
    subscribers.unsubscribe(subscriber)
    return _page("You are unsubscribed", "You will get no more announcements. You can sign up again at any time.")


def _from_link(event: Event, purpose: str) -> Any:
    token = (event.get("queryStringParameters") or {}).get("token", "")
    return links.read(purpose, token, promises.now())


def _page(title: str, text: str, button: str = "") -> Response:
    return show(Confirmation(title, text, button), AnnouncementsForm.slug)
