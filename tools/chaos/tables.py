"""DynamoDB as moto plays it, with a memory: what was once answered to a call in the same state is not computed again.

A state is a number; equal contents have the same one. Functions ask for the same things at the same standing time in
nearly every run, and moto needs three times as long for an answer as the SDK does.
"""

import json
import pickle
from collections.abc import Hashable, Mapping
from typing import Any

from boto3.dynamodb.types import TypeDeserializer
from moto.dynamodb.models import dynamodb_backends

from local.aws.quick_moto import QuickDynamo
from local.template import ACCOUNT, REGION

TABLES = ("SUBMISSIONS_TABLE", "CERTIFICATIONS_TABLE", "SUBSCRIBERS_TABLE", "COUNTERS_TABLE")
WRITES = ("PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems")
MOST_STATES = 4000
EMPTY = 0

Answer = tuple[int, Mapping[str, str], str]

_deserialize = TypeDeserializer().deserialize


class Tables:
    """The tables of the template, by the environment's names for them.

    `steps` is what else is remembered as long as the numbers of states hold (see story.py).
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._names = [environment[name] for name in TABLES]
        self.state = EMPTY
        self.forget()

    @property
    def _tables(self) -> dict[str, Any]:
        """Return the tables of now: where a transaction fails, moto puts copies from before it in their place."""
        declared = dynamodb_backends[ACCOUNT][REGION].tables
        return {name: declared[declared_as] for name, declared_as in zip(TABLES, self._names, strict=True)}

    def forget(self) -> None:
        """Empty the tables, and the memory."""
        for table in self._tables.values():
            table.items.clear()
            if table.stream_shard:
                table.stream_shard.items.clear()
        self._answers: dict[tuple[int, str, bytes], tuple[Answer, int]] = {}
        self._read: dict[tuple[int, str], list[dict[str, Any]]] = {}
        self.steps: dict[Hashable, Any] = {}
        self._numbers = {self._contents(): EMPTY}
        self._kept = [self._pickled()]
        self._loaded = self.state = EMPTY

    def begin(self) -> None:
        """Empty again, for the next run."""
        if len(self._kept) > MOST_STATES:
            self.forget()
        self.state = EMPTY

    def answer(self, operation: str, body: bytes) -> Answer:
        """Carry out one call."""
        asked = (self.state, operation, body)
        if asked not in self._answers:
            self._load()
            answer = QuickDynamo.carry_out(f"DynamoDB_20120810.{operation}", body, ACCOUNT, REGION)
            if operation in WRITES and answer[0] == 200:
                self._loaded = self._number()
            self._answers[asked] = answer, self._loaded
        answer, self.state = self._answers[asked]
        return answer

    def rows(self, table: str) -> list[dict[str, Any]]:
        """Return the items of a table, in plain Python types."""
        if (self.state, table) not in self._read:
            self._load()
            items = [item.to_json()["Attributes"] for item in self._tables[table].all_items()]
            self._read[self.state, table] = [
                {name: _deserialize(value) for name, value in item.items()} for item in items
            ]
        return self._read[self.state, table]

    def records(self) -> list[dict[str, Any]]:
        """Return the records of the submissions' stream."""
        if (self.state, "stream") not in self._read:
            self._load()
            shard = self._tables["SUBMISSIONS_TABLE"].stream_shard
            self._read[self.state, "stream"] = [record.to_json() for record in shard.items]
        return self._read[self.state, "stream"]

    def _load(self) -> None:
        if self._loaded == self.state:
            return
        for table, (items, stream) in zip(self._tables.values(), pickle.loads(self._kept[self.state]), strict=True):
            table.items.clear()
            table.items.update(items)
            if table.stream_shard:
                table.stream_shard.items[:] = stream
        self._loaded = self.state

    def _number(self) -> int:
        contents = self._contents()
        if contents not in self._numbers:
            self._numbers[contents] = len(self._kept)
            self._kept.append(self._pickled())
        return self._numbers[contents]

    def _contents(self) -> str:
        """Return all there is, but for the ids and times of records, which differ each time."""
        items = [[item.to_json() for item in table.all_items()] for table in self._tables.values()]
        stream = self._tables["SUBMISSIONS_TABLE"].stream_shard.items
        changes = [[each.record["eventName"], each.record["dynamodb"].get("NewImage")] for each in stream]
        return json.dumps([items, changes])

    def _pickled(self) -> bytes:
        shards = [table.stream_shard for table in self._tables.values()]
        return pickle.dumps(
            [
                (dict(table.items), list(shard.items) if shard else [])
                for table, shard in zip(self._tables.values(), shards, strict=True)
            ]
        )
