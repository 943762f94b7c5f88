"""Limits how many forms one network may send in an hour. If the counters fail, every form is let in."""

from collections.abc import Mapping
from datetime import timedelta
from ipaddress import ip_address, ip_network
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

import promises
from settings import settings
from storage import counters
from telemetry import log_failure

ACCEPTED, REFUSED = 10, 1
"""Points of a stored form, and of a refused or repeated one, which weighs less: everyone makes mistakes."""
POINTS_PER_HOUR = 600
"""Points of one network in an hour: 60 stored forms. A whole office that writes to us stays below it."""
WINDOW = timedelta(hours=1)


def used(event: Mapping[str, Any]) -> tuple[int, int]:
    """Return the points that the network of this request has used this hour, and the day's e-mails to all senders.

    Both are 0 if the counters fail. One call, before anything that costs more.
    """
    try:
        points, sent = counters.read_together(_key(event), counters.senders_key(promises.now()))
    except (BotoCoreError, ClientError) as error:
        log_failure("rate not read", error)
        return 0, 0
    return points, sent


def is_quiet(points: int) -> bool:
    """Return whether the sender gets no receipt by e-mail: the page alone is the receipt then.

    Addresses are unverified, and mail to strangers that bounces costs the account its good name.
    """
    return points >= int(settings().receipts_per_network) * ACCEPTED


def note(event: Mapping[str, Any], points: int) -> None:
    """Add the points of one form to the network's counter."""
    try:
        # Kept longer than its hour: a counter that expired early would reset the limit.
        counters.add(_key(event), points, promises.now(), 2 * WINDOW)
    except (BotoCoreError, ClientError) as error:
        log_failure("rate not noted", error)


def _key(event: Mapping[str, Any]) -> str:
    """Return the counter's key: the network and the hour."""
    return counters.key("posts", network_of(event), promises.now().isoformat(timespec="hours"))


def network_of(event: Mapping[str, Any]) -> str:
    """Return the network of one site: an IPv4 address, or an IPv6 /48 (RFC 6177).

    Trusts only CloudFront's header, `address:port`: clients may set X-Forwarded-For.
    """
    address: str = event["headers"].get("cloudfront-viewer-address", "").rpartition(":")[0].strip("[]")
    try:
        return str(ip_network((address, 48), strict=False)) if ip_address(address).version == 6 else address
    except ValueError:
        return address
