"""Receipts: a signed address that shows a sender the reference and the promised dates, without a look at the table."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import links
import promises
from forms.form import Form
from storage.submissions import Submission

SHOWN_FOR = timedelta(days=3 * 366)
"""A receipt can be shown until its certification has long ended."""


@dataclass(frozen=True)
class Receipt:
    """What a receipt's address carries: no personal data."""

    reference: str
    received_at: datetime
    answers: dict[str, str]


def sign(form: type[Form], submission: Submission) -> str:
    """The value of `receipt=` in the address of a receipt page."""
    kept = {name: submission.answers[name] for name in form.kept_in_receipt}
    content = [submission.reference, submission.received_at.isoformat(), kept]
    return links.sign(f"receipt/{form.slug}", content, submission.received_at + SHOWN_FOR)


def read(form: type[Form], signed: str) -> Receipt | None:
    """The receipt behind a signed value, None where it was changed or is too old."""
    content = links.read(f"receipt/{form.slug}", signed, promises.now())
    if content is None:
        return None
    reference, received_at, answers = content
    return Receipt(reference, datetime.fromisoformat(received_at), answers)
