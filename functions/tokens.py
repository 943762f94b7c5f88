"""Signed values for links: nobody can make or change one without the secret. Anybody can read one: no personal data."""

import os
from datetime import datetime
from functools import cache
from typing import Any

import boto3
from itsdangerous import BadSignature, URLSafeSerializer

from dynamodb import HURRIED


@cache
def secret() -> str:
    """The secret that the stack generated, fetched once."""
    secrets = boto3.client("secretsmanager", config=HURRIED)
    return secrets.get_secret_value(SecretId=os.environ["SIGNING_SECRET_ARN"])["SecretString"]


def sign(purpose: str, content: Any, until: datetime) -> str:
    """A URL-safe token of JSON-like content, good for this purpose until then. The same input gives the same token."""
    return _serializer(purpose).dumps([content, until.isoformat()])


def read(purpose: str, token: str, now: datetime) -> Any:
    """The content of a token; None where it was changed, is for another purpose, or its time is over."""
    try:
        content, until = _serializer(purpose).loads(token)
    except BadSignature:
        return None
    return content if now <= datetime.fromisoformat(until) else None


@cache
def _serializer(purpose: str) -> URLSafeSerializer:
    return URLSafeSerializer(secret(), salt=purpose)
