"""Makes the desk's lists, as pages and CSV: search results, plaques to mail, certified agencies, and numbers."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import promises
from forms.catalog import TASKS
from forms.form import reference_in
from normalize.folding import folded
from office import numbers, search
from office.workflow import REASONS
from safe_text import csv_text
from storage import certifications, submissions
from storage.certifications import Certification
from storage.submissions import Submission
from web.desk import worklist

ON_A_SHEET = 10
"""Labels on a sheet: two columns of five."""
AGENCIES_SHOWN = 200
MONTHS = 12
OF_AGENCIES = [
    *("Agency", "State", "Certified on", "Valid until", "Status"),
    *("In the register", "Renewed", "Invited", "Reference"),
]
OF_MONTHS = [
    *("Answered in time", "Answered late", "Median hours"),
    *("Plaques in time", "Plaques late", "Certified", "Renewed"),
]
BAR = 96
"""Height of the highest bar of the chart, in SVG units."""


def found(query: str, now: datetime) -> dict[str, Any]:
    """Return the results of a query, and how far it looked."""
    if not query.strip():
        return {"query": "", "told": "", "certified": [], "found": []}
    result = search.find(query, now)
    words, reference = folded(query), reference_in(query)
    # A scan: the table has one item for each certified agency, few enough.
    agencies = [each for each in certifications.everybody() if _is_of(each, words, reference)]
    told = "Nothing was found." if not (result.submissions or agencies) else ""
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
        "found": worklist.rows(result.submissions, now),
    }


def _is_of(each: Certification, words: str, reference: str) -> bool:
    """Return whether a certification has this name, or this reference, which outlives the request."""
    return bool(words) and (words in folded(each.name) or each.reference == reference)


def open_plaques() -> list[Submission]:
    """Return the plaques to mail, the most urgent first."""
    forms = [slug for slug, form in TASKS.items() if form.certifies]
    waiting = [each for slug in forms for each in submissions.in_stage(slug, "open")]
    return sorted(waiting, key=lambda each: each.due_at)


def plaques(now: datetime) -> list[dict[str, Any]]:
    """Return the plaques to mail, for their page."""
    today = promises.day_at_office(now)
    return [
        {
            "row": worklist.row(each, now),
            "label": each.declared.mailing_label(each.answers),
            "completed": dict(each.declared.in_words_by_name(each.answers))["completed"],
            "valid_until": promises.day_in_words(submissions.valid_until(each)),
            "ends_soon": "ends soon" if submissions.valid_until(each) - today < promises.ENDS_SOON else "",
        }
        for each in open_plaques()
    ]


def sheets() -> list[list[Mapping[str, Any]]]:
    """Return the labels of the plaques to mail, by sheet."""
    labels = [label for each in open_plaques() if (label := each.declared.mailing_label(each.answers))]
    return [labels[start : start + ON_A_SHEET] for start in range(0, len(labels), ON_A_SHEET)]


def plaques_csv() -> str:
    """Make the CSV for engraving and mailing, one line for each plaque."""
    found = open_plaques()
    labels = found[0].declared.labels() if found else {}
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
            for each in found
        ),
    )


def certified(now: datetime, state: str, ending: int) -> dict[str, Any]:
    """Return the certified agencies, of one state or all; with `ending`, those that end within so many days."""
    today = promises.day_at_office(now)
    everybody = sorted(certifications.everybody(), key=lambda each: (each.state, folded(each.name)))
    soon = [each for each in everybody if each.holds(today) and (each.valid_until - today).days <= (ending or 90)]
    chosen = soon if ending else [each for each in everybody if not state or each.state == state]
    holding = sum(each.holds(today) for each in everybody)
    shown = chosen[:AGENCIES_SHOWN]
    return {
        "told": f"{holding} certified, {len(everybody) - holding} ended.",
        "ending": len(soon),
        "state": state,
        "states": sorted(Counter(each.state for each in everybody).items()),
        "agencies": [agency(each, now) for each in shown],
        "left_out": len(chosen) - len(shown),
    }


def certified_csv(now: datetime) -> str:
    """Make the CSV of all agencies that are or were certified, as far as they are kept."""
    everybody = sorted(certifications.everybody(), key=lambda each: (each.state, folded(each.name)))
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
                each.valid_until.isoformat(),
                _status(each, today),
                "yes" if each.listed else "no",
                "yes" if len(each.periods) > 1 else "no",
                each.invited,
                each.reference,
            ]
            for each in everybody
        ),
    )


def board(now: datetime) -> dict[str, Any]:
    """Return the numbers of the last twelve months, as a chart and as a table."""
    months = numbers.months(now, MONTHS)
    today = promises.day_at_office(now)
    everybody = list(certifications.everybody())
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
    headings = [
        *(f"Received: {words}" for words in series),
        *(
            "Answered in time",
            "Answered late",
            "Median hours",
            "Plaques in time",
            "Plaques late",
            "Certified",
            "Renewed",
        ),
        *(f"Closed: {words.lower()}" for words in REASONS.values()),
    ]
    return {
        "series": list(series),
        "most": most,
        "bars": bars,
        "headings": headings,
        "lines": [(f"{month.first:%b %Y}", _cells(month, series)) for month in months],
        "certified": sum(each.holds(today) for each in everybody),
        "listed": sum(each.holds(today) and each.listed for each in everybody),
    }


def _cells(month: numbers.Month, series: Mapping[str, str]) -> list[str]:
    median = month.median_hours
    counts = [
        *(month.count(name) for name in series.values()),
        month.count("in time contact"),
        month.count("late contact"),
        "" if median is None else f"{median:g}",
        month.count("in time plaque"),
        month.count("late plaque"),
        month.count("certified first"),
        month.count("certified renewed"),
        *month.closed.values(),
    ]
    return [str(each) for each in counts]


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
        "page": each.path if each.listed and each.is_shown(today) else "",
        "ended": each.ended_on is not None,
        "invited": each.invited,
        "stopped": each.stopped,
        "reference": each.reference,
    }


def in_words(each: Certification, now: datetime) -> str:
    """Return the status in words, such as `certified until March 3, 2028`."""
    last = promises.day_in_words(each.last_day)
    return f"certified until {last}" if each.holds(promises.day_at_office(now)) else f"ended on {last}"


def _status(each: Certification, today: Any) -> str:
    return "certified" if each.holds(today) else "ended"
