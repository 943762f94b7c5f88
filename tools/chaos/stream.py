"""The table's stream as Lambda delivers it, read from moto without calls: batches, retries, and giving up."""

from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from local.aws.event_patterns import compiled
from local.events import StreamMapping
from tools.chaos.schedules import Schedule
from tools.chaos.tables import Tables

TRIES = 4
"""Enough to see that a record which cannot be read holds up nobody; the template allows more."""
Invoke = Callable[[Mapping[str, Any]], Mapping[str, Any] | None]
"""Calls the function with an event; None where it failed as a whole."""


class Deliveries:
    """The records that the stream of one run has not delivered."""

    def __init__(self, mapping: StreamMapping, tables: Tables, schedule: Schedule, invoke: Invoke) -> None:
        self._tables, self._schedule, self._invoke = tables, schedule, invoke
        self._wanted = [compiled(pattern) for pattern in mapping.patterns]
        self._seen = 0
        self._batches: deque[list[dict[str, Any]]] = deque()
        self._tries = 0

    def again(self) -> None:
        """Read again from the oldest record."""
        self._seen = 0

    def wanted(self) -> list[dict[str, Any]]:
        """Return the new records that the function wants to see."""
        new = [_as_lambda_sees_it(record) for record in self._tables.records()[self._seen :]]
        self._seen += len(new)
        return [record for record in new if any(test(record) for test in self._wanted)]

    def drain(self) -> bool:
        """Deliver what is there. False where some of it waits for another try, and the rest behind it."""
        if new := self.wanted():
            self._batches += self._arranged(new)
        while self._batches:
            batch = self._batches.popleft()
            answer = self._invoke({"Records": batch})
            left = batch if answer is None else _from_first_failed(batch, answer)
            self._tries += 1
            if left and self._tries < TRIES:
                self._batches.appendleft(left)
                return False
            self._tries = 0
        return True

    def _arranged(self, new: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
        match self._schedule.stream:
            case "poison":
                return [[_poison(new[0], "1"), *new, _poison(new[0], "2")]]
            case "reversed":
                return [[record] for record in reversed(new)]
            case "twice":
                return [new, new]
        return [new]


def _as_lambda_sees_it(record: Mapping[str, Any]) -> dict[str, Any]:
    change = record["dynamodb"]
    return {
        **record,
        "dynamodb": {**change, "ApproximateCreationDateTime": change["ApproximateCreationDateTime"].timestamp()},
    }


def _poison(record: Mapping[str, Any], number: str) -> dict[str, Any]:
    """Return a record of an item that no function wrote."""
    image = {"reference": {"S": f"poison {number}"}}
    return {**record, "dynamodb": {**record["dynamodb"], "NewImage": image, "SequenceNumber": number}}


def _from_first_failed(batch: list[dict[str, Any]], answer: Mapping[str, Any]) -> list[dict[str, Any]]:
    failed = {failure["itemIdentifier"] for failure in answer["batchItemFailures"]}
    first = next((n for n, record in enumerate(batch) if record["dynamodb"]["SequenceNumber"] in failed), len(batch))
    return batch[first:]
