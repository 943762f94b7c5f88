"""Limits how many forms one network may send in an hour. If the counters fail, every form is let in."""

from collections.abc import Mapping
from datetime import timedelta
from ipaddress import ip_address, ip_network
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

import promises
from storage import counters
from telemetry import log_failure

ACCEPTED, REFUSED = 10, 1
"""Points of a form that was stored, and of one that was refused or repeated: everybody makes mistakes."""
POINTS_PER_HOUR = 600
"""Most that is taken from one network: 60 submissions. An office where everybody writes stays below it."""
WINDOW = timedelta(hours=1)


def is_exceeded(event: Mapping[str, Any]) -> bool:
    """Tell whether the network that this request comes from used up this hour. One read, before anything that costs."""
    try:
        return counters.read(_key(event)) >= POINTS_PER_HOUR
    except (BotoCoreError, ClientError) as error:
        log_failure("rate not read", error)
        return False


def note(event: Mapping[str, Any], points: int) -> None:
    """Add the points of one form to what that network sent this hour."""
    try:
        counters.add(_key(event), points, promises.now(), 2 * WINDOW)
    except (BotoCoreError, ClientError) as error:
        log_failure("rate not noted", error)


def _key(event: Mapping[str, Any]) -> str:
    """The network and the hour."""
    return counters.key("posts", network_of(event), f"{promises.now():%Y-%m-%d %H}")


def network_of(event: Mapping[str, Any]) -> str:
    """Return what one site has: an IPv4 address, or the first 48 bits of an IPv6 one (RFC 6177), 65,536 networks.

    Only CloudFront's header is believed; it says `address:port`.
    """
    address: str = event["headers"].get("cloudfront-viewer-address", "").rpartition(":")[0].strip("[]")
    try:
        length = 48 if ip_address(address).version == 6 else 32
        return str(ip_network((address, length), strict=False))
    except ValueError:
        return address
