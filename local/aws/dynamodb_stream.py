"""Emulates a DynamoDB stream: passes records to the function in batches, with filters, retries and failure queue."""

import base64
import json
import logging
import threading
import uuid
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local.aws.event_patterns import compiled
from local.aws.lambda_runtime import invoke
from local.aws.stand_in import client
from local.events import StreamMapping
from local.template import ACCOUNT, REGION, Template

POLL_EVERY = 0.3
"""Seconds between two reads of the stream."""
LONGEST_PAUSE = 10.0
"""Longest pause in seconds between retries; shorter than Lambda's, for an engineer who is fixing a handler."""

log = logging.getLogger("local.aws.dynamodb_stream")
Record = dict[str, Any]


@dataclass
class _Batch:
    """Records of one call, `tries` failed calls so far."""

    records: list[Record]
    shard: str
    tries: int = 0


class Stream:
    """One stream and the function it calls.

    Every start begins at the oldest record: streams deliver at least once, and the function has to live with that.
    """

    def __init__(self, template: Template, mapping: StreamMapping) -> None:
        self._template = template
        self._mapping = mapping
        self._wanted = [compiled(pattern) for pattern in mapping.patterns]
        self._client = client("dynamodbstreams")
        self._arn: str = client("dynamodb").describe_table(TableName=mapping.table)["Table"]["LatestStreamArn"]
        self._iterators: dict[str, str | None] = {}
        self._batches: deque[_Batch] = deque()
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"stream of {mapping.table}", daemon=True)

    def start(self) -> None:
        """Run in the background until `stop()`."""
        self._thread.start()

    def stop(self) -> None:
        """Finish the current call, if any, and stop."""
        self._stopped.set()
        if self._thread.ident:
            self._thread.join()

    def drain(self) -> bool:
        """Deliver all records without pausing; return False if the function failed and a retry is due."""
        with self._lock:
            self._read()
            while self._batches:
                if not self._deliver(self._batches.popleft()):
                    return False
        return True

    def _run(self) -> None:
        pause = POLL_EVERY
        while not self._stopped.wait(pause):
            try:
                delivered = self.drain()
            except (BotoCoreError, ClientError) as error:
                log.error("the stream of %s cannot be read: %s", self._mapping.table, type(error).__name__)
                delivered = False
            pause = POLL_EVERY if delivered else min(LONGEST_PAUSE, pause * 2)

    def _read(self) -> None:
        """Read all new records that pass the function's filters."""
        try:
            self._look_for_shards()
            for shard in self._iterators:
                self._read_shard(shard)
        except ClientError:
            self._iterators.clear()  # an iterator that is too old: the next look begins at the oldest record again
            raise

    def _look_for_shards(self) -> None:
        if self._iterators and None not in self._iterators.values():
            return
        for shard in self._client.describe_stream(StreamArn=self._arn)["StreamDescription"]["Shards"]:
            if shard["ShardId"] not in self._iterators:
                wanted = {"StreamArn": self._arn, "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
                self._iterators[shard["ShardId"]] = self._client.get_shard_iterator(**wanted)["ShardIterator"]

    def _read_shard(self, shard: str) -> None:
        while iterator := self._iterators[shard]:
            answer = self._client.get_records(ShardIterator=iterator, Limit=1000)
            self._iterators[shard] = answer.get("NextShardIterator")
            if not answer["Records"]:
                return
            records = [_as_lambda_sees_it(record, self._arn) for record in answer["Records"]]
            wanted = [record for record in records if not self._wanted or any(test(record) for test in self._wanted)]
            size = self._mapping.batch_size
            self._batches += [_Batch(wanted[start : start + size], shard) for start in range(0, len(wanted), size)]

    def _deliver(self, batch: _Batch) -> bool:
        """Call the function with a batch; return False if it failed. The rest of the batch is retried first."""
        done = self._call(batch.records)
        if done == len(batch.records):
            return True
        if done is None and self._mapping.bisects and len(batch.records) > 1:
            middle = len(batch.records) // 2  # splitting costs no try
            halves = batch.records[:middle], batch.records[middle:]
            self._batches.extendleft(_Batch(half, batch.shard, batch.tries) for half in reversed(halves))
            return True
        if done:
            batch = _Batch(batch.records[done:], batch.shard)
        batch.tries += 1
        if batch.tries > self._mapping.retries:
            self._give_up(batch, crashed=done is None)
            return True
        self._batches.appendleft(batch)
        return False

    def _call(self, records: Sequence[Record]) -> int | None:
        """Return how many records the function handled; None if the whole call failed."""
        try:
            answer = invoke(self._template, self._mapping.function, {"Records": records})
        except Exception:
            log.exception("%s failed", self._mapping.function)
            return None
        failures = (answer or {}).get("batchItemFailures") or [] if self._mapping.reports_failures else []
        numbers = [record["dynamodb"]["SequenceNumber"] for record in records]
        try:
            return min((numbers.index(failure["itemIdentifier"]) for failure in failures), default=len(records))
        except (KeyError, TypeError, ValueError):
            log.error("%s reported a failure of a record that is not in its batch", self._mapping.function)
            return None

    def _give_up(self, batch: _Batch, crashed: bool) -> None:
        """Send the position of the records to the failure queue. Like Lambda's, the message does not contain them."""
        log.error("%d record(s) of %s given up, tried %d times", len(batch.records), self._mapping.table, batch.tries)
        if not self._mapping.queue:
            return
        changes = [record["dynamodb"] for record in batch.records]
        message = {
            "requestContext": {
                "requestId": str(uuid.uuid4()),
                "functionArn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{self._mapping.function}",
                "condition": "RetryAttemptsExhausted",
                "approximateInvokeCount": batch.tries,
            },
            "responseContext": {
                "statusCode": 200,
                "executedVersion": "$LATEST",
                **({"functionError": "Unhandled"} if crashed else {}),
            },
            "version": "1.0",
            "timestamp": _iso(datetime.now(UTC).timestamp()),
            "DDBStreamBatchInfo": {
                "shardId": batch.shard,
                "startSequenceNumber": changes[0]["SequenceNumber"],
                "endSequenceNumber": changes[-1]["SequenceNumber"],
                "approximateArrivalOfFirstRecord": _iso(changes[0]["ApproximateCreationDateTime"]),
                "approximateArrivalOfLastRecord": _iso(changes[-1]["ApproximateCreationDateTime"]),
                "batchSize": len(changes),
                "streamArn": self._arn,
            },
        }
        queue = client("sqs")
        url = queue.get_queue_url(QueueName=self._mapping.queue)["QueueUrl"]
        queue.send_message(QueueUrl=url, MessageBody=json.dumps(message))


def _as_lambda_sees_it(record: Mapping[str, Any], arn: str) -> Record:
    """Return the record with its time in seconds of the epoch, its bytes in base64, and the stream it comes from."""
    change = dict(record["dynamodb"])
    change["ApproximateCreationDateTime"] = change["ApproximateCreationDateTime"].timestamp()
    in_json: Record = json.loads(json.dumps({**record, "dynamodb": change}, default=_base64))
    return {**in_json, "eventSourceARN": arn}


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode()


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
