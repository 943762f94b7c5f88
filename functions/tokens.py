"""Signed values for links: nobody can make or change one without the secret. Anybody can read one: no personal data."""

from contextlib import suppress
from datetime import datetime
from typing import Any

from itsdangerous import BadSignature, URLSafeSerializer

import keys


def sign(purpose: str, content: Any, until: datetime) -> str:
    """A URL-safe token of JSON-like content, good for this purpose until then. The same input gives the same token."""
    return URLSafeSerializer(keys.signing(), salt=purpose).dumps([content, until.isoformat()])


def read(purpose: str, token: str, now: datetime) -> Any:
    """The content of a token; None where it was changed, is for another purpose, or its time is over."""
    for key in keys.accepted():
        with suppress(BadSignature):
            content, until = URLSafeSerializer(key, salt=purpose).loads(token)
            return content if now <= datetime.fromisoformat(until) else None
    return None
