"""How much one network may send. Where the counters fail, everybody is let in: they never turn a visitor away."""

from collections.abc import Mapping
from datetime import timedelta
from ipaddress import ip_address, ip_network
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

import promises
from storage import counters
from telemetry import log_failure

SUBMISSIONS_PER_HOUR = 60
"""Most that is taken from one network; an office where everybody writes stays below it."""
WINDOW = timedelta(hours=1)


def is_exceeded(event: Mapping[str, Any]) -> bool:
    """Whether the network that this request comes from had its submissions of this hour."""
    try:
        return counters.read(_key(event)) >= SUBMISSIONS_PER_HOUR
    except (BotoCoreError, ClientError) as error:
        log_failure("rate not read", error)
        return False


def note(event: Mapping[str, Any]) -> None:
    """Count one submission of that network."""
    try:
        counters.add(_key(event), promises.now(), 2 * WINDOW)
    except (BotoCoreError, ClientError) as error:
        log_failure("rate not noted", error)


def _key(event: Mapping[str, Any]) -> str:
    """The network and the hour. Only CloudFront's header is believed; it says `address:port`."""
    address = event["headers"].get("cloudfront-viewer-address", "").rpartition(":")[0]
    return counters.key("posts", _network(address), f"{promises.now():%Y-%m-%d %H}")


def _network(address: str) -> str:
    """What one household or office has: an IPv4 address, or 64 bits of an IPv6 one."""
    try:
        length = 64 if ip_address(address).version == 6 else 32
        return str(ip_network((address, length), strict=False))
    except ValueError:
        return address
