"""Signs staff in to the desk: by a code sent to a staff address, then by a signed cookie.

Who signs out ends the session everywhere, for a copy of the cookie too. An address that is removed from the staff list
is signed out at the next request; rotating the desk's key signs everyone out.
"""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

from itsdangerous import BadSignature, URLSafeSerializer

import keys
from normalize import addresses
from normalize.folding import numerals
from settings import settings
from storage import counters, dynamodb

SESSION_COOKIE = "__Host-desk"
BROWSER_COOKIE = "__Host-desk-code"
"""Cookie of the browser that requested a code."""
SESSION_LASTS = timedelta(days=30)
CODE_LASTS = timedelta(minutes=10)
PRESSED_TWICE = timedelta(seconds=10)
"""How long a code that signed a browser in still leads to the same session: a double click loses the first answer."""
CODE_LIMIT = 20
"""Characters in which a code is looked for: people paste it with what stands around it."""
CODES_AN_HOUR = 5
"""Most codes for one address in an hour that one network asks for, staff or not: one alone cannot use up CODES_IN_ALL,
and so keep its owner out."""
CODES_IN_ALL = 20
"""Most codes for one address in an hour."""
TRIES_AN_HOUR = 30
"""Most requested and wrong codes from one network in an hour."""
HOUR = timedelta(hours=1)
TRIES = 5
HARDENED = "Path=/; Secure; HttpOnly; SameSite=Lax"
NOBODYS = ""
"""Stored instead of a code for an unknown address; no input equals it."""


class Denied(Enum):
    """Reasons why a code is rejected."""

    NO_COOKIE = "no cookie"
    TOO_OLD = "too old"
    TOO_MANY = "too many tries"
    WRONG = "wrong"
    USED = "used"


@dataclass(frozen=True)
class Session:
    """A signed-in browser: its staff address, the value of its cookie, and the id that the cookie holds."""

    address: str
    cookie: str
    id: str

    @property
    def csrf(self) -> str:
        """Return the CSRF token of the session's forms."""
        return _digest("csrf", self.cookie)


@dataclass(frozen=True)
class Asked:
    """A requested code: the browser's cookie, and the code to mail, None if the address is unknown."""

    browser: str
    code: str | None


def staff_addresses() -> list[str]:
    """Return the addresses that may sign in: those that get the office's e-mail and the late notices."""
    return list(dict.fromkeys([*settings().staff_addresses, *settings().escalation_addresses]))


def known(address: str) -> str | None:
    """Return the staff address that was typed, as the list spells it, None if it is not on the list."""
    wanted = addresses.identity(address)
    return next((listed for listed in staff_addresses() if addresses.identity(listed) == wanted), None)


def is_flooding(network: str, now: datetime) -> bool:
    """Return whether a network has used up its attempts of this hour."""
    return counters.read(_hourly("network", network, now)) >= TRIES_AN_HOUR


def count_try(network: str, now: datetime) -> None:
    """Count a requested or wrong code."""
    # Kept longer than its hour: a counter that expired early would reset the limit.
    counters.add(_hourly("network", network, now), 1, now, 2 * HOUR)


def had_enough(address: str, network: str, now: datetime) -> bool:
    """Count a code for an address; return whether it was one too many in this hour."""
    who = addresses.identity(address)
    limits = {_hourly("address", f"{who}\n{network}", now): CODES_AN_HOUR, _hourly("address", who, now): CODES_IN_ALL}
    if any(counters.read(key) >= most for key, most in limits.items()):
        return True
    for key in limits:
        counters.add(key, 1, now, 2 * HOUR)
    return False


def ask(address: str, now: datetime) -> Asked:
    """Store a new code for a new browser cookie. An unknown address takes the same path and the same time here.

    The e-mail that the caller sends to a known one takes longer.
    """
    browser, code, listed = secrets.token_urlsafe(24), f"{secrets.randbelow(10**6):06}", known(address)
    until = int((now + CODE_LASTS).timestamp())
    item = {
        "key": _key(browser),
        "address": listed or NOBODYS,
        # Only a digest is stored: who reads the table cannot sign in.
        "code": _digest("code", browser, code) if listed else NOBODYS,
        "tries": 0,
        "until": until,
        "expires_at": until + 3600,
    }
    # If the SDK retries after a lost response, the write finds its own item: no other browser has this cookie.
    with suppress(dynamodb.ConditionFailed):
        dynamodb.put(settings().counters_table, item, "attribute_not_exists(#key)", {"#key": "key"})
    return Asked(browser, code if listed else None)


