"""Submissions as CSV, for a spreadsheet: read and written page by page, however many there are."""

import csv
import json
import os
from collections.abc import Callable, Iterator
from typing import Any, TextIO
from unicodedata import normalize

from forms.catalog import FORMS
from staff.listing import as_json, state
from storage import dynamodb
from storage.submissions import Submission

FORMULA = ("=", "+", "-", "@", "|")
"""Characters that a spreadsheet may take for the beginning of a formula, in any width."""
FIRST = ("reference", "form", "state", "received_at", "due_at", "done_at", "done_by")


def columns(form: str) -> list[tuple[str, str]]:
    """The answers' columns, as (field, heading): the labels of one form, or of all forms in turn."""
    forms = [FORMS[form]] if form else list(FORMS.values())
    named = {name: label for each in forms for name, label in zip(each().data, _labels(each), strict=True)}
    return list(named.items())


def stored(form: str, since: str, tell: Callable[[int], None]) -> Iterator[Submission]:
    """The submissions received since a day, of all forms or one, in no order; `tell` is told how many were read."""
    wanted = {"received_at >= :since": {"since": since or "0"}} | ({"form = :form": {"form": form}} if form else {})
    values = {f":{name}": value for each in wanted.values() for name, value in each.items()}
    pages = (
        dynamodb.client()
        .get_paginator("scan")
        .paginate(
            TableName=os.environ["SUBMISSIONS_TABLE"],
            FilterExpression=" AND ".join(wanted),
            ExpressionAttributeValues=dynamodb.to_item(values),
        )
    )
    for page in pages:
        yield from (Submission.from_item(dynamodb.from_item(item)) for item in page["Items"])
        tell(page["ScannedCount"])


def write(found: Iterator[Submission], form: str, file: TextIO, *, bom: bool = False) -> int:
    """Write all of them, with a heading; return how many. `bom` lets older spreadsheets see that it is UTF-8."""
    if bom:
        file.write("\N{BYTE ORDER MARK}")
    fields = columns(form)
    writer = csv.writer(file)
    writer.writerow([*FIRST, *(safe(label) for _, label in fields)])
    number = 0
    for submission in found:
        writer.writerow([safe(cell) for cell in (*_facts(submission), *_answers(submission, fields))])
        number += 1
    return number


def write_json(found: Iterator[Submission], file: TextIO) -> int:
    """Write all of them as JSON, one a line; return how many."""
    number = 0
    for submission in found:
        file.write(json.dumps(as_json(submission), ensure_ascii=False) + "\n")
        number += 1
    return number


def safe(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula: it gets a `'`, and so does what would look like it then."""
    bare = cell.lstrip("'")
    seen = next((each for each in bare if each.isprintable() and each not in " '"), "")
    is_formula = normalize("NFKC", seen).startswith(FORMULA) or bare.startswith(("\t", "\r"))
    return f"'{cell}" if is_formula else cell


def how_many() -> int:
    """About how many submissions there are; AWS counts every six hours."""
    return int(dynamodb.client().describe_table(TableName=os.environ["SUBMISSIONS_TABLE"])["Table"]["ItemCount"])


def counted(table: str) -> dict[str, tuple[int, str]]:
    """By form: how many submissions a table holds, and when the latest was received; one erased counts as well."""
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
    form = FORMS[submission.form]
    words = dict(zip(form().data, (words for _, words in form.in_words(submission.answers)), strict=True))
    return [words.get(name, "") for name, _ in fields]
