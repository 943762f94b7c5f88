"""Stores bounces and complaints for the daily digest: one item of the counters' table for each, without addresses.

An item: key (of the report), noted_on (UTC; index `returned`), noted_at (ISO 8601), what (in words), expires_at (TTL).
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

import promises
from settings import settings
from storage import dynamodb

KEPT_FOR = timedelta(days=7)
"""How long a repeated report is recognized; EventBridge retries for a day."""


def is_known(message_id: str, state: str) -> bool:
    """Return whether a report about an e-mail, identified by SES's message id, was recorded."""
    return dynamodb.get(settings().counters_table, {"key": _key(message_id, state)}) is not None


def note(message_id: str, state: str, what: str, now: datetime) -> None:
    """Record a bounce or complaint. Idempotent."""
    item = {
        "key": _key(message_id, state),
        "noted_on": _day(now),
        "noted_at": now.isoformat(),
        "what": what,
        "expires_at": int((now + KEPT_FOR).timestamp()),
    }
    try:
        dynamodb.put(settings().counters_table, item, "attribute_not_exists(#key)", {"#key": "key"})
    except dynamodb.ConditionFailed:
        return


def since(moment: datetime) -> Iterator[str]:
    """Return the reports since a moment at most a few days ago, in order. The index is eventually consistent."""
    for after in range((promises.now().date() - moment.date()).days + 1):
        values = {"day": _day(moment + timedelta(days=after)), "since": moment.isoformat()}
        condition = "noted_on = :day AND noted_at >= :since"
        found = dynamodb.query(settings().counters_table, "returned", condition, **values)
        yield from (item["what"] for item in found)


def _key(message_id: str, state: str) -> str:
    return f"{state} {message_id}"


def _day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d}"
