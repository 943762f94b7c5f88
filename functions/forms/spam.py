"""Scores signs of spam in a submission. A high score holds it for review; nothing is ever refused."""

import re
from collections.abc import Iterable, Iterator, Mapping

from forms.catalog import FORMS
from forms.fields import Text
from safe_text import BARE_LINK, LINK, readable
from sender_hint import GOVERNMENT

HELD_FROM = 3
"""Points from which a submission is held for staff to review."""

SITE = "organization"
"""The field where people name their own site."""

MARKUP = r"(?i)<a\s[^<>]*href|\[url[=\]]|\[link="
SELLING = (
    r"(?i)\b(?:backlinks?|guest post|search engine rank\w*|first page of google|seo (?:services?|agency|expert)"
    r"|buy followers|web traffic package)\b"
)
"""Sales phrases only. Fraud terms (crypto, casino) are left out: police messages quote them."""
AUTOFILLED = r"[\d\s().+-]+|[^\s@]+@[^\s@.]+(?:\.[^\s@.]+)+"
"""A ZIP code, a telephone number, a one-time code, an e-mail address. No part can match what its neighbor matches:
otherwise a few thousand characters keep the pattern busy for minutes.
"""
AUTOFILLED_LIMIT = 200
"""Most characters that a password manager fills in."""


def is_trapped(answers: Mapping[str, str], filled_in: str) -> bool:
    """Return whether a bot filled in the hidden field."""
    # A password manager only repeats what it knows, or what it filled in elsewhere in the form.
    if len(filled_in) > AUTOFILLED_LIMIT:
        return True
    if not filled_in.strip() or re.fullmatch(AUTOFILLED, filled_in):
        return False
    _, short = _texts(answers)
    return not set(filled_in.casefold().split()) <= set(short.casefold().split())


def reasons_to_hold(answers: Mapping[str, str], *, trapped: bool) -> str:
    """Return the reasons to hold a submission, in words; empty if it is below HELD_FROM."""
    found = signs(answers, trapped=trapped)
    held = sum(points for points, _ in found) >= HELD_FROM
    return ", ".join(reason for _, reason in found) if held else ""


def signs(answers: Mapping[str, str], *, trapped: bool) -> list[tuple[int, str]]:
    """Return the signs of spam, as (points, reason)."""
    long, short = _texts(answers)
    sender = [answers.get("email", "").rpartition("@")[2].lower()]
    # A site that the sender names as their organization's may be linked to in the message: that is no sign of spam.
    senders_sites = [*sender, *_short_hosts(answers.get(SITE, ""))]
    links = sum(not _is_known(host, senders_sites) for host in map(_host, re.findall(LINK, long)))
    found = [
        (3, "the hidden box was filled in", trapped),
        (2, "a link in an answer of one line", any(not _is_known(host, sender) for host in _short_hosts(short))),
        (2, "markup for a link", bool(re.search(MARKUP, long))),
        (2, "more than three links", links > 3),
        (1, "a link", 0 < links <= 3),
        (2, "words of people who sell to websites", bool(re.search(SELLING, long))),
    ]
    return [(points, reason) for points, reason, holds in found if holds]


def _short_hosts(short: str) -> Iterator[str]:
    """Yield the hosts of everything in these answers that a mail program shows as a link, except e-mail addresses."""
    text = readable(short)
    yield from map(_host, re.findall(LINK, text))
    yield from map(_host, re.findall(BARE_LINK, text))


def _host(text: str) -> str:
    return text.lower().strip(".")


def _is_known(host: str, senders_hosts: Iterable[str]) -> bool:
    """Return whether a host is a government's, which no one can buy, or one of the sender's own, above or below it."""
    return re.fullmatch(GOVERNMENT, host) is not None or any(
        host == each or host.endswith(f".{each}") or each.endswith(f".{host}")
        for each in senders_hosts
        if host and each
    )


def _texts(answers: Mapping[str, str]) -> tuple[str, str]:
    """Return the answers of several lines as one text, and all others as another."""
    long = {field.name for form in FORMS.values() for field in form.declared_fields() if isinstance(field, Text)}
    return "\n".join(value for name, value in answers.items() if name in long), "\n".join(
        value for name, value in answers.items() if name not in long
    )
