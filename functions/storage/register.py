"""The public register: what everyone may see of a certified agency, and nothing else.

An item of the table of certifications is in the sparse index `register` while its agency is listed: register (always
LISTED), code, and entry (the Entry, as JSON). The function behind the register may read this index only,
which holds no address of a person and no reference.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import promises
from forms.form import reference_for
from normalize.folding import folded
from settings import settings
from storage import dynamodb

LISTED = "listed"
CODE_LENGTH = 8
AT_ONCE = 1_000
"""Agencies in one answer of the table, which the client waits two seconds for."""
SLUG_LIMIT = 60
"""Most characters of the name in an address."""


@dataclass(frozen=True)
class Entry:
    """A certified agency as the register shows it."""

    code: str
    """Part of its address. It stays when the agency is renamed or renews."""
    name: str
    state: str
    """Two letters."""
    periods: tuple[tuple[date, date], ...]
    """(certified on, valid until), the earliest first; more than one where the agency renewed.

    An earlier one that the office ended is valid until then; of the last one, `ended_on` says so.
    """
    ended_on: date | None
    """Day on which the office ended it early, None if it did not."""

    @property
    def certified_on(self) -> date:
        return self.periods[-1][0]

    @property
    def valid_until(self) -> date:
        return self.periods[-1][1]

    @property
    def end(self) -> date:
        """Return the day that "ended on" names: the last day, or the one on which the office ended it."""
        return min(self.valid_until, self.ended_on) if self.ended_on else self.valid_until

    @property
    def last_day(self) -> date:
        """Return the last certified day. Page, badge, JSON and CSV all go by it."""
        return last_day(self.certified_on, self.valid_until, self.ended_on)

    def holds(self, day: date) -> bool:
        """Return whether the agency is certified on a day."""
        return day <= self.last_day

    def is_shown(self, day: date) -> bool:
        """Return whether the register still shows it on a day."""
        return day <= self.end + promises.LISTED_AFTER_END

    @property
    def short_path(self) -> str:
        """Return an address that is short enough to print, and leads to its page."""
        return f"/certified/{self.code}/"

    @property
    def path(self) -> str:
        """Return the address of its page: state, name, and the code, by which the page is found."""
        # A name in another script leaves nothing, and then the code alone is the address.
        words = folded(self.name).encode("ascii", "ignore").decode()
        slug = re.sub("[^a-z0-9]+", "-", words)[:SLUG_LIMIT].strip("-")
        return f"/certified/{self.state.lower()}/{slug}{'-' if slug else ''}{self.code}/"


def last_day(since: date, until: date, ended_on: date | None) -> date:
    """Return the last certified day of a period: the day before an early end, but no day before the first one."""
    return max(since, min(until, ended_on - timedelta(days=1))) if ended_on else until


def code_of(certification: str) -> str:
    """Return the public code of a certification: eight letters and digits, none of which looks like another."""
    return reference_for(certification)[:CODE_LENGTH].lower()


def attributes(entry: Entry) -> dict[str, str]:
    """Return what puts an item into the index."""
    periods = [[since.isoformat(), until.isoformat()] for since, until in entry.periods]
    ended_on = entry.ended_on.isoformat() if entry.ended_on else ""
    # One string, because 5,000 maps take the deserializer ten times as long.
    shown = json.dumps([entry.code, entry.name, entry.state, periods, ended_on], ensure_ascii=False)
    return {"register": LISTED, "code": entry.code, "entry": shown}


def without_attributes(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return the item as it is outside of the index."""
    return {name: value for name, value in item.items() if name not in ("register", "code", "entry")}


def entries(day: date) -> list[Entry]:
    """Return the agencies that the register shows on a day, by state and name. Reads the index once."""
    found = [entry for entry in _read("register = :listed") if entry.is_shown(day)]
    return sorted(found, key=lambda entry: (entry.state, folded(entry.name), entry.code))


def find(code: str, day: date) -> Entry | None:
    """Return the agency with this code, None if the register does not show it on this day."""
    # An entry stays in the index for a while after the register stopped showing it: until its item expires.
    found = _read("register = :listed AND code = :code", code=code)
    return next((entry for entry in found if entry.is_shown(day)), None)


def _read(condition: str, **values: str) -> Iterator[Entry]:
    pages = dynamodb.client().get_paginator("query")
    found = pages.paginate(
        TableName=settings().certifications_table,
        IndexName="register",
        KeyConditionExpression=condition,
        ProjectionExpression="entry",
        PaginationConfig={"PageSize": AT_ONCE},
        ExpressionAttributeValues={f":{name}": {"S": value} for name, value in {"listed": LISTED, **values}.items()},
    )
    return (_from_text(item["entry"]["S"]) for page in found for item in page["Items"])


def _from_text(entry: str) -> Entry:
    code, name, state, periods, ended_on = json.loads(entry)
    days = tuple((date.fromisoformat(since), date.fromisoformat(until)) for since, until in periods)
    return Entry(code, name, state, days, date.fromisoformat(ended_on) if ended_on else None)
