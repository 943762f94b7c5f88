"""The table of people who asked for announcements and confirmed it. An item: id (salted hash), email, since."""

import hashlib
import hmac
import os
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING

import boto3

import tokens

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def subscriber_id(address: str) -> str:
    """What stands for an address in links: 32 hexadecimal digits. Upper and lower case are the same address."""
    return hmac.new(tokens.secret().encode(), address.strip().casefold().encode(), hashlib.sha256).hexdigest()[:32]


def subscribe(address: str, now: datetime) -> None:
    """Add a confirmed address; once more changes nothing that matters."""
    _client().put_item(
        TableName=os.environ["SUBSCRIBERS_TABLE"],
        Item={"id": {"S": subscriber_id(address)}, "email": {"S": address.strip()}, "since": {"S": now.isoformat()}},
    )


def unsubscribe(subscriber: str) -> None:
    """Remove a subscriber by id, whether there is one or not."""
    _client().delete_item(TableName=os.environ["SUBSCRIBERS_TABLE"], Key={"id": {"S": subscriber}})


def is_subscribed(address: str) -> bool:
    key = {"id": {"S": subscriber_id(address)}}
    return "Item" in _client().get_item(TableName=os.environ["SUBSCRIBERS_TABLE"], Key=key, ConsistentRead=True)


@cache
def _client() -> "DynamoDBClient":
    return boto3.client("dynamodb")
