"""Sends the invitations to renew a certification, each once, on the mornings that the settings say."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from email.message import EmailMessage
from typing import Any

import promises
import rendering
from links import stop_link
from mail import ses
from mail.delivery import send_once
from settings import settings
from storage import dynamodb
from storage.certification_items import look_again
from storage.certifications import invitation_times
from storage.outbox import Owed

STOP_LINK_LASTS = timedelta(days=3 * 366)
"""How long the link that stops the invitations works."""


def look(entry: Mapping[str, Any], now: datetime) -> None:
    """Send the invitation that is due, and set the time of the next visit. Raises the errors of send_once.

    While e-mail to senders is stopped, the time stays, so that every look tries the latest that is due by then.
    """
    certification = dynamodb.get(settings().certifications_table, {"id": entry["id"]}) or {}
    # The index may not know yet that it was ended, renewed or corrected: then it has another time, or none.
    if certification.get("next_at") != entry["next_at"]:
        return
    times = invitation_times(date.fromisoformat(certification["ends_on"]))
    # Only the latest: a plaque may be mailed when the first invitations are over already.
    if due := [(slot, at) for slot, at in times if at <= now]:
        slot, _ = due[-1]
        owed = Owed("CERTIFICATIONS_TABLE", certification["id"], slot)
        if not send_once(owed, invitation, unless=["stopped", "ended"]):
            return
    look_again(certification, min((at for _, at in times if at > now), default=None))


def invitation(item: Mapping[str, Any]) -> EmailMessage:
    """Compose the invitation."""
    # Fixed words and dates only: what was typed two years ago is not mailed out again.
    now = promises.now()
    ends_on = date.fromisoformat(item["ends_on"])
    link = stop_link(item["id"], now + STOP_LINK_LASTS)
    message = ses.compose(
        "renewal",
        to=[item["email"]],
        reply_to=rendering.office().email,
        reference=item["reference"],
        completed=promises.day_in_words(date.fromisoformat(item["completed"])),
        ends=_ends(ends_on, promises.day_at_office(now)),
        stop=link,
    )
    return ses.with_one_click(message, link)


def _ends(ends_on: date, today: date) -> str:
    """Say when the certification ends: `ends on …`, `ends today, …`, or `ended on …`."""
    verb = "ended on" if ends_on < today else "ends today," if ends_on == today else "ends on"
    return f"{verb} {promises.day_in_words(ends_on)}"
