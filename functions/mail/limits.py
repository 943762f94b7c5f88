"""Limits how much e-mail one address gets in a day because someone typed it into a form.

The day of an address is that of the submission, in UTC, so that a retry of an e-mail finds its own place again. The
day's budget of all senders together is that of the day on which an e-mail is sent.
"""

from datetime import datetime, timedelta

import promises
from normalize import addresses
from storage import counters
from storage.submissions import Submission

OF_GMAIL = {"gmail.com", "googlemail.com"}
E_MAILS_A_DAY = 5
"""E-mails to one address in a day, of all forms together."""
REMEMBERED = timedelta(days=3)


def kind_to_send(submission: Submission, *, wants: bool) -> str | None:
    """Return the e-mail for the sender: the form's own, only the link that confirms announcements, or none.

    A form with `receipt_each_time` always has one, other forms one a day to an address. The link that confirms
    announcements is sent once a day in addition.
    """
    form, now = submission.declared, promises.now()
    receipt, of_all_forms, of_the_day = _receipt(submission), _counter(submission, "any"), counters.senders_key(now)
    sent = counters.references(of_all_forms)
    is_counted = receipt in sent
    # A receipt after a correction always has room at its address, because the office asked for it.
    most = E_MAILS_A_DAY + (len(sent) if submission.reference in sent else 0)
    # Before any place is taken: an e-mail for which there is no room must not use one up.
    if not is_counted and (len(sent) >= most or counters.is_day_full(counters.read(of_the_day))):
        return None
    confirms = wants and _takes_place(submission, "confirm", now)
    if form.receipt_each_time or _takes_place(submission, form.slug, now):
        kind = form.receipt_email
    elif confirms:
        kind = "confirm"
    else:
        return None
    if is_counted:
        return kind
    # Counted before its place is taken: a retry that finds its place has been counted. If a call fails in between, the
    # retry counts again, and two receipts at once may pass the budget by one. Neither does harm.
    counters.add(of_the_day, 1, now, REMEMBERED)
    return kind if counters.take_place(of_all_forms, receipt, most, now, REMEMBERED) else None


def _takes_place(submission: Submission, kind: str, now: datetime) -> bool:
    """Take the one place of a kind in the day of an address; return False if another submission has it."""
    return counters.take_place(_counter(submission, kind), submission.reference, 1, now, REMEMBERED)


def _counter(submission: Submission, kind: str) -> str:
    """Return the key of the counter of a kind of e-mail in the day of an address."""
    day = submission.received_at.date().isoformat()
    return counters.key(f"e-mail {kind}", _mailbox(submission.answers["email"]), day)


def _receipt(submission: Submission) -> str:
    """Return what names the receipt that is being sent: the reference, and the slot of one after a correction."""
    claimed = [slot for slot, each in submission.mail.items() if each["state"] == "claimed"]
    further = sorted(slot for slot in claimed if slot.startswith("receipt-"))
    return " ".join([submission.reference, *further])


def _mailbox(address: str) -> str:
    """Return the mailbox of an address: many providers ignore what follows a `+`, and Gmail every dot."""
    local, _, domain = addresses.identity(address).rpartition("@")
    local = local.partition("+")[0]
    return f"{local.replace('.', '')}@gmail.com" if domain in OF_GMAIL else f"{local}@{domain}"
