"""Signs of spam in a submission, each with its points and its reason. They sort; they never refuse."""

import re
from collections.abc import Mapping

HELD_FROM = 3
"""Points from which a submission is held for staff to look at."""
TRAP = "reply_code"
"""A box that people do not see and no browser fills in; some password managers do."""

LONG = ("message", "summary")
"""Fields of several lines."""

LINK = re.compile(r"https?://|www\.", re.IGNORECASE)
MARKUP = re.compile(r"<a\s[^<>]*href|\[url[=\]]|\[link=", re.IGNORECASE)
SELLING = re.compile(
    r"\b(?:backlinks?|guest post|search engine rank\w*|first page of google|seo (?:services?|agency|expert)"
    r"|buy followers|web traffic package)\b",
    re.IGNORECASE,
)
"""None of these is a fraud that police write of, with links to warnings, as crypto trading or an online casino."""
AUTOFILLED = re.compile(r"[\d\s().+-]+|[^\s@]+@[^\s@.]+(?:\.[^\s@.]+)+")
"""A ZIP code, a telephone number, a one-time code, an e-mail address. No part can match what its neighbor matches:
otherwise a few thousand characters keep the pattern busy for minutes.
"""
AUTOFILLED_LIMIT = 200
"""Most characters that a password manager fills in."""


def is_trapped(answers: Mapping[str, str], filled_in: str) -> bool:
    """Whether a bot filled in the hidden box; a password manager puts there what it knows or filled in elsewhere."""
    if len(filled_in) > AUTOFILLED_LIMIT:
        return True
    if not filled_in.strip() or AUTOFILLED.fullmatch(filled_in):
        return False
    _, short = _texts(answers)
    return not set(filled_in.casefold().split()) <= set(short.casefold().split())


def reasons_to_hold(answers: Mapping[str, str], *, trapped: bool) -> str:
    """Why a submission should be looked at before anything else, in words; empty for nearly everybody."""
    found = signs(answers, trapped=trapped)
    held = sum(points for points, _ in found) >= HELD_FROM
    return ", ".join(reason for _, reason in found) if held else ""


def signs(answers: Mapping[str, str], *, trapped: bool) -> list[tuple[int, str]]:
    """What speaks for spam, as (points, reason)."""
    long, short = _texts(answers)
    links = len(LINK.findall(long))
    found = [
        (3, "the hidden box was filled in", trapped),
        (2, "a link in an answer of one line", bool(LINK.search(short))),
        (2, "markup for a link", bool(MARKUP.search(long))),
        (2, "more than three links", links > 3),
        (1, "a link", 0 < links <= 3),
        (2, "words of people who sell to websites", bool(SELLING.search(long))),
    ]
    return [(points, reason) for points, reason, holds in found if holds]


def _texts(answers: Mapping[str, str]) -> tuple[str, str]:
    """The answers of several lines, and all others, each as one text."""
    return "\n".join(answers.get(name, "") for name in LONG), "\n".join(
        value for name, value in answers.items() if name not in LONG
    )
