"""The table of submissions: put once, claim an e-mail, note how it ended.

An item: reference (key), form, fingerprint, received_at and due_at (ISO 8601, UTC), answers (field: text as typed),
agency and completed (index `agencies`, plaque requests only), held (reasons, only where it may be spam),
mail (slot: {state: owed | claimed | sent | why there is none, until: end of the claim}).
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.exceptions import ClientError

from forms import Form, fingerprint, reference_for

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

CLAIM_LASTS = timedelta(minutes=10)
"""How long a sender that went silent keeps others from sending the same e-mail."""
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
    held: tuple[str, ...] = ()
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
            held=tuple(item.get("held", ())),
            mail_slots=tuple(item["mail"]),
        )


class ClaimedByAnother(Exception):
    """Another sender holds the claim on this e-mail and may still be sending it."""


class ConditionFailed(Exception):
    """The table refused a conditional write; `item` is what stands there, empty where nothing does."""

    def __init__(self, item: dict[str, Any]) -> None:
        super().__init__()
        self.item = item


def put_once(form: Form, received: datetime, held: Sequence[str] = ()) -> tuple[Submission, bool]:
    """Store a valid form unless the same submission is there; return the stored one, and whether it is new.

    `held` are the reasons for which staff should look at it before anything else happens.
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
            held=tuple(held),
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
    key = _to_dynamodb({"reference": reference})
    item = _client().get_item(TableName=os.environ["SUBMISSIONS_TABLE"], Key=key, ConsistentRead=True).get("Item")
    return Submission.from_item({name: _deserialize(value) for name, value in item.items()}) if item else None


def claim_mail(reference: str, slot: str, now: datetime) -> bool:
    """Take the right to send one e-mail of a submission, for `CLAIM_LASTS`.

    False where there is nothing to send: that is settled, or the submission is gone.
    Raises ClaimedByAnother while somebody else may be sending it.
    """
    claim = {"state": "claimed", "until": (now + CLAIM_LASTS).isoformat()}
    condition = "#mail.#slot.#state = :owed OR (#mail.#slot.#state = :claimed AND #mail.#slot.#until < :now)"
    values = {":owed": "owed", ":claimed": "claimed", ":now": now.isoformat()}
    try:
        _set_mail(reference, slot, claim, condition, values)
    except ConditionFailed as failed:
        if failed.item and failed.item["mail"][slot]["state"] == "claimed":
            raise ClaimedByAnother(f"{slot} e-mail of {reference}") from None
        return False
    return True


def give_claim_back(reference: str, slot: str) -> None:
    """After a clear refusal: the e-mail is owed again, and anyone may try at once."""
    _set_mail(reference, slot, {"state": "owed"}, "#mail.#slot.#state = :claimed", {":claimed": "claimed"})


def settle_mail(reference: str, slot: str, outcome: dict[str, str]) -> None:
    """Note how an e-mail ended: `state` is sent (with `message_id` and `at`), or says why none is."""
    _set_mail(reference, slot, outcome, "#mail.#slot.#state = :claimed", {":claimed": "claimed"})


def others_of_the_agency(submission: Submission) -> list[str]:
    """References of other submissions by the same agency for the same date of completion: one may correct another.

    The index follows the table within about a second, so one of two sent at the same moment may be missing.
    """
    if not submission.agency:
        return []
    found = _client().query(
        TableName=os.environ["SUBMISSIONS_TABLE"],
        IndexName="agencies",
        KeyConditionExpression="agency = :agency AND completed = :completed",
        ExpressionAttributeValues=_to_dynamodb(
            {":agency": submission.agency, ":completed": submission.answers["completed"]}
        ),
    )
    references = [_deserialize(item["reference"]) for item in found["Items"]]
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
        item["held"] = list(submission.held)
    if submission.agency:
        item |= {"agency": submission.agency, "completed": submission.answers["completed"]}
    _write(
        "put_item",
        Item=_to_dynamodb(item),
        ConditionExpression="attribute_not_exists(#reference)",
        ExpressionAttributeNames={"#reference": "reference"},
    )


def _set_mail(reference: str, slot: str, to: dict[str, str], condition: str, values: dict[str, str]) -> None:
    names = {"#mail": "mail", "#slot": slot, "#state": "state", "#until": "until"}
    _write(
        "update_item",
        Key=_to_dynamodb({"reference": reference}),
        UpdateExpression="SET #mail.#slot = :to",
        ConditionExpression=condition,
        ExpressionAttributeNames={name: meaning for name, meaning in names.items() if name in condition},
        ExpressionAttributeValues=_to_dynamodb({":to": to, **values}),
    )


def _write(operation: str, **parameters: Any) -> None:
    """A conditional write. Raises ConditionFailed with the item that stands in the way, read by the write itself."""
    write = getattr(_client(), operation)
    table = os.environ["SUBMISSIONS_TABLE"]
    try:
        write(TableName=table, ReturnValuesOnConditionCheckFailure="ALL_OLD", **parameters)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise
        item: dict[str, Any] = error.response.get("Item", {})  # type: ignore[assignment]
        raise ConditionFailed({name: _deserialize(value) for name, value in item.items()}) from None


def _to_dynamodb(item: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _serialize(value) for name, value in item.items()}


_serialize = TypeSerializer().serialize
_deserialize = TypeDeserializer().deserialize


@cache
def _client() -> "DynamoDBClient":
    return boto3.client("dynamodb")
