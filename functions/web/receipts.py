"""Signs and reads receipts: a URL that contains the reference and the promised dates, so that no table is read."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import links
import promises
from forms.form import Form
from storage.submissions import Submission

SHOWN_FOR = timedelta(days=3 * 366)
"""How long a receipt can be shown: longer than its certification is valid."""


@dataclass(frozen=True)
class Receipt:
    """The content of a receipt's URL; it has no personal data."""

    reference: str
    received_at: datetime
    answers: dict[str, str]


def sign(form: type[Form], submission: Submission) -> str:
    """Return the value of `receipt=` in the URL of a receipt page."""
    kept = {name: submission.answers.get(name, "") for name in form.receipt_fields}
    # The URL may end up in a browser's history: nothing in it is personal.
    content = [submission.reference, submission.received_at.isoformat(), kept]
    return links.sign(f"receipt/{form.slug}", content, submission.received_at + SHOWN_FOR)


def read(form: type[Form], signed: str) -> Receipt | None:
    """Return the receipt of a signed value, None if the value was changed or is too old."""
    content = links.read(f"receipt/{form.slug}", signed, promises.now())
    if content is None:
        return None
    reference, received_at, answers = content
    return Receipt(reference, datetime.fromisoformat(received_at), answers)
