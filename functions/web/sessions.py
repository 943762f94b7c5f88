"""Who sits at the desk: a code sent to a staff address signs a browser in, and a signed cookie says so from then on.

Whoever leaves the staff list is out at the next request, and a change of the desk's key signs everybody out.
"""

import hashlib
import hmac
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

from itsdangerous import BadSignature, URLSafeSerializer

import keys
from forms.validators import same_address
from storage import counters, dynamodb

SESSION_COOKIE = "__Host-desk"
BROWSER_COOKIE = "__Host-desk-code"
"""Names the browser that asked for a code."""
SESSION_LASTS = timedelta(days=30)
CODE_LASTS = timedelta(minutes=10)
CODES_AN_HOUR = 5
"""Most codes for one address, whose ever it is."""
TRIES_AN_HOUR = 30
"""Most codes asked for and typed wrong from one network."""
HOUR = timedelta(hours=1)
TRIES = 5
HARDENED = "Path=/; Secure; HttpOnly; SameSite=Lax"
NOBODYS = ""
"""Stands for a code that nothing equals: an address that is nobody's gets the same answer, and no code."""


class Denied(Enum):
    """Why a code signs nobody in."""

    NO_COOKIE = "no cookie"
    TOO_OLD = "too old"
    TOO_MANY = "too many tries"
    WRONG = "wrong"


@dataclass(frozen=True)
class Session:
    """A browser that is signed in: whose it is, and the value of its cookie."""

    address: str
    cookie: str

    @property
    def csrf(self) -> str:
        """What each of its forms carries, and nobody else can know."""
        return _digest("csrf", self.cookie)


@dataclass(frozen=True)
class Asked:
    """A code that was asked for: the browser's cookie, and the code to mail; None where the address is nobody's."""

    browser: str
    code: str | None


def staff_addresses() -> list[str]:
    """Who may sign in: who gets the office's e-mail, and who is told when something is late."""
    listed = ",".join((os.environ["STAFF_ADDRESSES"], os.environ["ESCALATION_ADDRESSES"]))
    return list(dict.fromkeys(address.strip() for address in listed.split(",") if address.strip()))


def known(address: str) -> str | None:
    """The staff address that somebody typed, as the list has it; None where it is nobody's."""
    wanted = same_address(address)
    return next((listed for listed in staff_addresses() if same_address(listed) == wanted), None)


def is_flooding(network: str, now: datetime) -> bool:
    """Whether a network had its tries of this hour."""
    return counters.read(_hourly("network", network, now)) >= TRIES_AN_HOUR


def count_try(network: str, now: datetime) -> None:
    """Count a code that was asked for, or typed wrong."""
    counters.add(_hourly("network", network, now), 1, now, 2 * HOUR)


def had_enough(address: str, now: datetime) -> bool:
    """Count a code for an address, and tell whether it was one too many within the hour."""
    key = _hourly("address", same_address(address), now)
    if counters.read(key) >= CODES_AN_HOUR:
        return True
    counters.add(key, 1, now, 2 * HOUR)
    return False


def ask(address: str, now: datetime) -> Asked:
    """Remember a new code for a new browser cookie. An address that is nobody's takes the same way."""
    browser, code, listed = secrets.token_urlsafe(24), f"{secrets.randbelow(10**6):06}", known(address)
    until = int((now + CODE_LASTS).timestamp())
    item = {
        "key": _key(browser),
        "address": listed or NOBODYS,
        "code": _digest("code", browser, code) if listed else NOBODYS,
        "tries": 0,
        "until": until,
        "expires_at": until + 3600,
    }
    dynamodb.put(os.environ["COUNTERS_TABLE"], item, "attribute_not_exists(#key)", {"#key": "key"})
    return Asked(browser, code if listed else None)


def check(browser: str, code: str, now: datetime) -> str | Denied:
    """The address that the right code signs in, or why none. Counts the try before it looks."""
    if not browser:
        return Denied.NO_COOKIE
    seconds = int(now.timestamp())
    change, names = "ADD tries :one", {"#key": "key", "#until": "until"}
    condition = "attribute_exists(#key) AND tries < :most AND #until > :now"
    try:
        item = dynamodb.update(
            os.environ["COUNTERS_TABLE"],
            {"key": _key(browser)},
            change,
            condition,
            names,
            one=1,
            most=TRIES,
            now=seconds,
        )
    except dynamodb.ConditionFailed as failed:
        return Denied.TOO_MANY if failed.item and failed.item["until"] > seconds else Denied.TOO_OLD
    digits = "".join(character for character in code if character.isdecimal() and character.isascii())
    right = hmac.compare_digest(item["code"], _digest("code", browser, digits))
    return item["address"] if right and known(item["address"]) else Denied.WRONG


def begin(address: str, now: datetime) -> str:
    """The cookie of a new session."""
    content = [address, (now + SESSION_LASTS).isoformat(), secrets.token_hex(8)]
    return str(URLSafeSerializer(keys.signing(keys.DESK), salt="session").dumps(content))


def read(cookies: Mapping[str, str], now: datetime) -> Session | None:
    """The session of a request, None where it has none, it is over, or its owner is no longer on the staff list."""
    cookie = cookies.get(SESSION_COOKIE, "")
    if not cookie:
        return None
    try:
        address, until, _ = URLSafeSerializer(keys.signing(keys.DESK), salt="session").loads(cookie)
    except BadSignature:
        return None
    if now > datetime.fromisoformat(until) or known(address) is None:
        return None
    return Session(address, cookie)


def is_genuine(session: Session, token: str) -> bool:
    """Whether a form came from a page of this session."""
    return hmac.compare_digest(session.csrf.encode(), token.encode())


def cookies_of(event: Mapping[str, Any]) -> dict[str, str]:
    """The cookies of a request, by name."""
    pairs = (cookie.partition("=") for cookie in event.get("cookies", []))
    return {name.strip(): value.strip() for name, _, value in pairs}


def set_cookie(name: str, value: str, lasts: timedelta) -> str:
    """The header's value that sets a cookie, or with no time removes it."""
    return f"{name}={value}; Max-Age={int(lasts.total_seconds())}; {HARDENED}"


def _hourly(kind: str, about: str, now: datetime) -> str:
    return _digest("hourly", kind, about, f"{now:%Y-%m-%d %H}")


def _key(browser: str) -> str:
    return _digest("sign-in", browser)


def _digest(*parts: str) -> str:
    return hmac.new(keys.signing(keys.DESK).encode(), "\n".join(parts).encode(), hashlib.sha256).hexdigest()
