"""Makes what the public register shows from its entries: lists, one agency, and the same as JSON, CSV and sitemap."""

import json
from collections.abc import Mapping, Sequence
from datetime import date
from operator import itemgetter
from typing import Any, TypeVar

import promises
from normalize.folding import folded
from normalize.states import STATE_NAMES, STATES, letters_in
from safe_text import csv_text
from settings import settings
from storage.register import Entry

Row = TypeVar("Row")
ON_A_PAGE = 100
LISTED_AT_ONCE = 60
"""Most agencies that the first page lists by name; where there are more, it lists the states only."""
QUERY_LIMIT = 100
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
"""The map: a tile for each state, about where it lies. The last row is for islands and for military mail."""


def first_page(entries: Sequence[Entry], today: date) -> dict[str, Any]:
    """Return the map and the states, with their agencies if there are few."""
    listed = _by_state(entries)
    # Without this limit, the page of thousands of agencies would be a megabyte.
    shown = listed if len(entries) <= LISTED_AT_ONCE else {}
    return {
        "query": "",
        "number": len(entries),
        "counts": _counts(entries, today),
        "tiles": _tiles(listed, today),
        "states": sorted((_state(code, group, today) for code, group in listed.items()), key=itemgetter("name")),
        "groups": sorted(
            ((_state(code, group, today), rows(group, today)) for code, group in shown.items()),
            key=lambda group: group[0]["name"],
        ),
    }


def found(entries: Sequence[Entry], query: str, today: date) -> dict[str, Any]:
    """Return the agencies, and the states, whose words begin with those of the query."""
    words = dict.fromkeys(folded(query).split())  # a word that is asked for fifty times is looked for once
    letters = letters_in(query)
    listed = _by_state(entries)

    def fits(text: str, state: str) -> bool:
        # `Springfield, MO`: a word may be the abbreviation of the state, or the beginning of a word.
        return bool(words) and all(
            letters.get(word) == state or any(each.startswith(word) for each in text.split()) for word in words
        )

    # Beginnings of words, in any order: `spring pol` finds Springfield Police.
    agencies = [
        entry for entry in entries if fits(f"{folded(entry.name)} {folded(STATE_NAMES[entry.state])}", entry.state)
    ]
    states = [code for code, name in STATES if fits(folded(name), code)]
    return {
        "query": query,
        "agencies": rows(agencies[:ON_A_PAGE], today, with_state=True),
        "left_out": max(0, len(agencies) - ON_A_PAGE),
        "found": len(agencies),
        "is_empty": not entries,
        "states": [_state(code, listed.get(code, []), today) for code in states],
    }


def of_state(entries: Sequence[Entry], code: str, page: int, today: date) -> dict[str, Any]:
    """Return one page of the agencies of a state; pages count from 1."""
    agencies = [entry for entry in entries if entry.state == code]
    shown, place = page_of(agencies, page)
    state = _state(code, agencies, today)
    return {"state": state, "agencies": rows(shown, today), "is_empty": not entries, **place}


def page_of(listed: Sequence[Row], page: int) -> tuple[Sequence[Row], dict[str, int]]:
    """Return a page of a list, and where it is: its own number and that of all pages, and the numbers of its lines.

    Everything counts from 1.
    """
    pages = max(1, -(-len(listed) // ON_A_PAGE))
    # An agency may have left since the link to the last page was drawn.
    page = min(page, pages)
    before = (page - 1) * ON_A_PAGE
    shown = listed[before : before + ON_A_PAGE]
    return shown, {
        "page": page,
        "pages": pages,
        "first": before + 1,
        "last": before + len(shown),
        "number": len(listed),
    }


def agency(entry: Entry, today: date) -> dict[str, Any]:
    """Return one agency for its page, its badge and its certificate."""
    periods = [(entry.certified_on, entry.last_day), *reversed(entry.periods[:-1])]
    return {
        "name": entry.name,
        "state": _state(entry.state, [entry], today),
        "holds": entry.holds(today),
        "status": status(entry, today),
        "since": promises.day_in_words(entry.certified_on),
        "until": promises.day_in_words(entry.last_day),
        "end": promises.day_in_words(entry.end),
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
            "words": f"until {promises.day_in_words(entry.last_day)}"
            if entry.holds(today)
            else f"ended on {promises.day_in_words(entry.end)}",
        }
        for entry in entries
    ]


def status(entry: Entry, today: date) -> str:
    """Return the status on a day in words."""
    if not entry.holds(today):
        return f"Ended on {promises.day_in_words(entry.end)}"
    until = f"Certified until {promises.day_in_words(entry.last_day)}"
    if not promises.ends_soon(entry.last_day, today):
        return until
    return f"{until}: {promises.ending_in_words(entry.last_day, today)}"


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


def _by_state(entries: Sequence[Entry]) -> dict[str, list[Entry]]:
    listed: dict[str, list[Entry]] = {}
    for entry in entries:
        listed.setdefault(entry.state, []).append(entry)
    return listed


def _holding(entries: Sequence[Entry], today: date) -> int:
    return sum(entry.holds(today) for entry in entries)


def _counts(entries: Sequence[Entry], today: date) -> str:
    """Return in words how many agencies are certified, and apart from them how many no longer are."""
    holding = _holding(entries, today)
    ended = f", {len(entries) - holding:,} ended" if holding < len(entries) else ""
    return f"{holding:,} certified{ended}" if entries else "none"


def _state(code: str, entries: Sequence[Entry], today: date) -> dict[str, Any]:
    return {
        "code": code,
        "name": STATE_NAMES[code],
        "path": f"/certified/{code.lower()}/",
        "holding": _holding(entries, today),
        "counts": _counts(entries, today),
    }


def _tiles(listed: Mapping[str, Sequence[Entry]], today: date) -> list[dict[str, Any]]:
    # Row by row, so that the Tab key goes over the map as the eye does.
    return [
        _state(code, listed.get(code, []), today) | {"column": column, "row": row}
        for row, line in enumerate(TILES.split("\n")[1:-1])
        for column, code in enumerate(line.split())
        if code != ".."
    ]
