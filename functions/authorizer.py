"""Lets in who comes through CloudFront, which sends a header that nobody else knows (an authorizer of the HTTP API).

Asked and answered in payload format 2.0 with simple responses. API Gateway remembers an answer for some minutes, and
refuses by itself what comes without the header.
"""

import hmac
import os
import time
from functools import lru_cache
from typing import Any

import boto3

from aws import HURRIED

HEADER = "x-origin-secret"
STAGES = ("AWSCURRENT", "AWSPREVIOUS")
"""CloudFront gets a new secret only with the next deployment, so the one before is taken as well."""
READ_AGAIN = 300
"""In seconds: a guess costs no call of Secrets Manager."""


def handler(event: dict[str, Any], _context: Any) -> dict[str, bool]:
    sent = event["headers"].get(HEADER, "").encode()
    known = _known(int(time.time() // READ_AGAIN))
    return {"isAuthorized": any(hmac.compare_digest(sent, secret) for secret in known)}


@lru_cache(maxsize=1)
def _known(_period: int) -> list[bytes]:
    """The secrets that are taken now."""
    secrets = boto3.client("secretsmanager", config=HURRIED)
    found = []
    for stage in STAGES:
        try:
            answer = secrets.get_secret_value(SecretId=os.environ["ORIGIN_SECRET_ARN"], VersionStage=stage)
        except secrets.exceptions.ResourceNotFoundException:  # it never had another
            continue
        found.append(answer["SecretString"].encode())
    return found
