"""How the local run plays a table's stream to a function."""

import dataclasses
import json
import time

import boto3
import pytest

from local.aws.dynamodb_stream import Stream
from local.aws.event_patterns import compiled
from local.aws.lambda_runtime import forget, invoke
from local.aws.stand_in import StandIn, create_table
from local.events import stream_mappings
from local.template import ACCOUNT, Template
from tests.support.local_project import write_project
from tests.support.run import wait_for

PROBE = '''
calls = []
broken = set()
crashes = False

def handler(event, context):
    """Notes the records of each call, and reports those that are in `broken` as failed; or crashes on them."""
    records = event["Records"]
    calls.append(records)
    failed = [record["dynamodb"] for record in records if record["dynamodb"]["Keys"]["id"]["S"] in broken]
    if failed and crashes:
        raise RuntimeError("as asked")
    return {"batchItemFailures": [{"itemIdentifier": each["SequenceNumber"]} for each in failed]}
'''


@pytest.fixture(scope="module")
def cloud(tmp_path_factory):
    """A stand-in for AWS, and the project that it plays."""
    project = write_project(tmp_path_factory.mktemp("project"))
    (project / "functions" / "tell.py").write_text(PROBE, "utf-8")
    template = Template(project / "template.yaml")
    cloud = StandIn(template, account="600000000001")
    yield template
    cloud.close()


@pytest.fixture
def template(cloud):
    """The template, with an empty table and an empty failure queue."""
    boto3.client("dynamodb").delete_table(TableName="Items")
    create_table("Items", cloud.resources("AWS::DynamoDB::Table")["Items"])
    boto3.client("sqs").delete_queue(QueueUrl=queue())
    boto3.client("sqs").create_queue(QueueName="NotTold")
    yield cloud
    forget(cloud)


@pytest.fixture
def stream(template):
    [mapping] = stream_mappings(template)
    return Stream(template, mapping)


@pytest.fixture
def probe(template):
    """The module of the function, as it is imported by the first call."""
    invoke(template, "TellFunction", {"Records": []})
    import tell

    tell.calls.clear()
    return tell


def put(*keys, **more):
    for key in keys:
        boto3.client("dynamodb").put_item(TableName="Items", Item={"id": {"S": key}} | more)


def tries(probe):
    return ["".join(record["dynamodb"]["Keys"]["id"]["S"] for record in call) for call in probe.calls]


def queue():
    return boto3.client("sqs").get_queue_url(QueueName="NotTold")["QueueUrl"]


def failures():
    messages = boto3.client("sqs").receive_message(QueueUrl=queue(), MaxNumberOfMessages=10).get("Messages", [])
    return [json.loads(message["Body"]) for message in messages]


def test_a_record_has_the_shape_that_lambda_gives_it(stream, probe):
    put("a", blob={"B": b"\x00\xff"}, nested={"M": {"n": {"N": "1"}}})
    assert stream.drain()
    [[record]] = probe.calls
    change = record["dynamodb"]
    assert abs(change.pop("ApproximateCreationDateTime") - time.time()) < 60
    assert change.pop("SequenceNumber").isdecimal()
    assert change.pop("SizeBytes") > 0
    assert change == {
        "Keys": {"id": {"S": "a"}},
        "NewImage": {"id": {"S": "a"}, "blob": {"B": "AP8="}, "nested": {"M": {"n": {"N": "1"}}}},
        "StreamViewType": "NEW_AND_OLD_IMAGES",
    }
    assert record.pop("eventSourceARN").startswith("arn:aws:dynamodb:us-east-1:600000000001:table/Items/stream/")
    assert len(record.pop("eventID")) == 32
    del record["dynamodb"]
    assert record == {
        "eventName": "INSERT",
        "eventSource": "aws:dynamodb",
        "eventVersion": "1.0",
        "awsRegion": "us-east-1",
    }


def test_records_come_in_order_in_batches_and_only_once(stream, probe):
    put(*"abcdef")
    assert stream.drain()
    assert stream.drain()
    assert tries(probe) == ["abcd", "ef"]


def test_only_what_the_filter_lets_through_comes(stream, probe):
    put("a")
    put("a", more={"S": "changed"})
    boto3.client("dynamodb").delete_item(TableName="Items", Key={"id": {"S": "a"}})
    put("b")
    assert stream.drain()
    assert tries(probe) == ["ab"]


