"""Finds submissions by any of their words, in an index that contains only these words (index `found`).

The index is partitioned by month of receipt, so that no partition takes all the load, and sorted by time. DynamoDB
filters, not the function: what does not match never leaves it. It examines the newest first and reports how far.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from difflib import SequenceMatcher
from typing import Any

from forms.form import is_reference, reference_in
from normalize import addresses, cleaning
from normalize.folding import folded, numbers_in
from settings import settings
from storage import dynamodb, submissions
from storage.submissions import KEPT_AT_MOST, Submission, shelf

QUERY_LIMIT = 200
"""Characters of a query that are looked for."""
LOOKED_AT = 10_000
"""Submissions that one search examines before it says that there may be more."""
SHOWN = 25
SHORTEST_PART = 4
"""Fewest digits that are looked for as a part of a telephone number."""
LONG_WORD = 6
"""Shortest word, in letters, that may match a similar one."""
ALIKE = 0.75
"""Similarity, from 0 to 1, above which two words count as one with a typo."""


@dataclass(frozen=True)
class Found:
    """The result of a search: items, how many were examined, and back to when. `alike`: only similar words match."""

    submissions: list[Submission]
    looked_at: int
    until: datetime | None
    alike: bool = False


def find(query: str, now: datetime) -> Found:
    """Return the submissions that contain all words of a query, the newest first, at most SHOWN."""
    reference = reference_in(query)
    # A whole reference needs no search: it is the key of the table.
    if is_reference(reference):
        submission = submissions.get(reference)
        if submission:
            return Found([submission], 1, None)
    numbers = [number for number in numbers_in(query) if len(number) >= SHORTEST_PART]
    # Digits alone: parts of telephone numbers, which the index stores without separators.
    if numbers and not re.search("[^\\W\\d]", query):
        called = _matching(numbers, now)
        if called.submissions:
            return called
    sought = stored_spelling(query)
    # A whole address: what was stored from it is found before what only has its parts.
    if addresses.is_mailable(sought) and (sent := _matching([f" {folded(sought)} "], now)).submissions:
        return sent
    words = folded(sought).split()
    if not words:
        return Found([], 0, None)
    # The space makes it match only at the beginning of a word.
    found = _matching([f" {word}" for word in words], now)
    if found.submissions:
        return found
    alike = _alike(words, now)
    return alike if alike.submissions else found


def stored_spelling(query: str) -> str:
    """Return a query with its e-mail addresses as they are stored; of an address with its name, the address."""

    def stored(typed: str) -> str:
        return addresses.normalized(typed) if addresses.is_mailable(typed) else typed

    if "@" not in cleaning.line(query).translate(addresses.AT_SIGNS):
        return query
    whole = stored(query)
    return whole if whole != query else " ".join(map(stored, query.split()))


def _matching(pieces: list[str], now: datetime) -> Found:
    """Find the submissions whose words contain each of the pieces."""
    condition = " AND ".join(f"contains(find, :p{number})" for number in range(len(pieces)))
    values = {f"p{number}": piece for number, piece in enumerate(pieces)}
    references, looked_at, until = [], 0, None
    for items, scanned, oldest in _pages(condition, values, now):
        looked_at += scanned
        references += [item["reference"] for item in items]
        until = oldest
        if len(references) >= SHOWN or looked_at >= LOOKED_AT:
            break
    else:
        until = None
    return Found(_read(references[:SHOWN]), looked_at, until)


def _alike(words: list[str], now: datetime) -> Found:
    """Find the submissions with similar words. DynamoDB filters roughly, by beginnings and ends of words."""
    long = [word for word in words if len(word) >= LONG_WORD]
    if not long:
        return Found([], 0, None)
    # A typo rarely hits both the beginning and the end of a word, so one of them must match.
    values = {f"p{number}{end}": letters for number, word in enumerate(long) for end, letters in _ends(word)}
    condition = " AND ".join(
        f"(contains(find, :p{number}a) OR contains(find, :p{number}z))" for number in range(len(long))
    )
    ranked, looked_at, until = [], 0, None
    for items, scanned, oldest in _pages(condition, values, now):
        looked_at += scanned
        ranked += [(_likeness(long, item["find"]), item["reference"]) for item in items]
        until = oldest
        if looked_at >= LOOKED_AT:
            break
    else:
        until = None
    good = sorted((each for each in ranked if each[0] >= ALIKE), reverse=True)
    return Found(_read([reference for _, reference in good[:SHOWN]]), looked_at, until, alike=True)


def _ends(word: str) -> list[tuple[str, str]]:
    return [("a", f" {word[:3]}"), ("z", f"{word[-4:]} ")]


def _likeness(words: list[str], text: str) -> float:
    """Return the similarity of the query's worst-matching word to its nearest word in the text."""

    def nearest(word: str) -> float:
        # SequenceMatcher is slow: skip words whose length alone rules them out.
        candidates = {other for other in text.split() if abs(len(other) - len(word)) < 3}
        return max((SequenceMatcher(None, word, other).ratio() for other in candidates), default=0.0)

    return min(map(nearest, words))


def _pages(
    condition: str, values: dict[str, str], now: datetime
) -> Iterator[tuple[list[dict[str, Any]], int, datetime]]:
    """Yield (matching items, number examined, time of the oldest so far), month by month, backward."""
    paginator = dynamodb.client().get_paginator("query")
    for month in _months(now):
        pages = paginator.paginate(
            TableName=settings().submissions_table,
            IndexName="found",
            KeyConditionExpression="shelf = :shelf",
            FilterExpression=condition,
            ExpressionAttributeValues=dynamodb.to_item(
                {":shelf": month} | {f":{name}": text for name, text in values.items()}
            ),
            # Newest first.
            ScanIndexForward=False,
        )
        for page in pages:
            items = [dynamodb.from_item(item) for item in page["Items"]]
            last = page.get("LastEvaluatedKey")
            oldest = dynamodb.from_item(last)["received_at"] if last else f"{month}-01T00:00:00+00:00"
            yield items, page["ScannedCount"], datetime.fromisoformat(oldest)


def _months(now: datetime) -> Iterator[str]:
    """Return the index partitions that may have items, from this month backward."""
    day, last = now.date(), (now - KEPT_AT_MOST).date()
    while day >= last:
        yield shelf(day)
        day = day.replace(day=1) - timedelta(days=1)  # the last day of the month before


def _read(references: list[str]) -> list[Submission]:
    found = (submissions.get(reference) for reference in references)
    return [each for each in found if each is not None]
