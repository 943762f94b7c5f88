"""Finds a person's data everywhere, and erases them. What names no person is kept: counts, and who is certified."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from normalize import addresses
from settings import settings
from storage import dynamodb, submissions, subscribers
from storage.outbox import is_settled
from storage.submissions import Submission


@dataclass(frozen=True)
class Person:
    """One person: an e-mail address in any spelling, with all that is stored of it."""

    address: str
    submissions: list[Submission]
    """The newest first; without those that were erased."""
    certifications: list[dict[str, Any]]
    """Items of the agencies whose invitations go to the address."""
    subscriber: bool

    @property
    def open(self) -> list[Submission]:
        """Return the submissions that the office has not finished."""
        return [each for each in self.submissions if each.is_open]

    def __bool__(self) -> bool:
        return bool(self.submissions or self.certifications or self.subscriber)


def find(address: str) -> Person:
    """Return everything that belongs to an e-mail address. Reads all of two tables."""
    wanted = addresses.identity(address)
    references = [
        item["reference"]
        for item in _scan(settings().submissions_table, "#reference, answers.email")
        if wanted == addresses.identity(item.get("answers", {}).get("email", ""))
    ]
    found = [each for reference in references if (each := submissions.get(reference))]
    certified = [
        item
        for item in _scan(settings().certifications_table, "id, email, #reference")
        if wanted == addresses.identity(item.get("email", ""))
    ]
    newest = sorted(found, key=lambda each: each.received_at, reverse=True)
    return Person(address, newest, certified, subscribers.is_subscribed(address))


def erase(person: Person, by: str, now: datetime) -> None:
    """Erase everything of a person. Idempotent."""
    for submission in person.submissions:
        _erase_submission(submission, by, now)
    for item in person.certifications:
        change = "SET email = :none, stopped = :now ADD revision :one REMOVE clock, next_at"
        values = {"none": "", "now": now.isoformat(), "one": 1}
        key = {"id": item["id"]}
        dynamodb.update(settings().certifications_table, key, change, "attribute_exists(id)", {}, **values)
    subscribers.unsubscribe(subscribers.subscriber_id(person.address))


def _erase_submission(submission: Submission, by: str, now: datetime) -> None:
    """Erase the answers of a submission, except those that name no person.

    Unsent e-mails and reminders are canceled: there is no one left to answer.
    """
    form = submission.declared
    answers = {name: value if name in form.kept_on_erasure else "" for name, value in submission.answers.items()}
    task = "" if submission.done else " REMOVE stage, stage_at, clock, next_at, held"
    owed = [slot for slot in submission.mail if not is_settled(submission.mail, slot)]
    history = [{name: entry[name] for name in ("what", "at", "by")} for entry in submission.history]
    submissions.update(
        submission.reference,
        "SET answers = :answers, mail = :mail, erased_at = :now, fingerprint = :none, find = :find, history = :history"
        + task,
        "attribute_exists(fingerprint)",
        answers=answers,
        find=form.words_to_find(answers),
        history=[*history, {"what": "erased", "at": now.isoformat(), "by": by}],
        mail={**submission.mail, **{slot: {"state": "erased"} for slot in owed}},
        now=now.isoformat(),
        none="erased",
    )


def _scan(table: str, attributes: str) -> Iterator[dict[str, Any]]:
    names = {"#reference": "reference"}
    return dynamodb.scan(table, ConsistentRead=True, ProjectionExpression=attributes, ExpressionAttributeNames=names)
