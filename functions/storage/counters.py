"""Counters and notes that expire: how often something happened, when last, or to which submissions.

Of forms and sign-ins from a network, sign-in codes, e-mails to an address and to all people who sent a form in a day,
unsubscriptions, ended sessions, corrected addresses. Keys are keyed hashes, so none of these items holds an address.
An item: key, expires_at (TTL), and posts (a number), last (a time in ISO 8601), or places (references, or names of
receipts).
"""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

import keys
from settings import settings
from storage import dynamodb


def key(kind: str, about: str, period: str) -> str:
    """Return the key of a counter: what it counts, the address or network it is about, and the hour or day."""
    return hmac.new(keys.identity(), f"{kind}\n{about}\n{period}".encode(), hashlib.sha256).hexdigest()


def read(name: str) -> int:
    """Return the count, 0 if the counter does not exist."""
    item = dynamodb.get(settings().counters_table, {"key": name})
    return int(item["posts"]) if item else 0


def read_together(*names: str) -> list[int]:
    """Return the counts in one call, 0 for a counter that does not exist. Raises ClientError.

    The read is eventually consistent, for half the price: what was added within about a second may be missing.
    """
    table = settings().counters_table
    wanted = [dynamodb.to_item({"key": name}) for name in names]
    answer = dynamodb.client().batch_get_item(RequestItems={table: {"Keys": wanted}})
    if answer.get("UnprocessedKeys"):  # so a batch is throttled, where a single read fails
        raise ClientError({"Error": {"Code": "ThrottlingException"}}, "BatchGetItem")
    counts = {item["key"]: int(item["posts"]) for item in map(dynamodb.from_item, answer["Responses"][table])}
    return [counts.get(name, 0) for name in names]


def senders_key(now: datetime) -> str:
    """Return the key of the counter of the day's e-mails to people who sent a form. The day is in UTC."""
    return key("e-mail to senders", "", now.date().isoformat())


def is_day_full(sent: int) -> bool:
    """Return whether `sent` e-mails to people who sent a form are all that sender_mail_per_day allows."""
    # Without a limit, a flood of forms with wrong addresses would bounce, and SES pauses an account for that.
    return sent >= int(settings().sender_mail_per_day)


def add(name: str, points: int, now: datetime, lives: timedelta) -> None:
    """Add points to a counter, which expires after `lives`."""
    # ADD, so that of two requests at once both are counted.
    _change(name, "SET expires_at = :end ADD posts :value", points, now, lives)


def take_place(name: str, owner: str, most: int, now: datetime, lives: timedelta) -> bool:
    """Take one of the `most` places of a counter; return False if others have them all.

    An owner who has a place keeps it.
    """
    change = "SET expires_at = :end ADD places :taken"
    condition = "attribute_not_exists(places) OR contains(places, :owner) OR size(places) < :most"
    values: dict[str, Any] = {"taken": {owner}, "owner": owner, "most": most, "end": int((now + lives).timestamp())}
    try:
        dynamodb.update(settings().counters_table, {"key": name}, change, condition, {}, **values)
    except dynamodb.ConditionFailed:
        return False
    return True


def add_reference(name: str, reference: str, now: datetime, lives: timedelta) -> None:
    """Add a reference to those that are found under a key."""
    _change(name, "SET expires_at = :end ADD places :value", {reference}, now, lives)


def references(name: str) -> list[str]:
    """Return the references that were added under a key, or the owners of a counter's places."""
    item = dynamodb.get(settings().counters_table, {"key": name}) or {}
    return sorted(item.get("places", ()))


def note_time(name: str, now: datetime, lives: timedelta) -> None:
    """Note when something happened last."""
    _change(name, "SET expires_at = :end, #last = :value", now.isoformat(), now, lives, {"#last": "last"})


def _change(
    name: str, change: str, value: Any, now: datetime, lives: timedelta, names: Mapping[str, str] | None = None
) -> None:
    """Change an item, which expires after `lives`: in `change`, that time is `:end`, and `value` is `:value`."""
    given = {"ExpressionAttributeNames": names} if names else {}
    dynamodb.client().update_item(
        TableName=settings().counters_table,
        Key=dynamodb.to_item({"key": name}),
        UpdateExpression=change,
        ExpressionAttributeValues=dynamodb.to_item({":value": value, ":end": int((now + lives).timestamp())}),
        **given,  # type: ignore[arg-type]  # DynamoDB takes no empty names
    )


def last_time(name: str) -> datetime | None:
    """Return when something happened last, None if that was never noted."""
    item = dynamodb.get(settings().counters_table, {"key": name})
    return datetime.fromisoformat(item["last"]) if item else None
