"""Reads a date as Americans write it, where only one day can be meant."""

import re
from datetime import date

from normalize.folding import plain

MONTHS = (
    *("january", "february", "march", "april", "may", "june", "july", "august", "september"),
    *("october", "november", "december"),
)
LIMIT = 50
"""Longest date, in characters."""
YEAR = "(?P<year>[0-9]{4}|[0-9]{2})"
DAY = "(?P<day>[0-9]{1,2})(?:st|nd|rd|th)?"
MONTH = "(?P<month>[a-z]{3,9})"
WRITTEN = (
    "(?P<year>[0-9]{4})[-/. ]+(?P<month>[0-9]{1,2})[-/. ]+(?P<day>[0-9]{1,2})",
    f"(?P<year>[0-9]{{4}})[-/., ]+{MONTH}[-/., ]+{DAY}",
    "(?P<year>[0-9]{4})(?P<month>[0-9]{2})(?P<day>[0-9]{2})",
    f"(?P<month>[0-9]{{1,2}})[-/. ]+(?P<day>[0-9]{{1,2}})[-/. ]+'?{YEAR}",
    f"(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*[., ]+)?{MONTH}[-. ]*{DAY}(?:[-., ]+'?|'){YEAR}",
    f"(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*[., ]+)?(?:the )?{DAY}[-. ]*(?:of )?{MONTH}[-., ]*'?{YEAR}",
)
"""2026-11-20; 2026 Nov 20; 20261120; 11/20/2026; Friday, Nov. 20th, 2026; 20 Nov 2026.

A year of two digits is of this century.
"""


def parse(text: str) -> date | None:
    """Return the day that a text names, None if it is not a real one."""
    written = plain(text) if len(text) <= LIMIT else ""
    for way in WRITTEN:
        if found := re.fullmatch(way, written):
            year = int(found["year"]) + (2000 if len(found["year"]) == 2 else 0)
            try:
                return date(year, _month(found["month"]), int(found["day"]))
            except ValueError:
                return None
    return None


def _month(written: str) -> int:
    """Return the number of a month; of what is none, 0."""
    if written.isdecimal():
        return int(written)
    return next((number for number, name in enumerate(MONTHS, 1) if name.startswith(written)), 0)
