"""How much e-mail one address gets from us in a day because somebody typed it into a form: we are no spam gun.

Days are those of the submission, in UTC, so that a second try of the same e-mail meets its own place again.
"""

from datetime import timedelta

import promises
from forms import addresses
from storage import counters
from storage.submissions import Submission

E_MAILS_A_DAY = 5
"""To one address, of all forms together."""
REMEMBERED = timedelta(days=3)


def kind_to_send(submission: Submission, *, wants: bool) -> str | None:
    """The e-mail that the sender gets now: the form's own, or only the link that confirms announcements, or none.

    A form whose every submission matters has one each time; another form one a day to an address. Who wants
    announcements gets the link once a day beside that.
    """
    form = submission.declared
    confirms = wants and _has_place(submission, "confirm")
    if form.receipt_each_time or _has_place(submission, form.slug):
        kind = form.receipt_email
    elif confirms:
        kind = "confirm"
    else:
        return None
    return kind if any(_has_place(submission, f"any {number}") for number in range(E_MAILS_A_DAY)) else None


def _has_place(submission: Submission, kind: str) -> bool:
    """Whether this submission is the first of the day for its address to take what there is one of."""
    who, day = addresses.identity(submission.answers["email"]), submission.received_at.date().isoformat()
    key = counters.key(f"e-mail {kind}", who, day)
    return counters.claim_once(key, submission.reference, promises.now(), REMEMBERED)
