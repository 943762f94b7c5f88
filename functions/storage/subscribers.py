"""Stores the people who signed up for announcements and confirmed it.

An item: id (keyed hash), email, since, and mail (a slot for each announcement, see outbox.py).
"""

import hashlib
import hmac
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import keys
from normalize import addresses
from settings import settings
from storage import counters, dynamodb

REMEMBERED = timedelta(days=30)
"""How long an unsubscription is remembered: longer than an earlier confirmation link works."""


def subscriber_id(address: str) -> str:
    """Return the id of a person in links, 32 hexadecimal digits, the same for every spelling of the address."""
    return hmac.new(keys.identity(), addresses.identity(address).encode(), hashlib.sha256).hexdigest()[:32]


def subscribe(address: str, now: datetime) -> None:
    """Add a confirmed address; once more changes nothing. Raises NotMailable."""
    item = {"id": subscriber_id(address), "email": addresses.normalized(address), "since": now.isoformat(), "mail": {}}
    try:
        dynamodb.put(settings().subscribers_table, item, "attribute_not_exists(id)", {})
    except dynamodb.ConditionFailed:
        return


def unsubscribe(subscriber: str, now: datetime) -> None:
    """Remove a subscriber by id, if there is one, and remember when, so that no older link subscribes them again."""
    counters.note_time(_left(subscriber), now, REMEMBERED)
    remove(subscriber)


def has_left_since(address: str, signed_up: datetime) -> bool:
    """Return whether the person unsubscribed after a sign-up."""
    left = counters.last_time(_left(subscriber_id(address)))
    return left is not None and signed_up <= left


def remove(subscriber: str) -> None:
    """Remove a subscriber by id, if there is one."""
    key = dynamodb.to_item({"id": subscriber})
    dynamodb.client().delete_item(TableName=settings().subscribers_table, Key=key)


def everybody() -> Iterator[dict[str, Any]]:
    """Yield every subscriber's item, in no particular order."""
    return dynamodb.scan(settings().subscribers_table)


def _left(subscriber: str) -> str:
    return counters.key("unsubscribed", subscriber, "")


def is_subscribed(address: str) -> bool:
    return dynamodb.get(settings().subscribers_table, {"id": subscriber_id(address)}) is not None
