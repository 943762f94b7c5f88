"""Signed links: nobody can make or change one without the secret. Anybody can read one: no personal data."""

import os
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from itsdangerous import BadSignature, URLSafeSerializer

import keys
from storage import subscribers

CONFIRM_WITHIN = timedelta(days=7)
NEVER = datetime.max.replace(tzinfo=UTC)
"""Links that end a subscription work for good."""


def sign(purpose: str, content: Any, until: datetime) -> str:
    """A URL-safe token of JSON-like content, good for this purpose until then. The same input gives the same token."""
    return URLSafeSerializer(keys.signing(_secret(purpose)), salt=purpose).dumps([content, until.isoformat()])


def read(purpose: str, token: str, now: datetime) -> Any:
    """The content of a token; None where it was changed, is for another purpose, or its time is over."""
    for key in keys.accepted(_secret(purpose)):
        with suppress(BadSignature):
            content, until = URLSafeSerializer(key, salt=purpose).loads(token)
            return content if now <= datetime.fromisoformat(until) else None
    return None


def desk_link(reference: str = "") -> str:
    """The address of a submission at the desk, or of the desk itself. It holds no power: the desk asks who you are."""
    return f"{os.environ['SITE_URL']}/desk/{reference}"


def _secret(purpose: str) -> str:
    return keys.RECEIPTS if purpose.startswith("receipt/") else keys.LINKS


def confirm_link(site: str, reference: str, sent: datetime) -> str:
    """The address that confirms the sign-up of this submission; it names nobody."""
    return f"{site}/forms/announcements/confirm?token={sign('confirm', reference, sent + CONFIRM_WITHIN)}"


def unsubscribe_link(site: str, address: str) -> str:
    """The address that ends a subscription: a page with a button, and one click by POST (RFC 8058)."""
    token = sign("unsubscribe", subscribers.subscriber_id(address), NEVER)
    return f"{site}/forms/announcements/unsubscribe?token={token}"


def stop_link(site: str, certification: str, until: datetime) -> str:
    return f"{site}/forms/invitations/stop?token={sign('stop', certification, until)}"
