"""E-mail that came back, for the morning's digest: one item of the counters' table for each report, no address in it.

An item: key (of the report), noted_on (UTC; index `returned`), noted_at (ISO 8601), what (in words), expires_at (TTL).
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

import promises
from settings import settings
from storage import dynamodb

KEPT_FOR = timedelta(days=7)
"""A report that comes again later than this is taken for a new one; EventBridge tries for a day."""


def is_known(message_id: str, state: str) -> bool:
    """Whether this was noted of an e-mail, which SES's message id stands for."""
    return dynamodb.get(settings().counters_table, {"key": _key(message_id, state)}) is not None


def note(message_id: str, state: str, what: str, now: datetime) -> None:
    """Note what came back of an e-mail; once more changes nothing."""
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
    """What was noted since then, at most a few days ago, in its order. The index follows within about a second."""
    for after in range((promises.now().date() - moment.date()).days + 1):
        values = {"day": _day(moment + timedelta(days=after)), "since": moment.isoformat()}
        condition = "noted_on = :day AND noted_at >= :since"
        found = dynamodb.query(settings().counters_table, "returned", condition, **values)
        yield from (item["what"] for item in found)


def _key(message_id: str, state: str) -> str:
    return f"{state} {message_id}"


def _day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d}"
