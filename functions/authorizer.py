"""Authorizes requests that come through CloudFront, which adds a secret header (Lambda authorizer of the HTTP API).

Uses payload format 2.0 with simple responses. API Gateway caches an answer for some minutes, and rejects a request
without the header by itself.
"""

import hmac
import time
from functools import lru_cache
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from aws import hurried
from settings import require, settings

require("origin_secret_arn")

HEADER = "x-origin-secret"
STAGES = ("AWSCURRENT", "AWSPREVIOUS")
"""Versions that are accepted: CloudFront gets a rotated secret only at the next deployment."""
READ_AGAIN = 300
"""Seconds between reads of the secret, however many wrong guesses come in."""


_last: list[bytes] = []
"""The secrets as they were last read."""


def handler(event: dict[str, Any], _context: Any) -> dict[str, bool]:
    sent = event["headers"].get(HEADER, "").encode()
    # The period is the cache key: when it changes, the secret is read again.
    known = _known(int(time.time() // READ_AGAIN))
    # Constant-time comparison: a guess must not reveal how many bytes were right.
    return {"isAuthorized": any(hmac.compare_digest(sent, secret) for secret in known)}


@lru_cache(maxsize=1)
def _known(_period: int) -> tuple[bytes, ...]:
    """Return the secrets that are accepted in this period: if Secrets Manager fails, those of the one before.

    Raises BotoCoreError, ClientError if no read ever succeeded.
    """
    try:
        _last[:] = _read()
    except (BotoCoreError, ClientError) as error:
        if not _last:
            raise
        from telemetry import log_failure  # not at the start, which a visitor waits for: it loads Powertools

        log_failure("secret not read again", error)
    return tuple(_last)


def _read() -> list[bytes]:
    """Return both versions, in at most 6 seconds once they are known: each read has one attempt then.

    Lambda stops a longer call, and what is known is lost. Before, nothing can be lost: each read has two attempts. Both
    may need 14 seconds, of which Lambda gives 9.
    """
    secrets = boto3.client("secretsmanager", config=hurried(1 if _last else 2))
    found = []
    for stage in STAGES:
        try:
            answer = secrets.get_secret_value(SecretId=settings().origin_secret_arn, VersionStage=stage)
        except secrets.exceptions.ResourceNotFoundException:  # the secret was never rotated
            continue
        found.append(answer["SecretString"].encode())
    return found
