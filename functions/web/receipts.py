"""Signs and reads receipts: a URL that contains the reference and the promised dates, so that no table is read."""

from datetime import datetime, timedelta
from typing import NamedTuple

import links
import promises
from forms.form import Form
from storage.submissions import Submission

SHOWN_FOR = timedelta(days=3 * 366)
"""How long a receipt can be shown: longer than its certification is valid."""
NAMED_FOR = timedelta(days=30)
"""How long it shows the agency's name, which anybody may have typed: until the plaque has come."""


class Receipt(NamedTuple):
    """The content of a receipt's URL; it has no personal data. The first ones had no `mailed`."""

    reference: str
    received_at: datetime
    answers: dict[str, str]
    mailed: bool = True
    """Whether a receipt by e-mail could be promised. What depends on the address is left out, because a stranger may
    have typed it: no one learns here how much e-mail it got."""


def sign(form: type[Form], submission: Submission, *, may_mail: bool) -> str:
    """Return the value of `receipt=` in the URL of a receipt page. `may_mail`: the day has room for its e-mail."""
    kept = {name: submission.answers.get(name, "") for name in form.receipt_fields}
    # The URL may end up in a browser's history: nothing in it is personal.
    content = [submission.reference, submission.received_at.isoformat(), kept, may_mail and not submission.is_quiet]
    return links.sign(f"receipt/{form.slug}", content, submission.received_at + SHOWN_FOR)


def read(form: type[Form], signed: str) -> Receipt | None:
    """Return the receipt of a signed value, None if the value was changed or is too old."""
    content = links.read(f"receipt/{form.slug}", signed, promises.now())
    if content is None:
        return None
    reference, received_at, *rest = content
    return Receipt(reference, datetime.fromisoformat(received_at), *rest)
