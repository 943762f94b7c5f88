"""Scores signs of spam in a submission. A high score holds it for review; nothing is ever refused."""

import re
from collections.abc import Iterator, Mapping

HELD_FROM = 3
"""Points from which a submission is held for staff to review."""
TRAP = "reply_code"
"""Name of a hidden field. People and browsers leave it empty; some password managers fill it in."""

LONG = ("message", "summary")
"""Fields of several lines."""
SITE = "organization"
"""The field where people name their own site."""

LINK = re.compile(r"(?:https?://(?:www\.)?|www\.)([\w.-]*)", re.IGNORECASE)
"""A link, and its host."""
BARE_LINK = re.compile(r"(?:https?://)?(?:www\.)?([\w.-]+\.(?:com|gov|info|io|net|org|us))(?:[/:?#]|$)", re.IGNORECASE)
"""A name that mail programs turn into a link, as in `example.com/page`."""
MARKUP = re.compile(r"<a\s[^<>]*href|\[url[=\]]|\[link=", re.IGNORECASE)
SELLING = re.compile(
    r"\b(?:backlinks?|guest post|search engine rank\w*|first page of google|seo (?:services?|agency|expert)"
    r"|buy followers|web traffic package)\b",
    re.IGNORECASE,
)
"""Sales phrases only. Fraud terms (crypto, casino) are left out: police messages quote them."""
AUTOFILLED = re.compile(r"[\d\s().+-]+|[^\s@]+@[^\s@.]+(?:\.[^\s@.]+)+")
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
    if not filled_in.strip() or AUTOFILLED.fullmatch(filled_in):
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
    own = {*_short_hosts(answers.get(SITE, ""))}  # who names a site of their own once more has named one
    links = sum(host not in own and not _is_of_sender(host, answers) for host in map(_host, LINK.findall(long)))
    found = [
        (3, "the hidden box was filled in", trapped),
        (2, "a link in an answer of one line", any(not _is_of_sender(host, answers) for host in _short_hosts(short))),
        (2, "markup for a link", bool(MARKUP.search(long))),
        (2, "more than three links", links > 3),
        (1, "a link", 0 < links <= 3),
        (2, "words of people who sell to websites", bool(SELLING.search(long))),
    ]
    return [(points, reason) for points, reason, holds in found if holds]


def _short_hosts(short: str) -> Iterator[str]:
    """The hosts of what a mail program would show as a link in these answers, other than an e-mail address."""
    for word in short.split():
        found = LINK.search(word) or ("@" not in word and BARE_LINK.match(word.strip("()[]<>,;")))
        if found:
            yield _host(found[1])


def _host(text: str) -> str:
    return text.lower().strip(".")


def _is_of_sender(host: str, answers: Mapping[str, str]) -> bool:
    """Whether a host is that of the sender's own address, above or below it."""
    own = answers.get("email", "").rpartition("@")[2].lower()
    return bool(own and host) and (host == own or host.endswith(f".{own}") or own.endswith(f".{host}"))


def _texts(answers: Mapping[str, str]) -> tuple[str, str]:
    """Return the answers of several lines as one text, and all others as another."""
    return "\n".join(answers.get(name, "") for name in LONG), "\n".join(
        value for name, value in answers.items() if name not in LONG
    )
