"""Small counts with an end: how much one sender posts, and what was mailed to one address today.

Keys are salted hashes, so the table holds no address. An item: key, expires_at (TTL), posts or taker.
"""

import hashlib
import hmac
import os
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING

import boto3
from botocore.exceptions import ClientError

import tokens

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def key(kind: str, about: str, period: str) -> str:
    """The key of what is counted: its kind, whom it is about, and the hour or day."""
    return hmac.new(tokens.secret().encode(), f"{kind}\n{about}\n{period}".encode(), hashlib.sha256).hexdigest()


def read(name: str) -> int:
    """The count so far."""
    item = _client().get_item(TableName=os.environ["COUNTERS_TABLE"], Key={"key": {"S": name}}).get("Item")
    return int(item["posts"]["N"]) if item else 0


def add(name: str, now: datetime, lives: timedelta) -> None:
    """Add one."""
    _client().update_item(
        TableName=os.environ["COUNTERS_TABLE"],
        Key={"key": {"S": name}},
        UpdateExpression="SET expires_at = :end ADD posts :one",
        ExpressionAttributeValues={":one": {"N": "1"}, ":end": {"N": str(int((now + lives).timestamp()))}},
    )


def take(name: str, owner: str, now: datetime, lives: timedelta) -> bool:
    """Whether this owner is the first to take what there is one of; the same owner may take it again."""
    try:
        _client().put_item(
            TableName=os.environ["COUNTERS_TABLE"],
            Item={"key": {"S": name}, "taker": {"S": owner}, "expires_at": {"N": str(int((now + lives).timestamp()))}},
            ConditionExpression="attribute_not_exists(#key) OR taker = :owner",
            ExpressionAttributeNames={"#key": "key"},
            ExpressionAttributeValues={":owner": {"S": owner}},
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise
        return False
    return True


@cache
def _client() -> "DynamoDBClient":
    return boto3.client("dynamodb")
