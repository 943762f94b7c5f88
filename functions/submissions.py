"""The table of submissions: put once, find, release.

An item: reference (key), form, fingerprint, received_at and due_at (ISO 8601, UTC), answers (field: text as typed),
agency and completed (index `agencies`, plaque requests only), held (reasons, only while it may be spam),
mail (see outbox.py).
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import dynamodb
from dynamodb import ConditionFailed
from forms import Form, fingerprint, reference_for

RELEASED_WITHIN = timedelta(days=90)
"""How long staff can release a held submission."""
REFERENCES_TRIED = 5
"""A reference that belongs to another submission is replaced by the next; 27^10 of them make one such meeting rare."""


@dataclass(frozen=True)
class Submission:
    """One stored submission."""

    reference: str
    form: str
    received_at: datetime
    due_at: datetime
    answers: Mapping[str, str]
    agency: str | None = None
    held: str = ""
    mail_slots: tuple[str, ...] = ()

    @classmethod
    def from_item(cls, item: Mapping[str, Any]) -> "Submission":
        """From an item in plain Python types, as the table or a stream record holds it."""
        return cls(
            reference=item["reference"],
            form=item["form"],
            received_at=datetime.fromisoformat(item["received_at"]),
            due_at=datetime.fromisoformat(item["due_at"]),
            answers=item["answers"],
            agency=item.get("agency"),
            held=item.get("held", ""),
            mail_slots=tuple(item["mail"]),
        )


def put_once(form: Form, received: datetime, held: str = "") -> tuple[Submission, bool]:
    """Store a valid form unless the same submission is there; return the stored one, and whether it is new.

    `held` are the reasons, in words, for which staff should look at it before anything else happens.
    A write that the SDK repeats because the answer was lost meets its own item here: that is success as well.
    """
    content = fingerprint(form, received)
    for attempt in range(REFERENCES_TRIED):
        submission = Submission(
            reference=reference_for(content, attempt),
            form=form.slug,
            received_at=received,
            due_at=form.due(received),
            answers=form.answers(),
            agency=form.sender_key(form.answers()),
            held=held,
            mail_slots=form.mail_slots,
        )
        try:
            _put(submission, content)
        except ConditionFailed as failed:
            if failed.item["fingerprint"] == content:
                return Submission.from_item(failed.item), False
        else:
            return submission, True
    raise RuntimeError(f"{REFERENCES_TRIED} references in a row belong to other submissions")


def get(reference: str) -> Submission | None:
    """One submission, None where there is none."""
    item = dynamodb.get(_table(), {"reference": reference})
    return Submission.from_item(item) if item else None


def release(reference: str) -> bool:
    """Hold a submission no longer, and owe its sender the receipt; False where it was not held.

    The table's stream shows the change to the notifier, which sends what is owed.
    """
    try:
        dynamodb.update(
            _table(),
            {"reference": reference},
            "REMOVE held SET #mail.receipt = :owed",
            "attribute_exists(held)",
            {"#mail": "mail"},
            owed={"state": "owed"},
        )
    except ConditionFailed:
        return False
    return True


def others_of_the_agency(submission: Submission) -> list[str]:
    """References of other submissions by the same agency for the same date of completion: one may correct another.

    The index follows the table within about a second, so one of two sent at the same moment may be missing.
    """
    if not submission.agency:
        return []
    found = dynamodb.client().query(
        TableName=_table(),
        IndexName="agencies",
        KeyConditionExpression="agency = :agency AND completed = :completed",
        ExpressionAttributeValues=dynamodb.to_item(
            {":agency": submission.agency, ":completed": submission.answers["completed"]}
        ),
    )
    references = [dynamodb.from_item(item)["reference"] for item in found["Items"]]
    return sorted(reference for reference in references if reference != submission.reference)


def _put(submission: Submission, content: str) -> None:
    item = {
        "reference": submission.reference,
        "form": submission.form,
        "fingerprint": content,
        "received_at": submission.received_at.isoformat(),
        "due_at": submission.due_at.isoformat(),
        "answers": dict(submission.answers),
        "mail": {slot: {"state": "owed"} for slot in submission.mail_slots},
    }
    if submission.held:
        item["held"] = submission.held
    if submission.agency:
        item |= {"agency": submission.agency, "completed": submission.answers["completed"]}
    dynamodb.put(_table(), item, "attribute_not_exists(#reference)", {"#reference": "reference"})


def _table() -> str:
    return os.environ["SUBMISSIONS_TABLE"]
