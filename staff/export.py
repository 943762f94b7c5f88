"""Writes submissions as CSV, page by page, however many there are."""

import csv
import json
from collections.abc import Callable, Iterator
from typing import Any, TextIO

from forms.catalog import FORMS
from safe_text import for_spreadsheet, for_terminal
from settings import settings
from staff.listing import as_json, state
from storage import dynamodb
from storage.submissions import Submission

FIRST = ("reference", "form", "state", "received_at", "due_at", "done_at", "done_by")


def columns(form: str) -> list[tuple[str, str]]:
    """Return the columns of the answers as (field, heading), of one form or of all."""
    forms = [FORMS[form]] if form else list(FORMS.values())
    named = {name: label for each in forms for name, label in zip(each().data, _labels(each), strict=True)}
    return list(named.items())


def stored(form: str, since: str, tell: Callable[[int], None]) -> Iterator[Submission]:
    """Yield the submissions received since a day, in no particular order; `tell` gets the number read so far."""
    wanted = {"received_at >= :since": {"since": since or "0"}} | ({"form = :form": {"form": form}} if form else {})
    values = {f":{name}": value for each in wanted.values() for name, value in each.items()}
    pages = (
        dynamodb.client()
        .get_paginator("scan")
        .paginate(
            TableName=settings().submissions_table,
            FilterExpression=" AND ".join(wanted),
            ExpressionAttributeValues=dynamodb.to_item(values),
        )
    )
    for page in pages:
        yield from (Submission.from_item(dynamodb.from_item(item)) for item in page["Items"])
        tell(page["ScannedCount"])


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
    pages = (
        dynamodb.client()
        .get_paginator("scan")
        .paginate(
            TableName=table,
            ConsistentRead=True,
            ProjectionExpression="#form, received_at",
            ExpressionAttributeNames={"#form": "form"},
        )
    )
    found = [dynamodb.from_item(item) for page in pages for item in page["Items"]]
    received = {form: [each["received_at"] for each in found if each["form"] == form] for form in FORMS}
    return {form: (len(times), max(times, default="")) for form, times in received.items()}


def _labels(form: type[Any]) -> list[str]:
    return [label for label, _ in form.in_words({})]


def _facts(submission: Submission) -> list[str]:
    done = submission.done or {"at": "", "by": ""}
    times = [submission.received_at.isoformat(), submission.due_at.isoformat()]
    return [submission.reference, submission.form, state(submission), *times, done["at"], done["by"]]


def _answers(submission: Submission, fields: list[tuple[str, str]]) -> list[str]:
    form = submission.declared
    words = dict(zip(form().data, (words for _, words in form.in_words(submission.answers)), strict=True))
    return [words.get(name, "") for name, _ in fields]
