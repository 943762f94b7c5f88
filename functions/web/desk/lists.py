"""Makes the desk's lists, as pages and CSV: search results, plaques to mail, certified agencies, and numbers."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sized
from datetime import date, datetime
from itertools import combinations
from typing import Any
from urllib.parse import urlencode

import promises
import rendering
from forms.catalog import TASKS
from normalize import addresses
from normalize.folding import folded
from office import erasure, invitations, known_agencies, numbers, search
from office.erasure import Person
from office.workflow import REASONS
from safe_text import csv_text
from storage import certifications, submissions
from storage.certifications import Certification
from storage.submissions import Submission
from web.agencies import page_of
from web.desk import worklist

ON_A_SHEET = 10
"""Labels on a sheet: two columns of five."""
COMPARED = 50
"""How many plaques, the most urgent first, the page of all plaques compares with each other."""
MONTHS = 12
BAR = 96
"""Height of the highest bar of the chart, in SVG units."""
BOARD: dict[str, dict[str, str]] = {
    "Messages": {
        "Received": "received contact",
        "Answered in time": "in time contact",
        "Answered late": "late contact",
        "Median hours": numbers.MEDIAN,
    },
    "Plaques": {
        "Requested": "received plaque",
        "Mailed in time": "in time plaque",
        "Mailed late": "late plaque",
        "Certified": "certified first",
        "Renewed": "certified renewed",
    },
    "Closed without doing it": {words: f"closed {reason}" for reason, words in REASONS.items()},
}
"""The tables of the numbers: by title, the headings and what they count."""


def found(query: str, now: datetime) -> dict[str, Any]:
    """Return the results of a query, and how far it looked."""
    if not query.strip():
        return {"query": "", "told": "", "certified": [], "agencies": 0, "found": [], "person": None}
    result = search.find(query, now)
    agencies = known_agencies.found(query)
    address = search.stored_spelling(query)
    person = erasure.find(address) if addresses.is_mailable(address) else None
    told = "Nothing was found." if not (result.submissions or agencies or person) else ""
    if result.alike and result.submissions:
        told = "No exact match. These are similar."
    elif len(result.submissions) == search.SHOWN:
        told = f"The newest {search.SHOWN} are shown. Add a word to find fewer."
    if result.until:
        day = promises.day_in_words(promises.day_at_office(result.until))
        told += f" Searched the newest {result.looked_at:,}, back to {day}. There may be older ones."
    return {
        "query": query,
        "told": told.strip(),
        "certified": [agency(each, now) for each in agencies[: search.SHOWN]],
        "agencies": len(agencies),
        "found": worklist.rows(result.submissions, now),
        "person": {"address": address, "words": _stored_of(person)} if person else None,
    }


def _stored_of(person: Person) -> str:
    """Say in a line what is stored of an address."""

    def number(found: Sized, one: str, more: str) -> str:
        return f"{len(found)} {one if len(found) == 1 else more}"

    messages, requests = "message or request", "messages and requests"
    agencies = number(person.certified, "certified agency", "certified agencies")
    undone = number(person.undone, "certification", "certifications")
    places = {
        number(person.submissions, messages, requests): person.submissions,
        f"the invitations of {agencies}": person.certified,
        f"{undone} whose mark was undone": person.undone,
        f"the history of {number(person.former, messages, requests)}, where it was corrected": person.former,
        "the announcements": person.subscriber,
    }
    return f"This address is in {', '.join(place for place, holds in places.items() if holds)}."


def open_plaques() -> list[Submission]:
    """Return the plaques to mail, the most urgent first."""
    forms = [slug for slug, form in TASKS.items() if form.certifies]
    waiting = [each for slug in forms for each in submissions.in_stage(slug, "open")]
    return sorted(waiting, key=lambda each: each.urgency)


def plaques(now: datetime, without: Collection[str] = ()) -> list[dict[str, Any]]:
    """Return the plaques to mail, for their page; without those that were just marked: the index may lag."""
    today, found = promises.day_at_office(now), [each for each in open_plaques() if each.reference not in without]
    certified = list(certifications.everybody()) if found else []
    alike = _alike(found[:COMPARED])
    return [
        {
            "row": worklist.row(each, now),
            "alike": alike[each.reference],
            "candidates": candidates(known_agencies.may_renew(each, certified), now) if place < COMPARED else [],
            "label": each.declared.mailing_label(each.answers),
            "completed": dict(each.declared.in_words_by_name(each.answers))["completed"],
            "valid_until": promises.day_in_words(submissions.valid_until(each)),
            "ends_soon": "ends soon" if promises.ends_soon(submissions.valid_until(each), today) else "",
        }
        for place, each in enumerate(found)
    ]


def candidates(found: Iterable[known_agencies.Known], now: datetime) -> list[dict[str, Any]]:
    """Return in words the certified agencies that a request may renew under another name, and why."""
    return [agency(known.certification, now) | {"reasons": ", ".join(known.reasons)} for known in found]


def _alike(found: list[Submission]) -> Mapping[str, list[str]]:
    """Return, by reference, the other requests that may be from the same agency, so that one plaque is enough."""
    alike = defaultdict(list)
    for one, other in combinations(found, 2):
        if one.declared.may_correct(one.answers, other.answers):
            alike[one.reference].append(other.reference)
            alike[other.reference].append(one.reference)
    return alike


def sheets() -> list[list[Mapping[str, Any]]]:
    """Return the labels of the plaques to mail, by sheet."""
    labels = [label for each in open_plaques() if (label := each.declared.mailing_label(each.answers))]
    return [labels[start : start + ON_A_SHEET] for start in range(0, len(labels), ON_A_SHEET)]


def plaques_csv() -> str:
    """Make the CSV for engraving and mailing, one line for each plaque."""
    labels = {name: label for form in TASKS.values() if form.certifies for name, label in form.labels().items()}
    names = [name for name in labels if name not in ("name_confirmed", "summary", "announcements", "listed")]
    return csv_text(
        ["Reference", "Mail by", "Valid until", *(labels[name] for name in names)],
        (
            [
                each.reference,
                promises.day_at_office(each.due_at).isoformat(),
                submissions.valid_until(each).isoformat(),
                *(each.answers.get(name, "") for name in names),
            ]
            for each in open_plaques()
        ),
    )


def certified(now: datetime, state: str, ending: int, page: int) -> dict[str, Any]:
    """Return a page of the certified agencies: of one state or all, or with `ending` those that end in so many days.

    Pages count from 1.
    """
    today = promises.day_at_office(now)
    everybody = _by_state_and_name()
    # Counted also when all are listed: the page links to them with their number.
    soon = [each for each in everybody if each.holds(today) and (each.valid_until - today).days <= (ending or 90)]
    chosen = soon if ending else [each for each in everybody if not state or each.state == state]
    holding = sum(each.holds(today) for each in everybody)
    shown, place = page_of(chosen, page)
    chosen_by = {"ending": str(ending)} if ending else {"state": state} if state else {}
    return {
        "told": f"{holding:,} certified, {len(everybody) - holding:,} ended.",
        "ending": len(soon),
        "state": state,
        "states": sorted(Counter(each.state for each in everybody).items()),
        "agencies": [agency(each, now) for each in shown],
        **place,
        "of_page": f"/desk/certified?{urlencode({**chosen_by, 'page': ''})}",
        "range": f"{place['first']:,} to {place['last']:,} of {place['number']:,}",
    }


def certified_csv(now: datetime) -> str:
    """Make the CSV of all agencies that are or were certified, as far as they are kept."""
    today = promises.day_at_office(now)
    return csv_text(
        [
            "Agency",
            "State",
            "Certified on",
            "Valid until",
            "Status",
            "In the register",
            "Renewed",
            "Invited",
            "Reference",
        ],
        (
            [
                each.name,
                each.state,
                each.certified_on.isoformat(),
                each.last_day.isoformat(),
                _status(each, today),
                "yes" if _is_in_register(each, today) else "no",
                "yes" if len(each.periods) > 1 else "no",
                each.invited,
                each.reference,
            ]
            for each in _by_state_and_name()
        ),
    )


def _by_state_and_name() -> list[Certification]:
    return sorted(certifications.everybody(), key=lambda each: (each.state, folded(each.name)))


def board(now: datetime) -> dict[str, Any]:
    """Return the numbers of the last twelve months, as a chart and as a table."""
    months = numbers.months(now, MONTHS)
    holding, listed = certifications.count(promises.day_at_office(now))
    series = {form.title.lower() + "s": f"received {slug}" for slug, form in TASKS.items()}
    most = max(1, *(month.count(name) for month in months for name in series.values()))
    bars = [
        {
            "x": 40 + 50 * place,
            "month": f"{month.first:%b}",
            "parts": [
                {"name": words, "number": month.count(name), "height": round(BAR * month.count(name) / most, 1)}
                for words, name in series.items()
            ],
        }
        for place, month in enumerate(reversed(months))
    ]
    return {
        "series": list(series),
        "most": most,
        "bars": bars,
        "tables": [
            (title, list(columns), [(f"{month.first:%b %Y}", _cells(month, columns)) for month in months])
            for title, columns in BOARD.items()
        ],
        "certified": holding,
        "listed": listed,
    }


def _cells(month: numbers.Month, columns: Mapping[str, str]) -> list[str]:
    median = "" if month.median_hours is None else f"{month.median_hours:g}"
    return [median if name == numbers.MEDIAN else f"{month.count(name):,}" for name in columns.values()]


def agency(each: Certification, now: datetime) -> dict[str, Any]:
    """Return a certified agency as the desk's pages show it."""
    today = promises.day_at_office(now)
    return {
        "id": each.id,
        "name": each.name,
        "state": each.state,
        "status": _status(each, today),
        "words": in_words(each, now),
        "since": promises.day_in_words(each.certified_on),
        "until": promises.day_in_words(each.last_day),
        "renewed": len(each.periods) > 1,
        "listed": each.listed,
        "page": each.path if _is_in_register(each, today) else "",
        "may_be_listed": each.is_shown(today),
        "ended": each.ended_on is not None,
        "invited": each.invited,
        "stopped": invitations.IN_WORDS.get(each.why_stopped, ""),
        "reference": each.reference,
        "history": [
            f"{entry['what'].capitalize()}{f' from {before}' if (before := entry.get('before')) else ''}, "
            f"{promises.stored_moment(entry['at'])}, by {entry['by']}"
            for entry in each.history
        ],
    }


def in_words(each: Certification, now: datetime) -> str:
    """Return the status in words, such as `certified until March 3, 2028`."""
    if each.holds(promises.day_at_office(now)):
        return f"certified until {promises.day_in_words(each.last_day)}"
    return f"ended on {promises.day_in_words(each.end)}"


def _is_in_register(each: Certification, today: date) -> bool:
    return each.listed and each.is_shown(today) and rendering.office().keeps_register


def _status(each: Certification, today: date) -> str:
    return "certified" if each.holds(today) else "ended"
