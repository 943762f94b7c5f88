"""Erases a person's data everywhere. What names no person is kept: the count, and which agency is certified."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from forms import addresses
from forms.catalog import FORMS
from settings import settings
from storage import dynamodb, subscribers
from storage.outbox import is_settled


@dataclass(frozen=True)
class Erased:
    """The result: references of erased submissions, ids of certifications, and whether the person was a subscriber."""

    submissions: list[str]
    certifications: list[str]
    subscriber: bool


def erase(address: str, now: datetime) -> Erased:
    """Erase everything that belongs to an e-mail address. Idempotent."""
    wanted = addresses.identity(address)
    submissions = _scan(settings().submissions_table)
    found = [item for item in submissions if wanted == addresses.identity(item["answers"].get("email", ""))]
    for item in found:
        _erase_submission(item, now)
    certifications = _scan(settings().certifications_table)
    certified = [item for item in certifications if wanted == addresses.identity(item.get("email", ""))]
    for item in certified:
        _erase_certification(item, now)
    subscribed = subscribers.is_subscribed(address)
    subscribers.unsubscribe(subscribers.subscriber_id(address))
    return Erased([item["reference"] for item in found], [item["reference"] for item in certified], subscribed)


def _erase_submission(item: dict[str, Any], now: datetime) -> None:
    """Erase the answers of a submission, except those that name no person.

    Unsent e-mails and reminders are canceled: there is no one left to answer."""
    kept = FORMS[item["form"]].kept_on_erasure
    answers = {name: value if name in kept else "" for name, value in item["answers"].items()}
    task = "" if "done" in item else " REMOVE stage, stage_at, clock, next_at, held"
    owed = [slot for slot in item["mail"] if not is_settled(item["mail"], slot)]
    dynamodb.update(
        settings().submissions_table,
        {"reference": item["reference"]},
        "SET answers = :answers, mail = :mail, erased_at = :now, fingerprint = :none, find = :find, history = :history"
        + task,
        "attribute_exists(fingerprint)",
        {},
        answers=answers,
        find=FORMS[item["form"]].words_to_find(answers),
        history=[{name: entry[name] for name in ("what", "at", "by")} for entry in item.get("history", ())],
        mail=item["mail"] | {slot: {"state": "erased"} for slot in owed},
        now=now.isoformat(),
        none="erased",
    )


def _erase_certification(item: dict[str, Any], now: datetime) -> None:
    change = "SET email = :none, stopped = :now ADD revision :one REMOVE clock, next_at"
    condition, values = "attribute_exists(id)", {"none": "", "now": now.isoformat(), "one": 1}
    dynamodb.update(settings().certifications_table, {"id": item["id"]}, change, condition, {}, **values)


def _scan(table: str) -> Iterator[dict[str, Any]]:
    pages = dynamodb.client().get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
    return (dynamodb.from_item(item) for page in pages for item in page["Items"])
