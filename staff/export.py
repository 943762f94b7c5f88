"""Writes submissions as CSV, page by page, however many there are."""

import csv
import json
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, TextIO

import promises
from forms.catalog import FORMS
from safe_text import for_spreadsheet, for_terminal
from settings import settings
from staff.listing import as_json, state
from storage import dynamodb
from storage.submissions import Submission

TOGETHER = 100
"""Most items that DynamoDB reads in one request."""
FIRST = ("reference", "form", "status", "received_at", "due_at", "done_at", "done_by")


def columns(form: str) -> list[tuple[str, str]]:
    """Return the columns of the answers as (field, heading), of one form or of all."""
    forms = [FORMS[form]] if form else list(FORMS.values())
    named = {name: label for each in forms for name, label in each.labels().items()}
    return list(named.items())


def stored(form: str, since: datetime | None, tell: Callable[[int], None]) -> Iterator[Submission]:
    """Yield the submissions received since a time in UTC, or all, the oldest first.

    `tell` gets the number read since it was called last.

    Reads the times of all first, so that they can be sorted without all answers in memory.
    """
    wanted = {"received_at >= :since": {"since": since.isoformat() if since else "0"}} | (
        {"form = :form": {"form": form}} if form else {}
    )
    values = {f":{name}": value for each in wanted.values() for name, value in each.items()}
    found = dynamodb.scan(
        settings().submissions_table,
        FilterExpression=" AND ".join(wanted),
        ExpressionAttributeValues=dynamodb.to_item(values),
        ProjectionExpression="received_at, #reference",
        ExpressionAttributeNames={"#reference": "reference"},
    )
    by_time = sorted((item["received_at"], item["reference"]) for item in found)
    for start in range(0, len(by_time), TOGETHER):
        references = [reference for _, reference in by_time[start : start + TOGETHER]]
        items = _read(references)
        yield from (Submission.from_item(items[reference]) for reference in references if reference in items)
        tell(len(references))


def _read(references: list[str]) -> dict[str, dict[str, Any]]:
    """Return the items of at most TOGETHER references, by reference. AWS may leave some for another request."""
    table, items = settings().submissions_table, {}
    left: Any = {table: {"Keys": [dynamodb.to_item({"reference": reference}) for reference in references]}}
    while left:
        answer = dynamodb.client().batch_get_item(RequestItems=left)
        for item in map(dynamodb.from_item, answer["Responses"][table]):
            items[item["reference"]] = item
        left = answer["UnprocessedKeys"]
    return items


def write(found: Iterator[Submission], form: str, file: TextIO, *, bom: bool = False) -> int:
    """Write CSV with a heading, and return the number of rows. `bom` tells older spreadsheets that it is UTF-8.

    Every cell is quoted: a spreadsheet may split at semicolons or tabs as well, and read a formula after one.
    """
    shown = for_terminal if file.isatty() else str
    if bom:
        file.write("\N{BYTE ORDER MARK}")
    fields = columns(form)
    writer = csv.writer(file, quoting=csv.QUOTE_ALL)
    writer.writerow([*FIRST, *(for_spreadsheet(label) for _, label in fields)])
    number = 0
    for submission in found:
        writer.writerow([shown(for_spreadsheet(cell)) for cell in (*_facts(submission), *_answers(submission, fields))])
        number += 1
    return number


def write_json(found: Iterator[Submission], file: TextIO) -> int:
    """Write JSON, one object a line, and return the number of lines."""
    number = 0
    for submission in found:
        file.write(json.dumps(as_json(submission), ensure_ascii=file.isatty()) + "\n")
        number += 1
    return number


def how_many() -> int:
    """Return the approximate number of submissions. AWS updates it every six hours."""
    return int(dynamodb.client().describe_table(TableName=settings().submissions_table)["Table"]["ItemCount"])


def counted(table: str) -> dict[str, tuple[int, str]]:
    """Return the number of submissions of each form, erased ones included, and the time of the latest."""
    names = {"#form": "form"}
    asked = {"ProjectionExpression": "#form, received_at", "ExpressionAttributeNames": names}
    found = list(dynamodb.scan(table, ConsistentRead=True, **asked))
    received = {form: [each["received_at"] for each in found if each["form"] == form] for form in FORMS}
    return {form: (len(times), max(times, default="")) for form, times in received.items()}


def _facts(submission: Submission) -> list[str]:
    done = submission.done or {"at": "", "by": ""}
    done_at = _time(datetime.fromisoformat(done["at"])) if done["at"] else ""
    times = [_time(submission.received_at), _time(submission.due_at), done_at]
    return [submission.reference, submission.form, state(submission), *times, done["by"]]


def _time(moment: datetime) -> str:
    """Return a time by the office's clock, as every spreadsheet reads and sorts it."""
    return f"{promises.at_office(moment):%Y-%m-%d %H:%M}"


def _answers(submission: Submission, fields: list[tuple[str, str]]) -> list[str]:
    words = submission.declared.in_words_by_name(submission.answers)
    return [words.get(name, "") for name, _ in fields]
