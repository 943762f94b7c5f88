"""Reads the keys in Secrets Manager: those that sign links are rotated, the one that derives ids never changes.

Each purpose has a key of its own: the function that parses strangers' input signs receipts, and has no key that
confirms, unsubscribes or stops anything.

A rotation makes the old value AWSPREVIOUS. Links signed with that one still work; those with older ones do not.
"""

import time
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

import boto3
from botocore.exceptions import BotoCoreError, ClientError

import aws
from settings import settings
from telemetry import log_failure

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

LINKS, RECEIPTS, DESK = "signing_secret_arn", "receipt_secret_arn", "desk_secret_arn"
"""Settings that name the secrets of links in e-mail, of receipts, and of the desk's cookies."""
CURRENT, PREVIOUS = "AWSCURRENT", "AWSPREVIOUS"
READ_AGAIN = 300
"""Seconds before a key is read again. Until then, a warm function may sign with a key that was rotated."""
IN_DOUBT = 10
"""Seconds. If no cached key fits, the secret may have been rotated: read it again, but at most this often."""

_known: dict[tuple[str, str], tuple[str, float]] = {}
"""By secret and stage: the signing key, empty if there is none, and the time of the last read."""


@cache
def identity() -> bytes:
    """Return the key that derives ids. Raises BotoCoreError, ClientError."""
    return _client().get_secret_value(SecretId=settings().identity_secret_arn)["SecretString"].encode()


def signing(secret: str) -> str:
    """Return the current signing key. Raises BotoCoreError, ClientError if no read ever succeeded."""
    return _value(secret, CURRENT, READ_AGAIN)


def accepted(secret: str) -> Iterator[str]:
    """Yield the keys that a link may be signed with. Raises BotoCoreError, ClientError.

    Lazy: a key is read only if the caller rejected the ones before it.
    """
    # First as cached; then, in case of a rotation, read again.
    for seconds in (READ_AGAIN, IN_DOUBT):
        for stage in (CURRENT, PREVIOUS):
            if value := _value(secret, stage, seconds):
                yield value


def _value(secret: str, stage: str, seconds: int) -> str:
    """Return a key that is at most `seconds` old; if Secrets Manager fails, the last one that is known."""
    value, asked_at = _known.get((secret, stage), ("", 0.0))
    if not 0 <= time.time() - asked_at < seconds:  # negative if the clock was set back
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
        answer = _client().get_secret_value(SecretId=getattr(settings(), secret), VersionStage=stage)
    except _client().exceptions.ResourceNotFoundException:
        if stage == PREVIOUS:  # the secret was never rotated
            return ""
        raise
    return answer["SecretString"]


@cache
def _client() -> "SecretsManagerClient":
    return boto3.client("secretsmanager", config=aws.hurried())
