"""Counts what DynamoDB charges for a write, and limits: write units, by the key of the table and of each index.

From AWS's pages on capacity ("Read and write operations", "Using global secondary indexes"). A unit is 1 KB of the
larger of the item before and after. An index is written only where its own keys or projected attributes change, and
twice where its key does.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from math import ceil
from typing import Any

from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.models.dynamo_type import DynamoType
from werkzeug.wrappers import Response

from local.template import REGION

KB = 1024
WRITES = ("PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems")
A_KEY = 1000
"""Write units a second at one key of a table or index, whatever the table may take."""
A_NEW_TABLE = 4000
"""Write units a second of an on-demand table, and of each of its indexes, before it was ever used."""
Item = Mapping[str, Mapping[str, Any]]
"""An item as the API has it: {"name": {"S": "text"}}."""


@dataclass(frozen=True)
class Units:
    """Write units at one key of a table, or of an index of it."""

    table: str
    index: str
    """Empty for the table itself."""
    key: str
    units: int


@dataclass(frozen=True)
class _Written:
    """One item that a request writes, and what it puts there as a whole, if it does."""

    table: str
    key: str
    put: Item | None


class WriteLimits:
    """DynamoDB's limit of writes in a second. `seconds` is the clock; without burst, which AWS does not promise."""

    def __init__(self, seconds: Callable[[], float], a_key: int = A_KEY, a_table: int = A_NEW_TABLE) -> None:
        self._seconds, self._a_key, self._a_table = seconds, a_key, a_table
        self._second, self._used = 0, defaultdict[tuple[str, ...], int](int)

    def take(self, units: Units) -> None:
        """Count a write."""
        for place in self._places(units):
            self._used[place] += units.units

    def allow(self, units: Units) -> bool:
        """Return whether there is anything left of this second for a write."""
        if self._second != (second := int(self._seconds())):
            self._second, self._used = second, defaultdict(int)
        table, key = self._places(units)
        return self._used[table] < self._a_table and self._used[key] < self._a_key

    @staticmethod
    def _places(units: Units) -> tuple[tuple[str, ...], tuple[str, ...]]:
        return (units.table, units.index), (units.table, units.index, units.key)


WriteListener = Callable[[list[Units]], None]
"""Is told of a write to DynamoDB, also of one whose condition failed: its write units."""


class WriteMeter:
    """Counts the writes that moto carries out; `tables` are the declared ones, by name."""

    def __init__(
        self, account: str, tables: Mapping[str, Any], listener: WriteListener, limits: WriteLimits | None
    ) -> None:
        self._account, self._tables, self._listener, self._limits = account, tables, listener, limits

    def carry_out(self, environ: Mapping[str, Any], body: bytes, go: Callable[[], Response]) -> Response:
        """Carry out a request, count what it wrote, or answer as DynamoDB does at its limits."""
        written = self._written(environ, body)
        if not written:
            return go()
        before = [self._item(each) for each in written]
        # A put names the whole new item. An update names only changes: which key of an index it leads to is not known
        # before it is carried out. So its limits are checked at the keys that the item has now.
        expected = [each.put or old for each, old in zip(written, before, strict=True)]
        if self._limits and not all(map(self._limits.allow, self._units(written, before, expected))):
            return _throttled()
        response = go()
        units = self._units(written, before, [self._item(each) for each in written])
        for each in units:
            if self._limits:
                self._limits.take(each)
        self._listener(units)
        return response

    def _written(self, environ: Mapping[str, Any], body: bytes) -> list[_Written]:
        """Return what a request writes."""
        if environ.get("HTTP_X_AMZ_TARGET", "").partition(".")[2] not in WRITES:
            return []
        request = json.loads(body)
        parts = [part for each in request.get("TransactItems", []) for part in each.values()] or [request]
        found = []
        for part in parts:
            key = _keys(self._tables[part["TableName"]])[0]
            put = part.get("Item")
            found.append(_Written(part["TableName"], (put or part["Key"])[key]["S"], put))
        return found

    def _item(self, written: _Written) -> Item | None:
        items: Any = dynamodb_backends[self._account][REGION].tables[written.table].items
        found = items.get(DynamoType({"S": written.key}))
        return found.to_json()["Attributes"] if found else None

    def _units(
        self, written: list[_Written], before: Sequence[Item | None], after: Sequence[Item | None]
    ) -> list[Units]:
        times = 1 if len(written) == 1 else 2  # a transaction writes twice
        return [
            replace(units, units=times * units.units)
            for each, old, new in zip(written, before, after, strict=True)
            for units in of_write(each.table, each.key, self._tables[each.table], old, new)
        ]


def _throttled() -> Response:
    what = "Throughput exceeds the current throughput limit for your table or index."
    error = {"__type": "com.amazon.coral.availability#ThrottlingException", "message": what}
    return Response(json.dumps(error), status=400, content_type="application/x-amz-json-1.0")


def of_write(name: str, key: str, table: Mapping[str, Any], before: Item | None, after: Item | None) -> Iterator[Units]:
    """Yield the units of a write, by what stood there before and after: None for nothing.

    `table` is as CloudFormation declares it. A condition that fails changes nothing, and is charged all the same.
    """
    yield Units(name, "", key, max(_units(before), _units(after), 1))
    for index in table.get("GlobalSecondaryIndexes", []):
        old, new = _projected(table, index, before), _projected(table, index, after)
        if old == new:
            continue
        first, *_ = keys = _keys(index)
        moves = old is not None and new is not None and any(old.get(each) != new.get(each) for each in keys)
        if old and (moves or not new):
            yield Units(name, index["IndexName"], _text(old[first]), _units(old))
        if new:
            size = _units(new) if moves else max(_units(old), _units(new))
            yield Units(name, index["IndexName"], _text(new[first]), size)


def in_indexes(table: Mapping[str, Any], item: Item) -> list[Item]:
    """Return what the indexes of a table hold of an item."""
    return [part for index in table.get("GlobalSecondaryIndexes", []) if (part := _projected(table, index, item))]


def size(item: Item) -> int:
    """Return the bytes of an item: names and values."""
    return sum(len(name.encode()) + _size(value) for name, value in item.items())


def _size(typed: Mapping[str, Any]) -> int:
    [(kind, value)] = typed.items()
    match kind:
        case "S":
            return len(value.encode())
        case "N":
            return ceil(len(Decimal(value).normalize().as_tuple().digits) / 2) + 1
        case "M":
            return 3 + sum(1 + len(name.encode()) + _size(each) for name, each in value.items())
        case "L":
            return 3 + sum(1 + _size(each) for each in value)
        case "SS":
            return sum(len(each.encode()) for each in value)
        case "BOOL" | "NULL":
            return 1
    raise ValueError(f"the size of a {kind} is not known here")


def _projected(table: Mapping[str, Any], index: Mapping[str, Any], item: Item | None) -> Item | None:
    """Return what an index holds of an item, None if the item lacks a key of it."""
    if item is None or not item.keys() >= set(_keys(index)):
        return None
    projection = index["Projection"]
    if projection["ProjectionType"] == "ALL":
        return item
    names = {*_keys(table), *_keys(index), *projection.get("NonKeyAttributes", [])}
    return {name: value for name, value in item.items() if name in names}


def _keys(schema: Mapping[str, Any]) -> list[str]:
    return [key["AttributeName"] for key in schema["KeySchema"]]


def _units(item: Item | None) -> int:
    return ceil(size(item) / KB) if item else 0


def _text(typed: Mapping[str, Any]) -> str:
    return str(next(iter(typed.values())))
