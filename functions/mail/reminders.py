"""Reminds the office of what is due, its director too of what is late: one e-mail for all that falls into an hour."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from email.message import EmailMessage
from typing import Any

import office_hours
import promises
import rendering
from mail import messages, ses
from mail.delivery import send_together
from settings import settings
from storage.outbox import BUNDLED, Owed, is_settled
from storage.submissions import Submission

FINISHED = ("done", "closed", "held", "erased_at")
"""Attributes of what nobody is reminded of. All but an erasure can be taken back, and then the reminder is sent."""
BUNDLE = 20
"""Most submissions in one e-mail: SES's reports name each of them in a tag of 256 characters."""


def times(submission: Submission, now: datetime) -> list[tuple[str, datetime]]:
    """Return the reminders that are still to be sent, with their times; none if there is nothing to do."""
    form, due = submission.declared, submission.due_at
    if not submission.waits:
        return []
    at = {
        "reminder": office_hours.remind_at(due, form.remind_before, submission.promised_from),
        "late": office_hours.next_hour(due),
    }
    to_send = [slot for slot in BUNDLED if slot not in submission.mail or not is_settled(submission.mail, slot)]
    return [(slot, at[slot]) for slot in to_send if slot != "reminder" or now < due]


def bundles(found: Iterable[Submission], now: datetime) -> Iterator[list[Owed]]:
    """Yield what is to be sent now, the most urgent first, in bundles for one e-mail each."""
    by_urgency = sorted(found, key=lambda each: each.urgency)
    for slot in reversed(BUNDLED):
        ripe = [each for each in by_urgency if any(name == slot and at <= now for name, at in times(each, now))]
        for start in range(0, len(ripe), BUNDLE):
            yield [Owed("SUBMISSIONS_TABLE", each.reference, slot) for each in ripe[start : start + BUNDLE]]


def send(bundle: Sequence[Owed]) -> None:
    """Send one bundle. Raises the errors of send_together."""
    slot = bundle[0].slot
    send_together(bundle, lambda item: _why_not(item, slot), lambda items: compose(items, slot), FINISHED)


def compose(items: Sequence[Mapping[str, Any]], slot: str) -> EmailMessage:
    """Compose one e-mail about all items, each with what was asked and whom to answer."""
    found = sorted((Submission.from_item(item) for item in items), key=lambda each: each.urgency)
    is_late = slot == "late"
    alone = len(found) == 1
    return ses.compose(
        "reminder",
        to=list(dict.fromkeys([*(settings().escalation_addresses if is_late else ()), *settings().staff_addresses])),
        reply_to=(found[0].answers["email"] or None) if alone else rendering.office().email,
        thread=found[0].reference if alone else "",
        late=is_late,
        first=promises.short_moment(found[0].due_at, promises.now()),
        found=[messages.about(each) for each in found],
    )


def _why_not(item: Mapping[str, Any], slot: str) -> str:
    """Return the reason why the reminder is no longer needed, empty if it is."""
    return "too late" if slot == "reminder" and promises.now() >= Submission.from_item(item).due_at else ""
