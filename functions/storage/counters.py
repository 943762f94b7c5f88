"""Counters that expire: forms from one network, and e-mails to one address in a day.

Keys are keyed hashes, so the table holds no address.
An item: key, expires_at (TTL), posts or taker.
"""

import hashlib
import hmac
from datetime import datetime, timedelta

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


def add(name: str, points: int, now: datetime, lives: timedelta) -> None:
    """Add points to a counter, which expires after `lives`."""
    # ADD, so that of two requests at once both are counted.
    dynamodb.client().update_item(
        TableName=settings().counters_table,
        Key=dynamodb.to_item({"key": name}),
        UpdateExpression="SET expires_at = :end ADD posts :points",
        ExpressionAttributeValues=dynamodb.to_item({":points": points, ":end": int((now + lives).timestamp())}),
    )


def claim_once(name: str, owner: str, now: datetime, lives: timedelta) -> bool:
    """Claim the only slot of a counter; return False if another owner has it. The same owner may claim it again."""
    item = {"key": name, "taker": owner, "expires_at": int((now + lives).timestamp())}
    condition = "attribute_not_exists(#key) OR taker = :owner"
    try:
        dynamodb.put(settings().counters_table, item, condition, {"#key": "key"}, owner=owner)
    except dynamodb.ConditionFailed:
        return False
    return True