def test_a_new_start_begins_at_the_oldest_record(stream, probe, template):
    put("a")
    assert stream.drain()
    assert Stream(template, stream_mappings(template)[0]).drain()
    assert tries(probe) == ["a", "a"]


def test_after_a_reported_failure_the_batch_goes_on_from_there(stream, probe):
    put(*"abcd")
    probe.broken = {"b"}
    assert not stream.drain()
    assert tries(probe) == ["abcd"]
    probe.broken = set()
    assert stream.drain()
    assert tries(probe) == ["abcd", "bcd"]


def test_every_record_has_its_own_tries(stream, probe):
    put(*"abcd")
    probe.broken = {"b"}
    assert not stream.drain()
    probe.broken = {"c"}
    assert [stream.drain() for _ in range(3)] == [False, False, True]
    assert tries(probe) == ["abcd", "bcd", "cd", "cd"]


def test_what_fails_too_often_goes_to_the_failure_queue_and_the_rest_goes_on(stream, probe):
    put(*"abcdef")
    probe.broken = {"d"}
    assert [stream.drain() for _ in range(3)] == [False, False, True]
    assert tries(probe) == ["abcd", "d", "d", "ef"]
    [failure] = failures()
    assert failure["DDBStreamBatchInfo"]["batchSize"] == 1


def test_a_failure_record_has_the_shape_that_lambda_sends(stream, probe):
    put(*"abc")
    probe.broken, probe.crashes = set("b"), False
    while not stream.drain():
        pass
    numbers = [record["dynamodb"]["SequenceNumber"] for record in probe.calls[0]]
    [failure] = failures()
    info = failure["DDBStreamBatchInfo"]
    assert time.strptime(failure.pop("timestamp").partition(".")[0], "%Y-%m-%dT%H:%M:%S")
    assert info.pop("approximateArrivalOfFirstRecord").endswith("Z")
    assert info.pop("approximateArrivalOfLastRecord").endswith("Z")
    assert info.pop("shardId").startswith("shardId-")
    assert ":table/Items/stream/" in info.pop("streamArn")
    assert len(failure["requestContext"].pop("requestId")) == 36
    assert failure == {
        "requestContext": {
            "functionArn": f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:TellFunction",
            "condition": "RetryAttemptsExhausted",
            "approximateInvokeCount": 3,
        },
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST"},
        "version": "1.0",
        "DDBStreamBatchInfo": {"startSequenceNumber": numbers[1], "endSequenceNumber": numbers[2], "batchSize": 2},
    }


def test_a_batch_that_crashes_is_split_until_the_record_at_fault_stands_alone(stream, probe):
    put(*"abcd")
    probe.broken, probe.crashes = {"c"}, True
    assert [stream.drain() for _ in range(3)] == [False, False, True]
    assert tries(probe) == ["abcd", "ab", "cd", "c", "c", "c", "d"]
    [failure] = failures()
    assert failure["responseContext"]["functionError"] == "Unhandled"
    assert failure["requestContext"]["approximateInvokeCount"] == 3


def test_without_splitting_a_batch_that_crashes_fails_as_a_whole(template, stream, probe):
    [mapping] = stream_mappings(template)
    whole = Stream(template, dataclasses.replace(mapping, bisects=False, retries=0, queue=None))
    put(*"abcd")
    probe.broken, probe.crashes = {"c"}, True
    assert whole.drain()
    assert tries(probe) == ["abcd"]
    assert failures() == []


def test_reports_are_not_read_where_the_template_does_not_ask_for_them(template, stream, probe):
    [mapping] = stream_mappings(template)
    put("a")
    probe.broken = {"a"}
    assert Stream(template, dataclasses.replace(mapping, reports_failures=False)).drain()


@pytest.mark.parametrize("answer", [[{"itemIdentifier": "1"}], [{"itemIdentifier": ""}], [{}], [None]])
def test_a_report_that_names_no_record_of_the_batch_fails_the_whole(answer, stream, probe, monkeypatch):
    monkeypatch.setattr(probe, "handler", lambda event, context: {"batchItemFailures": answer})
    put("a")
    assert not stream.drain()


