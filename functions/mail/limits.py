"""Limits how much e-mail one address gets in a day because someone typed it into a form.

The day is that of the submission, in UTC, so that a retry of an e-mail finds its own claim.
"""

import re
from datetime import timedelta

import promises
from normalize import addresses
from settings import settings
from storage import counters
from storage.submissions import Submission

SUB_ADDRESS = re.compile(r"\+[^@]*(?=@)")
"""The tag of an address, which many providers ignore: mail to `pat+1@` arrives at `pat@`."""
E_MAILS_A_DAY = 5
"""E-mails to one address in a day, of all forms together."""
REMEMBERED = timedelta(days=3)


def kind_to_send(submission: Submission, *, wants: bool) -> str | None:
    """Return the e-mail for the sender: the form's own, only the link that confirms announcements, or none.

    A form with `receipt_each_time` always has one, other forms one a day to an address. The link that confirms
    announcements is sent once a day in addition.
    """
    form = submission.declared
    confirms = wants and _has_place(submission, "confirm")
    if form.receipt_each_time or _has_place(submission, form.slug):
        kind = form.receipt_email
    elif confirms:
        kind = "confirm"
    else:
        return None
    if not any(_has_place(submission, f"any {number}") for number in range(E_MAILS_A_DAY)):
        return None
    return kind if _is_within_budget() else None


def _is_within_budget() -> bool:
    """Count one e-mail to a sender, and return whether the day has room for it: SES watches all that bounces."""
    now = promises.now()
    key = counters.key("e-mail to senders", "", now.date().isoformat())
    if counters.read(key) >= int(settings().sender_mail_per_day):
        return False
    counters.add(key, 1, now, REMEMBERED)
    return True


def _has_place(submission: Submission, kind: str) -> bool:
    """Return whether this submission is the first of the day to claim a limit for its address."""
    who = SUB_ADDRESS.sub("", addresses.identity(submission.answers["email"]))
    day = submission.received_at.date().isoformat()
    key = counters.key(f"e-mail {kind}", who, day)
    return counters.claim_once(key, submission.reference, promises.now(), REMEMBERED)
