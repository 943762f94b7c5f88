"""Reads a date as Americans write it, where only one day can be meant."""

import re
from datetime import date

import promises
from normalize.folding import LIKE_DIGITS, numerals, plain

MONTHS = (
    *("january", "february", "march", "april", "may", "june", "july", "august", "september"),
    *("october", "november", "december"),
)
LIMIT = 100
"""Longest date, in characters: with the time and the zone in words, as JavaScript writes it."""
YEARS_AHEAD = 20
"""How far ahead a year of two digits may be: in 2026, 46 is 2046 and 47 is 1947."""
YEAR = "(?P<year>[0-9]{4}|[0-9]{2})"
CENTURY = "(?P<year>(?:19|20)[0-9]{2})"
DAY = "(?P<day>[0-9]{1,2})(?:st|nd|rd|th)?"
MONTH = "(?P<month>[a-z]{3,9})"
NUMBER = "(?P<month>[0-9]{1,2})"
BETWEEN = r"[-/\\|_., ]+"
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
WEEKDAY = rf"(?:{'|'.join(WEEKDAYS)})[a-z]*"
ZONE = r"(?:z|(?:utc|gmt)?[-+][0-9:]{4,5}(?: [a-z ]+)?|utc|gmt|[aechmp][ds]?t|ak[ds]t|chst|sst)"
AROUND = (
    rf"(?:on )?(?:(?P<before>{WEEKDAY})[., ]+)?(?:the )?(?P<written>.*?)(?:[, ]+(?P<behind>{WEEKDAY}))?"
    r"(?:[t, ]+(?:at )?(?:[0-9]{1,2}:[0-9]{2}(?::[0-9.]+)?(?: ?[ap]\.?m\.?)?|[0-9]{1,2} ?[ap]\.?m\.?)"
    rf"(?: ?{ZONE})?)?"
)
"""The weekday before or behind a date, and the time of day with its zone, which programs add."""
DAY_FIRST = f"(?P<day>[0-9]{{1,2}}){BETWEEN}{NUMBER}{BETWEEN}'?{YEAR}"
WRITTEN = (
    f"(?P<year>[0-9]{{4}}){BETWEEN}{NUMBER}{BETWEEN}(?P<day>[0-9]{{1,2}})",
    f"(?P<year>[0-9]{{4}}){BETWEEN}{MONTH}{BETWEEN}{DAY}",
    f"{CENTURY}(?P<month>[0-9]{{2}})(?P<day>[0-9]{{2}})",
    f"(?P<month>[0-9]{{2}})(?P<day>[0-9]{{2}}){CENTURY}",
    f"(?P<day>[0-9]{{2}})(?P<month>[0-9]{{2}}){CENTURY}",
    f"{NUMBER}{BETWEEN}(?P<day>[0-9]{{1,2}}){BETWEEN}'?{YEAR}",
    DAY_FIRST,
    f"{MONTH}[-/. ]*{DAY}(?:[-/., ]+'?|'){YEAR}",
    f"{DAY}[-/. ]*(?:(?:day )?of )?{MONTH}[-/., ]*'?{YEAR}",
)
"""2026-11-20; 2026 Nov 20; 20261120, 11202026, 20112026; 11/20/2026; 20/11/2026; Nov. 20th, 2026; 20 Nov 2026.

The first that gives a real day counts: 11/12 is November 12, as Americans read it; 13/11 can only be November 13.
"""
YEAR_FIRST = f"(?P<year>[0-9]{{2}}){BETWEEN}{NUMBER}{BETWEEN}(?P<day>[0-9]{{1,2}})"
"""Other days that 26/11/01 may name, besides November 26, 2001."""
UNSURE = (
    "(?P<month>[0-9]{2})(?P<day>[0-9]{2})(?P<year>[0-9]{2})",
    "(?P<day>[0-9]{2})(?P<month>[0-9]{2})(?P<year>[0-9]{2})",
    "(?P<year>[0-9]{2})(?P<month>[0-9]{2})(?P<day>[0-9]{2})",
    f"(?P<year>[0-9]{{4}}){BETWEEN}(?P<day>[0-9]{{1,2}}){BETWEEN}{NUMBER}",
)
"""Ways that are asked about: 110326, November 3, 2026 for Americans and other days for others; 2026/17/10."""
LABEL = "(?:date(?: of completion)?|completed)[: ]+(?:on )?"
LONE_LETTERS = r"(?<![^\W_])[oil]{1,2}(?![^\W_])"
"""Letters in place of a day or a month, as in l/5/2026."""
NAUGHTS = "0(?=ct)|(?<=n)0(?=v)"
"""Digits in place of a letter, as in 0ct."""
WRONG_FORM = "Enter a real date, such as 3/27/2026"


def parse(text: str) -> date | None:
    """Return the day that a text names, None if it is not a real one, or not surely that one."""
    days, is_sure = _read(text)
    return days[0] if is_sure else None


def question(text: str) -> str:
    """Return what to say about a text that is no date, or names no day surely."""
    days, _ = _read(text)
    meant = " or ".join(map(promises.weekday_in_words, days))
    return f"Did you mean {meant}? Enter the date in words, as here" if days else WRONG_FORM


def _read(text: str) -> tuple[list[date], bool]:
    """Return the days that a text may name, the likeliest first, and whether it surely names the only one."""
    written = re.sub(r"[]()\"[]|^'|'$", "", plain(text)).strip(" .,") if len(text) <= LIMIT else ""
    written = re.sub(f"^{LABEL}", "", written)
    written = re.sub(LONE_LETTERS, lambda letters: letters[0].translate(LIKE_DIGITS), numerals(written))
    named = re.fullmatch(AROUND, re.sub(NAUGHTS, "o", written))
    if not named:
        return [], False
    alone = named["written"].rstrip(" .,")
    found = next(((way, day) for way in (*WRITTEN, *UNSURE) if (day := _day(re.fullmatch(way, alone)))), None)
    if found is None:
        return [], False
    way, day = found
    other = _day(re.fullmatch(YEAR_FIRST, alone)) if way == DAY_FIRST else None
    days = [day] if other in (None, day) else [day, other]
    weekdays = filter(None, (named["before"], named["behind"]))
    is_off = any(each[:3] != WEEKDAYS[day.weekday()] for each in weekdays)
    return days, len(days) == 1 and way in WRITTEN and not is_off


def _day(found: re.Match[str] | None) -> date | None:
    if found is None:
        return None
    try:
        return date(_year(found["year"]), _month(found["month"]), int(found["day"]))
    except ValueError:
        return None


def _year(written: str) -> int:
    """Return a year. Two digits mean the latest year that ends in them, at most YEARS_AHEAD years from now."""
    latest = promises.now().year + YEARS_AHEAD
    return int(written) if len(written) == 4 else latest - (latest - int(written)) % 100


def _month(written: str) -> int:
    """Return the number of a month, or 0 if the word is no month."""
    if written.isdecimal():
        return int(written)
    return next((number for number, name in enumerate(MONTHS, 1) if name.startswith(written)), 0)
