"""The keys in Secrets Manager: those that sign links can be changed, the one behind ids never changes.

Each power has a key of its own: the function that reads what strangers send signs receipts, and has no key that
confirms, unsubscribes or stops anything.

A change makes the value before it AWSPREVIOUS. Links signed with that one still work, with older ones no longer.
"""

import os
import time
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

import aws
from telemetry import log_failure

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

LINKS, RECEIPTS, DESK = "SIGNING_SECRET_ARN", "RECEIPT_SECRET_ARN", "DESK_SECRET_ARN"
"""Variables of the environment that name a secret: of the links in e-mail, of receipts, and of the desk's cookies."""
CURRENT, PREVIOUS = "AWSCURRENT", "AWSPREVIOUS"
READ_AGAIN = 300
"""In seconds: for so long a warm function may sign with a value that was changed."""
IN_DOUBT = 10
"""In seconds: a link that fits no key may be signed with a new one; only so often it makes a function look."""
TRIES = 2
"""Two values may be asked for in vain on the way of one link, which still has its answer before the function's end."""

_known: dict[tuple[str, str], tuple[str, float]] = {}
"""By secret and stage: the value that signs links, empty where there never was one, and when it was asked for."""


@cache
def identity() -> bytes:
    """The key of ids. Raises BotoCoreError, ClientError."""
    return _client().get_secret_value(SecretId=os.environ["IDENTITY_SECRET_ARN"])["SecretString"].encode()


def signing(secret: str) -> str:
    """The key that signs links now. Raises BotoCoreError, ClientError where it was never read."""
    return _value(secret, CURRENT, READ_AGAIN)


def accepted(secret: str) -> Iterator[str]:
    """The keys that a link may be signed with, each read only when the ones before it did not fit. Raises as above."""
    for seconds in (READ_AGAIN, IN_DOUBT):
        for stage in (CURRENT, PREVIOUS):
            if value := _value(secret, stage, seconds):
                yield value


def _value(secret: str, stage: str, seconds: int) -> str:
    """The value as it was at most so many seconds ago; where Secrets Manager does not tell, as it was last known."""
    value, asked_at = _known.get((secret, stage), ("", 0.0))
    if not 0 <= time.time() - asked_at < seconds:  # a clock that went back says nothing of the value's age
        try:
            value = _read(secret, stage)
        except (BotoCoreError, ClientError) as error:
            if (secret, stage) not in _known:
                raise
            log_failure("secret not read again", error)
        _known[secret, stage] = value, time.time()
    return value


def _read(secret: str, stage: str) -> str:
    try:
        answer = _client().get_secret_value(SecretId=os.environ[secret], VersionStage=stage)
    except _client().exceptions.ResourceNotFoundException:
        if stage == PREVIOUS:  # it was never changed
            return ""
        raise
    return answer["SecretString"]


@cache
def _client() -> "SecretsManagerClient":
    hurried = Config(retries={"mode": "standard", "total_max_attempts": TRIES})
    return boto3.client("secretsmanager", config=aws.HURRIED.merge(hurried))
