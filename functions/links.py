"""Makes and reads signed links. Anyone can read what is in one, so none contains personal data."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from itsdangerous import BadSignature, URLSafeSerializer

import keys
from settings import settings
from storage import subscribers

CONFIRM_WITHIN = timedelta(days=7)
NEVER = datetime.max.replace(tzinfo=UTC)
"""Unsubscribe links never expire."""


def sign(purpose: str, content: Any, until: datetime) -> str:
    """Return a URL-safe token of JSON-like content, valid for one purpose. The same input gives the same token."""
    return URLSafeSerializer(keys.signing(_secret(purpose)), salt=purpose).dumps([content, until.isoformat()])


def read(purpose: str, token: str, now: datetime) -> Any:
    """Return the content of a token, None if it was changed, is for another purpose, or has expired."""
    for key in keys.accepted(_secret(purpose)):
        # The previous key still verifies: links in e-mail outlive a rotation.
        with suppress(BadSignature):
            content, until = URLSafeSerializer(key, salt=purpose).loads(token)
            return content if now <= datetime.fromisoformat(until) else None
    return None


def desk_link(reference: str = "") -> str:
    """Return the URL of a submission at the desk, or of the desk. It grants nothing: the desk requires a sign-in."""
    return f"{settings().site_url}/desk/{reference}"


def confirm_link(reference: str, address: str, sent: datetime) -> str:
    """Return the URL that confirms the sign-up of a submission, for the address that it is sent to."""
    content = f"{reference} {subscribers.subscriber_id(address)}"
    return _address("announcements", "confirm", content, sent + CONFIRM_WITHIN)


def unsubscribe_link(address: str) -> str:
    """Return the URL that ends a subscription: a page with a button, and one-click by POST (RFC 8058)."""
    return _address("announcements", "unsubscribe", subscribers.subscriber_id(address), NEVER)


def stop_link(certification: str, until: datetime) -> str:
    """Return the URL that ends the invitations to renew a certification."""
    return _address("invitations", "stop", certification, until)


def _address(of: str, purpose: str, content: str, until: datetime) -> str:
    return f"{settings().site_url}/forms/{of}/{purpose}?token={sign(purpose, content, until)}"


def _secret(purpose: str) -> str:
    return keys.RECEIPTS if purpose.startswith("receipt/") else keys.LINKS
