"""The table of people who asked for announcements and confirmed it. An item: id (salted hash), email, since."""

import hashlib
import hmac
import os
from datetime import datetime

import dynamodb
import tokens


def subscriber_id(address: str) -> str:
    """What stands for an address in links: 32 hexadecimal digits. Upper and lower case are the same address."""
    return hmac.new(tokens.secret().encode(), address.strip().casefold().encode(), hashlib.sha256).hexdigest()[:32]


def subscribe(address: str, now: datetime) -> None:
    """Add a confirmed address; once more changes nothing that matters."""
    item = {"id": subscriber_id(address), "email": address.strip(), "since": now.isoformat()}
    dynamodb.client().put_item(TableName=os.environ["SUBSCRIBERS_TABLE"], Item=dynamodb.to_item(item))


def unsubscribe(subscriber: str) -> None:
    """Remove a subscriber by id, whether there is one or not."""
    key = dynamodb.to_item({"id": subscriber})
    dynamodb.client().delete_item(TableName=os.environ["SUBSCRIBERS_TABLE"], Key=key)


def is_subscribed(address: str) -> bool:
    return dynamodb.get(os.environ["SUBSCRIBERS_TABLE"], {"id": subscriber_id(address)}) is not None