@pytest.mark.parametrize("answer", [None, {}, {"batchItemFailures": []}, {"batchItemFailures": None}])
def test_no_report_is_success(answer, stream, probe, monkeypatch):
    monkeypatch.setattr(probe, "handler", lambda event, context: answer)
    put("a")
    assert stream.drain()


def test_in_the_background_records_are_played_soon_and_failures_are_tried_again(stream, probe):
    put("a")
    probe.broken = {"a"}
    stream.start()
    wait_for(lambda: len(probe.calls) >= 2)
    probe.broken = set()
    put("b")
    wait_for(lambda: "b" in "".join(tries(probe)))
    stream.stop()
    assert not stream._thread.is_alive()


def test_a_stream_that_cannot_be_read_for_a_while_is_read_from_its_beginning(stream, probe, monkeypatch, caplog):
    error = boto3.client("dynamodb").exceptions.ResourceNotFoundException({"Error": {}}, "GetRecords")

    def fail(**_):
        raise error

    put("a")
    assert stream.drain()
    with monkeypatch.context() as broken:
        broken.setattr(stream._client, "get_records", fail)
        stream.start()
        wait_for(lambda: "cannot be read" in caplog.text)
    wait_for(lambda: tries(probe) == ["a", "a"])
    stream.stop()


RECORD = {"eventName": "INSERT", "dynamodb": {"NewImage": {"form": {"S": "contact"}, "held": {"BOOL": True}}}}


@pytest.mark.parametrize(
    ("pattern", "fits"),
    [
        ({}, True),
        ({"eventName": ["INSERT"]}, True),
        ({"eventName": ["MODIFY", "INSERT"]}, True),
        ({"eventName": ["MODIFY"]}, False),
        ({"dynamodb": {"NewImage": {"form": {"S": ["contact"]}}}}, True),
        ({"dynamodb": {"NewImage": {"form": {"S": ["plaque"]}}}}, False),
        ({"dynamodb": {"NewImage": {"held": {"BOOL": [True]}}}}, True),
        ({"dynamodb": {"NewImage": {"held": {"BOOL": [1]}}}}, False),
        ({"dynamodb": {"NewImage": {"form": {"S": [{"prefix": "con"}]}}}}, True),
        ({"dynamodb": {"NewImage": {"other": {"S": [{"prefix": "con"}]}}}}, False),
        ({"dynamodb": {"NewImage": {"form": {"S": [{"anything-but": ["plaque"]}]}}}}, True),
        ({"dynamodb": {"NewImage": {"form": {"S": [{"anything-but": ["contact"]}]}}}}, False),
        ({"dynamodb": {"NewImage": {"held": {"BOOL": [{"exists": True}]}}}}, True),
        ({"dynamodb": {"NewImage": {"held": {"BOOL": [{"exists": False}]}}}}, False),
        ({"dynamodb": {"OldImage": {"form": {"S": [{"exists": False}]}}}}, True),
        ({"eventName": ["INSERT"], "dynamodb": {"NewImage": {"form": {"S": ["plaque"]}}}}, False),
    ],
)
def test_a_filter_pattern_lets_through_what_it_describes(pattern, fits):
    assert compiled(pattern)(RECORD) is fits


@pytest.mark.parametrize(
    ("pattern", "fits"),
    [
        ({"to": ["b"]}, True),
        ({"to": ["c"]}, False),
        ({"to": [{"prefix": "b"}]}, True),
        ({"to": [{"exists": False}]}, False),
        ({"none": ["a"]}, False),
        ({"none": [{"exists": True}]}, True),
        ({"headers": {"name": ["Subject"], "value": ["Hello"]}}, True),
        ({"headers": {"name": ["Subject"], "value": ["Good-bye"]}}, False),
    ],
)
def test_of_a_list_one_member_is_enough(pattern, fits):
    headers = [{"name": "To", "value": "Good-bye"}, {"name": "Subject", "value": "Hello"}]
    assert compiled(pattern)({"to": ["a", "b"], "none": [], "headers": headers}) is fits


@pytest.mark.parametrize(
    "pattern",
    [{"a": "b"}, {"a": []}, {"a": [{"numeric": [">", 1]}]}, {"a": [{"prefix": 1}]}, {"a": [None]}, {"a": {"b": 1}}],
)
def test_a_filter_rule_that_is_not_played_is_refused(pattern):
    with pytest.raises(ValueError, match="filter"):
        compiled(pattern)
