"""Makes what the public register shows from its entries: lists, one agency, and the same as JSON, CSV and sitemap."""

import json
from collections import Counter
from collections.abc import Sequence
from datetime import date
from itertools import groupby
from typing import Any

import promises
from forms.plaque import STATES
from normalize.folding import folded
from safe_text import csv_text
from settings import settings
from storage.register import Entry

ON_A_PAGE = 100
LISTED_AT_ONCE = 60
"""Most agencies that the first page lists by name; where there are more, it lists the states only."""
ENDS_SOON = 60
"""Days before the end from which the days are counted."""
QUERY_LIMIT = 100
STATE_NAMES = dict(STATES)
TILES = """
AK .. .. .. .. .. .. .. .. .. ME
.. .. .. .. .. .. .. .. .. VT NH
WA ID MT ND MN IL WI MI NY RI MA
OR NV WY SD IA IN OH PA NJ CT ..
CA UT CO NE MO KY WV VA MD DE ..
.. AZ NM KS AR TN NC SC DC .. ..
.. .. .. OK LA MS AL GA .. .. ..
HI .. .. TX .. .. .. .. FL .. ..
PR VI GU AS MP FM MH PW AA AE AP
"""
"""The map: a tile for each state about where it lies, and the last row for what lies far away."""


def first_page(entries: Sequence[Entry], today: date) -> dict[str, Any]:
    """Return the map and the states, with their agencies if there are few."""
    listed = Counter(entry.state for entry in entries)
    by_state = groupby(entries, key=lambda entry: entry.state) if len(entries) <= LISTED_AT_ONCE else ()
    return {
        "query": "",
        "number": len(entries),
        "holding": sum(entry.holds(today) for entry in entries),
        "tiles": _tiles(listed),
        "states": [_state(code, number) for code, number in _by_name(listed)],
        "groups": sorted(
            ((_state(code, listed[code]), rows(list(group), today)) for code, group in by_state),
            key=lambda group: group[0]["name"],
        ),
    }


def found(entries: Sequence[Entry], query: str, today: date) -> dict[str, Any]:
    """Return the agencies, and the states, whose words begin with those of the query."""
    words = folded(query).split()
    listed = Counter(entry.state for entry in entries)

    def fits(text: str) -> bool:
        return bool(words) and all(any(each.startswith(word) for each in text.split()) for word in words)

    agencies = [entry for entry in entries if fits(f"{folded(entry.name)} {folded(STATE_NAMES[entry.state])}")]
    states = [code for code, name in STATES if fits(folded(name)) or words == [code.lower()]]
    return {
        "query": query,
        "agencies": rows(agencies[:ON_A_PAGE], today, with_state=True),
        "left_out": max(0, len(agencies) - ON_A_PAGE),
        "found": len(agencies),
        "states": [_state(code, listed[code]) for code in states],
    }


def of_state(entries: Sequence[Entry], code: str, page: int, today: date) -> dict[str, Any]:
    """Return one page of the agencies of a state; pages count from 1."""
    agencies = [entry for entry in entries if entry.state == code]
    pages = max(1, -(-len(agencies) // ON_A_PAGE))
    page = min(page, pages)
    shown = agencies[(page - 1) * ON_A_PAGE : page * ON_A_PAGE]
    return {
        "state": _state(code, len(agencies)),
        "page": page,
        "pages": pages,
        "first": (page - 1) * ON_A_PAGE + 1,
        "last": (page - 1) * ON_A_PAGE + len(shown),
        "agencies": rows(shown, today),
    }


def agency(entry: Entry, today: date) -> dict[str, Any]:
    """Return one agency for its page, its badge and its certificate."""
    periods = [(entry.certified_on, entry.last_day), *reversed(entry.periods[:-1])]
    return {
        "name": entry.name,
        "state": _state(entry.state, 0),
        "holds": entry.holds(today),
        "status": status(entry, today),
        "since": promises.day_in_words(entry.certified_on),
        "until": promises.day_in_words(entry.last_day),
        "periods": [(promises.day_in_words(since), promises.day_in_words(until)) for since, until in periods],
        "short": settings().site_url + entry.short_path,
        "badge": f"{entry.short_path}badge.svg",
    }


def rows(entries: Sequence[Entry], today: date, *, with_state: bool = False) -> list[dict[str, str]]:
    """Return the lines of a list."""
    return [
        {
            "name": entry.name,
            "path": entry.path,
            "state": STATE_NAMES[entry.state] if with_state else "",
            "since": promises.day_in_words(entry.certified_on),
            "words": f"{'until' if entry.holds(today) else 'ended on'} {promises.day_in_words(entry.last_day)}",
        }
        for entry in entries
    ]


def status(entry: Entry, today: date) -> str:
    """Return the status on a day in words."""
    last = promises.day_in_words(entry.last_day)
    if not entry.holds(today):
        return f"Ended on {last}"
    left = (entry.last_day - today).days
    if left > ENDS_SOON:
        return f"Certified until {last}"
    return f"Certified until {last}: {({0: 'ends today', 1: 'ends tomorrow'}).get(left, f'ends in {left} days')}"


def structured_data(entry: Entry, today: date, organization: str) -> dict[str, Any]:
    """Return the agency's certification as https://schema.org/Certification."""
    return {
        "@context": "https://schema.org",
        "@type": "Certification",
        "name": "Peace Officer Agency Certification",
        "url": settings().site_url + entry.path,
        "certificationIdentification": entry.code,
        "certificationStatus": f"https://schema.org/Certification{'Active' if entry.holds(today) else 'Inactive'}",
        "validFrom": entry.certified_on.isoformat(),
        "expires": entry.last_day.isoformat(),
        "issuedBy": {"@type": "NGO", "name": organization, "url": settings().site_url + "/about/"},
        "about": {
            "@type": "GovernmentOrganization",
            "name": entry.name,
            "address": {"@type": "PostalAddress", "addressRegion": entry.state, "addressCountry": "US"},
        },
    }


def as_json(entries: Sequence[Entry]) -> str:
    return json.dumps({"agencies": [_record(entry) for entry in entries]}, ensure_ascii=False)


def as_csv(entries: Sequence[Entry]) -> str:
    headings = ["agency", "state", "certified_on", "valid_until", "page"]
    return csv_text(headings, (_record(entry).values() for entry in entries))


def _record(entry: Entry) -> dict[str, str]:
    return {
        "agency": entry.name,
        "state": entry.state,
        "certified_on": entry.certified_on.isoformat(),
        "valid_until": entry.last_day.isoformat(),
        "page": settings().site_url + entry.path,
    }


def _state(code: str, number: int) -> dict[str, Any]:
    return {"code": code, "name": STATE_NAMES[code], "path": f"/certified/{code.lower()}/", "number": number}


def _by_name(listed: Counter[str]) -> list[tuple[str, int]]:
    return sorted(listed.items(), key=lambda each: STATE_NAMES[each[0]])


def _tiles(listed: Counter[str]) -> list[dict[str, Any]]:
    # Row by row, so that the Tab key goes over the map as the eye does.
    return [
        _state(code, listed[code]) | {"column": column, "row": row}
        for row, line in enumerate(TILES.split("\n")[1:-1])
        for column, code in enumerate(line.split())
        if code != ".."
    ]
