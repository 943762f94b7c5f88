"""Authorizes requests that come through CloudFront, which adds a secret header (Lambda authorizer of the HTTP API).

Uses payload format 2.0 with simple responses. API Gateway caches an answer for some minutes, and rejects a request
without the header by itself.
"""

import hmac
import time
from functools import lru_cache
from typing import Any

import boto3

from aws import CLIENT_TIMEOUTS
from settings import require, settings

require("origin_secret_arn")

HEADER = "x-origin-secret"
STAGES = ("AWSCURRENT", "AWSPREVIOUS")
"""Versions that are accepted: CloudFront gets a rotated secret only at the next deployment."""
READ_AGAIN = 300
"""Seconds between reads of the secret, however many wrong guesses come in."""


def handler(event: dict[str, Any], _context: Any) -> dict[str, bool]:
    sent = event["headers"].get(HEADER, "").encode()
    # The period is the cache key: when it changes, the secret is read again.
    known = _known(int(time.time() // READ_AGAIN))
    # Constant-time comparison: a guess must not reveal how many bytes were right.
    return {"isAuthorized": any(hmac.compare_digest(sent, secret) for secret in known)}


@lru_cache(maxsize=1)
def _known(_period: int) -> list[bytes]:
    """Return the secrets that are accepted in this period."""
    secrets = boto3.client("secretsmanager", config=CLIENT_TIMEOUTS)
    found = []
    for stage in STAGES:
        try:
            answer = secrets.get_secret_value(SecretId=settings().origin_secret_arn, VersionStage=stage)
        except secrets.exceptions.ResourceNotFoundException:  # the secret was never rotated
            continue
        found.append(answer["SecretString"].encode())
    return found
