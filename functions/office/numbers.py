"""Counts the numbers of each month, for the board. Counted at each change, so that no report needs a scan.

An item of the counters' table for each month of receipt: key `numbers 2026-11`, and a number for each count. A
submission adds to it once the office is finished with it, and remembers what it has added (`counted`). When it changes,
one transaction adds the difference and stores the new `counted`. So a count stays right after an undo, after a crash,
and however often it is repeated. What is open is in no count: a report reads it in the index of the work.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median
from typing import Any

import promises
from forms.catalog import TASKS
from settings import settings
from storage import dynamodb, submissions
from storage.submissions import Submission

MEDIAN = "median hours"
"""Name of the median, beside those of the counters."""
HOURS = "hours"
"""Prefix of the counters of messages answered within a number of hours."""


@dataclass(frozen=True)
class Month:
    """The numbers of one month of receipt."""

    first: date
    counts: Mapping[str, int]

    def count(self, *names: str) -> int:
        return sum(self.counts.get(name, 0) for name in names)

    @property
    def received(self) -> int:
        return self.count(*(f"received {form}" for form in TASKS))

    @property
    def median_hours(self) -> float | None:
        """Return the median hours until an answer, None if nothing was answered."""
        # The counters are a histogram of whole hours: expand it for the median.
        hours = [
            int(name.removeprefix(f"{HOURS} "))
            for name, number in self.counts.items()
            if name.startswith(f"{HOURS} ")
            for _ in range(number)
        ]
        return median(hours) if hours else None


def settle(submission: Submission) -> None:
    """Add what a submission adds now, less what it added before.

    Raises dynamodb.Conflict, BotoCoreError, ClientError.
    """
    if not submission.declared.staff_task:
        return
    adds, added = _adds(submission), submission.counted
    # Only the difference is added, so repeating this is harmless.
    changes = {name: adds.get(name, 0) - added.get(name, 0) for name in adds.keys() | added.keys()}
    changes = {name: change for name, change in changes.items() if change}
    if not changes:
        return
    names = {f"#n{number}": name for number, name in enumerate(changes)}
    values = {f":n{number}": change for number, change in enumerate(changes.values())}
    month = promises.day_at_office(submission.received_at)
    first = "" if added else " OR attribute_not_exists(counted)"
    count: Any = {
        "TableName": settings().submissions_table,
        "Key": dynamodb.to_item({"reference": submission.reference}),
        "UpdateExpression": "SET counted = :counted",
        # What expired since it was read must not come back as an item with nothing but this.
        "ConditionExpression": f"attribute_exists(received_at) AND (counted = :seen{first})",
        "ExpressionAttributeValues": dynamodb.to_item({":counted": adds, ":seen": added}),
    }
    add: Any = {
        "TableName": settings().counters_table,
        "Key": dynamodb.to_item({"key": _key(month)}),
        "UpdateExpression": f"ADD {', '.join(f'#n{number} :n{number}' for number in range(len(changes)))}",
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": dynamodb.to_item(values),
    }
    # Where the condition fails, another invocation counted or changed it; remind.py visits it again.
    with suppress(dynamodb.ConditionFailed):
        dynamodb.transact({"Update": count}, {"Update": add})


def months(now: datetime, number: int) -> list[Month]:
    """Return the numbers of the last months, this one first, with what the office has still to do."""
    found, day = [], promises.day_at_office(now).replace(day=1)
    unfinished = _unfinished()
    for _ in range(number):
        item = dynamodb.get(settings().counters_table, {"key": _key(day)}) or {}
        counted = Counter({name: int(value) for name, value in item.items() if name != "key"})
        found.append(Month(day, counted + unfinished[_key(day)]))
        day = (day - timedelta(days=1)).replace(day=1)
    return found


def _unfinished() -> Mapping[str, Counter[str]]:
    """Return what is received and not finished, held or not, by the key of its month."""
    found: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for form in TASKS:
        for stage in ("open", "held"):
            for each in submissions.in_stage(form, stage):
                found[_key(promises.day_at_office(each.received_at))][f"received {form}"] += 1
    return found


def _adds(submission: Submission) -> dict[str, int]:
    """Return what a submission adds to the numbers of its month."""
    form = submission.form
    if submission.is_open:
        return {}
    adds = {f"received {form}": 1}
    if submission.closed:
        adds[f"closed {submission.closed['reason']}"] = 1
    elif submission.done:
        done_at = datetime.fromisoformat(submission.done["at"])
        adds[f"done {form}"] = 1
        adds[f"{'in time' if done_at <= submission.due_at else 'late'} {form}"] = 1
        if submission.declared.certifies:
            adds["certified renewed" if submission.done.get("renews") else "certified first"] = 1
        else:
            hours = (done_at - submission.promised_from) // timedelta(hours=1)
            # One bucket for everything above 999 hours keeps the item small.
            adds[f"{HOURS} {min(hours, 999)}"] = 1
    return adds


def _key(day: date) -> str:
    return f"numbers {day:%Y-%m}"
