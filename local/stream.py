"""Plays a table's stream: records go to the function in batches, with Lambda's filters, retries and failure queue."""

import json
import logging
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import boto3

from local.gateway import invoke
from local.template import ACCOUNT, REGION, StreamMapping, Template

POLL_EVERY = 0.3
"""Seconds between two looks at the stream."""
LONGEST_PAUSE = 60.0
"""Seconds between two tries, once they have failed often."""

log = logging.getLogger("local.stream")
Record = dict[str, Any]


class Stream:
    """One stream and the function it calls.

    Every start begins at the oldest record: streams deliver at least once, and the function has to live with that.
    """

    def __init__(self, template: Template, mapping: StreamMapping) -> None:
        self._template = template
        self._mapping = mapping
        self._client = boto3.client("dynamodbstreams")
        self._arn = boto3.client("dynamodb").describe_table(TableName=mapping.table)["Table"]["LatestStreamArn"]
        shard = self._client.describe_stream(StreamArn=self._arn)["StreamDescription"]["Shards"][0]["ShardId"]
        self._iterator = self._client.get_shard_iterator(
            StreamArn=self._arn, ShardId=shard, ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        self._pending: list[Record] = []
        self._tries: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"stream of {mapping.table}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join()

    def drain(self) -> bool:
        """Deliver what is there without pausing. False where a record failed and waits for another try."""
        with self._lock:
            self._read()
            while self._pending:
                if not self._deliver_batch():
                    return False
        return True

    def _run(self) -> None:
        pause = POLL_EVERY
        while not self._stopped.wait(pause):
            try:
                delivered = self.drain()
            except Exception:
                log.exception("the stream of %s could not be read", self._mapping.table)
                delivered = False
            pause = POLL_EVERY if delivered else min(LONGEST_PAUSE, pause * 2)

    def _read(self) -> None:
        """Take over every new record that the function wants to see."""
        while True:
            answer = self._client.get_records(ShardIterator=self._iterator, Limit=1000)
            self._iterator = answer["NextShardIterator"]
            if not answer["Records"]:
                return
            records = [_as_lambda_sees_it(record, self._arn) for record in answer["Records"]]
            patterns = self._mapping.patterns
            self._pending += [record for record in records if not patterns or any(matches(p, record) for p in patterns)]

    def _deliver_batch(self) -> bool:
        """Call the function with the next batch and drop what it dealt with; False where it failed on a record."""
        batch = self._pending[: self._mapping.batch_size]
        done = self._call(batch)
        while done == 0 and len(batch) > 1 and self._mapping.bisects:
            batch = batch[: len(batch) // 2]
            done = self._call(batch)
        del self._pending[:done]
        if done == len(batch):
            return True
        failed = self._pending[0]
        number = failed["dynamodb"]["SequenceNumber"]
        self._tries[number] += 1
        if self._tries[number] > self._mapping.retries:
            del self._pending[0]
            self._give_up(failed)
            return True
        return False

    def _call(self, batch: Sequence[Record]) -> int:
        """How many records from the front of a batch the function dealt with."""
        try:
            answer = invoke(self._template, self._mapping.function, {"Records": list(batch)})
        except Exception:
            log.exception("%s failed", self._mapping.function)
            return 0
        failures = (answer or {}).get("batchItemFailures", []) if self._mapping.reports_failures else []
        numbers = [record["dynamodb"]["SequenceNumber"] for record in batch]
        return min((numbers.index(failure["itemIdentifier"]) for failure in failures), default=len(batch))

    def _give_up(self, record: Record) -> None:
        """Send the position of a record that failed too often to the failure queue, in the shape Lambda sends it."""
        number = record["dynamodb"]["SequenceNumber"]
        log.error("a record of %s was given up after %s tries", self._mapping.table, self._tries.pop(number))
        if not self._mapping.queue:
            return
        message = {
            "requestContext": {
                "functionArn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{self._mapping.function}",
                "condition": "RetryAttemptsExhausted",
                "approximateInvokeCount": self._mapping.retries + 1,
            },
            "version": "1.0",
            "DDBStreamBatchInfo": {
                "startSequenceNumber": number,
                "endSequenceNumber": number,
                "batchSize": 1,
                "streamArn": self._arn,
            },
        }
        queue = boto3.client("sqs")
        url = queue.get_queue_url(QueueName=self._mapping.queue)["QueueUrl"]
        queue.send_message(QueueUrl=url, MessageBody=json.dumps(message))


def matches(pattern: Mapping[str, Any], record: Mapping[str, Any] | None) -> bool:
    """Whether an event filter's pattern lets a record through. Raises ValueError for a rule that is not played here."""
    return all(
        matches(wanted, (record or {}).get(name))
        if isinstance(wanted, dict)
        else _allows(wanted, (record or {}).get(name))
        for name, wanted in pattern.items()
    )


def _allows(rules: Sequence[Any], value: Any) -> bool:
    return any(_rule_allows(rule, value) for rule in rules)


def _rule_allows(rule: Any, value: Any) -> bool:
    if not isinstance(rule, dict):
        return bool(rule == value)
    match rule:
        case {"exists": bool(wanted)}:
            return (value is not None) == wanted
        case {"prefix": str(start)}:
            return isinstance(value, str) and value.startswith(start)
        case {"anything-but": list(excluded)}:
            return value is not None and value not in excluded
    raise ValueError(f"the filter rule {rule} is not played in the local run")


def _as_lambda_sees_it(record: Mapping[str, Any], arn: str) -> Record:
    change = dict(record["dynamodb"])
    change["ApproximateCreationDateTime"] = change["ApproximateCreationDateTime"].timestamp()
    return {**record, "dynamodb": change, "eventSourceARN": arn}