def check(browser: str, code: str, now: datetime) -> str | Denied:
    """Return the address that the code signs in, or why it is rejected; a code that is right is spent.

    The attempt is counted before it is checked.
    """
    if not browser:
        return Denied.NO_COOKIE
    table, its_key, seconds = settings().counters_table, {"key": _key(browser)}, int(now.timestamp())
    lately = seconds - int(PRESSED_TWICE.total_seconds())
    change, names = "ADD tries :one", {"#key": "key", "#until": "until"}
    condition = "attribute_exists(#key) AND tries < :most AND #until > :now"
    try:
        item = dynamodb.update(table, its_key, change, condition, names, one=1, most=TRIES, now=seconds)
    except dynamodb.ConditionFailed as failed:
        item = failed.item
        if item.get("spent", 0) <= lately:
            return Denied.TOO_MANY if item and item["until"] > seconds else Denied.TOO_OLD
        # Pressed twice: the first time it signed in with the last try, or in the last second.
    digits = "".join(character for character in numerals(code) if character.isdecimal())
    # Constant-time comparison, as for every secret.
    right = hmac.compare_digest(item["code"], _digest("code", browser, digits))
    # The staff list may have changed since the code was sent.
    if not right or known(item["address"]) is None:
        return Denied.WRONG
    change, condition = "SET spent = if_not_exists(spent, :now)", "attribute_not_exists(spent) OR spent > :lately"
    try:
        dynamodb.update(table, its_key, change, condition, {}, now=seconds, lately=lately)
    except dynamodb.ConditionFailed:
        return Denied.USED
    return str(item["address"])


def begin(address: str, browser: str, now: datetime) -> str:
    """Make the cookie of the session that a code of this browser begins: one session, however often it is made."""
    content = [address, (now + SESSION_LASTS).isoformat(), _digest("session", browser)[:16]]
    return str(URLSafeSerializer(keys.signing(keys.DESK), salt="session").dumps(content))


def read(cookies: Mapping[str, str], now: datetime) -> Session | None:
    """Return the session of a request, None if there is none, it has expired, or its owner left the staff list."""
    cookie = cookies.get(SESSION_COOKIE, "")
    if not cookie:
        return None
    try:
        address, until, session = URLSafeSerializer(keys.signing(keys.DESK), salt="session").loads(cookie)
    except BadSignature:
        return None
    if now > datetime.fromisoformat(until) or known(address) is None:
        return None
    return Session(address, cookie, session)


def end(session: Session, now: datetime) -> None:
    """End a session, wherever its cookie was copied to."""
    counters.note_time(_ended(session), now, SESSION_LASTS)


def has_ended(session: Session) -> bool:
    """Return whether its owner has signed out."""
    return counters.last_time(_ended(session)) is not None


def is_genuine(session: Session, token: str) -> bool:
    """Return whether a form came from a page of this session (CSRF token)."""
    return hmac.compare_digest(session.csrf.encode(), token.encode())


def cookies_of(event: Mapping[str, Any]) -> dict[str, str]:
    """Return the cookies of a request, by name."""
    pairs = (cookie.partition("=") for cookie in event.get("cookies", []))
    return {name.strip(): value.strip() for name, _, value in pairs}


def set_cookie(name: str, value: str, lasts: timedelta) -> str:
    """Return the Set-Cookie value that sets a cookie, or removes it if `lasts` is zero."""
    return f"{name}={value}; Max-Age={int(lasts.total_seconds())}; {HARDENED}"


def _hourly(kind: str, about: str, now: datetime) -> str:
    return _digest("hourly", kind, about, f"{now:%Y-%m-%d %H}")


def _ended(session: Session) -> str:
    # Not of the cookie: base64 can be written in more than one way, and each of them is the same session.
    return _digest("ended", session.id)


def _key(browser: str) -> str:
    return _digest("sign-in", browser)


def _digest(*parts: str) -> str:
    return hmac.new(keys.signing(keys.DESK).encode(), "\n".join(parts).encode(), hashlib.sha256).hexdigest()
