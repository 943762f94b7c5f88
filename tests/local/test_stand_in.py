"""The stand-in for AWS: what it declares, what it keeps, and whom it leaves alone."""

import itertools
import json
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from werkzeug.test import Client

from local.aws.stand_in import OneAtATime, StandIn
from local.journal import InUse
from local.template import Template
from tests.support.local_project import write_project

accounts = itertools.count(500000000001)


@pytest.fixture
def template(tmp_path):
    return Template(write_project(tmp_path / "project") / "template.yaml")


@pytest.fixture
def start(template, monkeypatch):
    """Starts a stand-in, with a data folder or without; each in an account of its own, so none knows another's past."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    running = []

    def start(data=None):
        running.append(StandIn(template, data, account=str(next(accounts))))
        return running[-1]

    yield start
    for cloud in reversed(running):
        cloud.close()


def put(key, **more):
    item = {"id": {"S": key}} | {name: {"S": value} for name, value in more.items()}
    condition = "attribute_not_exists(id)"
    boto3.client("dynamodb").put_item(TableName="Items", Item=item, ConditionExpression=condition)


def stored():
    return sorted(item["id"]["S"] for item in boto3.client("dynamodb").scan(TableName="Items")["Items"])


def send(subject="Hello"):
    raw = f"From: forms@example.org\r\nTo: office@example.org\r\nSubject: {subject}\r\n\r\nText".encode()
    return boto3.client("sesv2").send_email(Content={"Raw": {"Data": raw}})


def secret():
    return boto3.client("secretsmanager").get_secret_value(SecretId=os.environ["SECRET_ARN"])["SecretString"]


def test_what_the_template_declares_is_there(start):
    start()
    table = boto3.client("dynamodb").describe_table(TableName=os.environ["ITEMS_TABLE"])["Table"]
    assert table["StreamSpecification"] == {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
    assert [index["IndexName"] for index in table["GlobalSecondaryIndexes"]] == ["work"]
    lifetime = boto3.client("dynamodb").describe_time_to_live(TableName="Items")["TimeToLiveDescription"]
    assert lifetime == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires_at"}
    assert boto3.client("sqs").get_queue_url(QueueName="NotTold")["QueueUrl"].endswith("/NotTold")
    assert len(secret()) == 40
    assert secret().isalnum()


def test_a_transaction_that_fails_leaves_items_and_stream_as_they_were(start):
    start()
    put("a", note="before")
    put("b", note="before")
    dynamodb, streams = boto3.client("dynamodb"), boto3.client("dynamodbstreams")
    [stream] = streams.list_streams(TableName="Items")["Streams"]
    [shard] = streams.describe_stream(StreamArn=stream["StreamArn"])["StreamDescription"]["Shards"]

    def all_there_is():
        first = streams.get_shard_iterator(
            StreamArn=stream["StreamArn"], ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )
        records = streams.get_records(ShardIterator=first["ShardIterator"])["Records"]
        return dynamodb.scan(TableName="Items")["Items"], [each["dynamodb"]["SequenceNumber"] for each in records]

    def write(condition):
        value: Any = {"TableName": "Items", "ExpressionAttributeValues": {":note": {"S": "after"}}}
        dynamodb.transact_write_items(
            TransactItems=[
                {"Update": value | {"Key": {"id": {"S": "a"}}, "UpdateExpression": "SET note = :note"}},
                {"Put": {"TableName": "Items", "Item": {"id": {"S": "c"}}}},
                {"Delete": {"TableName": "Items", "Key": {"id": {"S": "b"}}, "ConditionExpression": condition}},
            ]
        )

    before = all_there_is()
    with pytest.raises(dynamodb.exceptions.TransactionCanceledException):
        write("attribute_not_exists(id)")
    assert all_there_is() == before
    write("attribute_exists(id)")
    items, records = all_there_is()
    assert items == [{"id": {"S": "a"}, "note": {"S": "after"}}, {"id": {"S": "c"}}]
    assert len(records) == 5


def test_the_sender_of_the_template_may_send_and_nobody_else(start):
    cloud = start()
    send()
    [raw] = cloud.sent_mail()
    assert "Subject: Hello" in raw
    with pytest.raises(boto3.client("sesv2").exceptions.MessageRejected):
        boto3.client("sesv2").send_email(
            FromEmailAddress="x@example.net", Content={"Raw": {"Data": b"From: x\r\n\r\n"}}
        )


@pytest.mark.parametrize(
    ("service", "operation", "asked", "beyond"),
    [
        ("sesv2", "send_email", {"EmailTags": [{"Name": "id", "Value": "one.two"}], "Content": {}}, "MessageTagValue"),
        ("sesv2", "send_email", {"EmailTags": [{"Name": "id", "Value": "2" * 257}], "Content": {}}, "MessageTagValue"),
        ("sesv2", "send_email", {"EmailTags": [{"Name": "an id", "Value": "2"}], "Content": {}}, "MessageTagName"),
        ("dynamodb", "query", {"TableName": "Items", "IndexName": "a work"}, "IndexName"),
        ("dynamodb", "query", {"TableName": "Items", "Limit": 0}, "PositiveIntegerObject"),
        ("dynamodb", "put_item", {"TableName": "Items", "Item": {}, "ConditionExpression": ""}, "ConditionExpression"),
        ("dynamodb", "batch_get_item", {"RequestItems": {"Items": {"Keys": [{}] * 101}}}, "KeyList"),
    ],
)
def test_a_value_that_aws_would_refuse_is_refused_and_named(start, service, operation, asked, beyond):
    start()
    client = boto3.client(service, config=Config(parameter_validation=False))
    with pytest.raises(ClientError, match=rf"(BadRequest|Validation)Exception.*: {beyond}$"):
        getattr(client, operation)(**asked)


def test_200_identical_writes_from_16_threads_make_one_item(start):
    start()
    client = boto3.client("dynamodb")

    def put_once(_):
        try:
            client.put_item(
                TableName="Items", Item={"id": {"S": "one"}}, ConditionExpression="attribute_not_exists(id)"
            )
        except client.exceptions.ConditionalCheckFailedException:
            return 0
        return 1

    with ThreadPoolExecutor(16) as pool:
        assert sum(pool.map(put_once, range(200))) == 1


def test_no_request_begins_before_the_one_before_it_is_done(monkeypatch):
    application, busy = OneAtATime("500000000000"), threading.Lock()

    def slow(environ, start_response):
        assert busy.acquire(blocking=False)
        time.sleep(0.005)
        busy.release()
        start_response("200 OK", [])
        return []

    monkeypatch.setattr(application, "_moto", slow)
    ask = Client(application).post
    with ThreadPoolExecutor(8) as pool:
        assert {answer.status_code for answer in pool.map(ask, ["/"] * 40)} == {200}


def test_what_was_kept_is_there_after_a_restart(start, tmp_path):
    first = start(tmp_path)
    put("one", text="É\n")
    put("two")
    boto3.client("dynamodb").delete_item(TableName="Items", Key={"id": {"S": "two"}})
    send("Kept")
    before, mail = secret(), first.sent_mail()
    first.close()
    second = start(tmp_path)
    assert stored() == ["one"]
    assert boto3.client("dynamodb").get_item(TableName="Items", Key={"id": {"S": "one"}})["Item"]["text"] == {
        "S": "É\n"
    }
    assert (secret(), second.sent_mail()) == (before, mail)


def test_only_changes_that_succeeded_are_kept_and_no_credentials(start, tmp_path):
    start(tmp_path)
    put("one")
    with pytest.raises(boto3.client("dynamodb").exceptions.ConditionalCheckFailedException):
        put("one")
    stored()
    send()
    lines = [json.loads(line) for line in (tmp_path / "aws.jsonl").read_text("utf-8").splitlines()]
    assert [line["service"] for line in lines] == ["dynamodb", "ses"]
    assert "Credential" not in json.dumps(lines)


def test_changes_are_kept_whole_whoever_writes_them_at_the_same_time(start, tmp_path):
    start(tmp_path)
    client = boto3.client("dynamodb")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: client.put_item(TableName="Items", Item={"id": {"S": f"{n}"}}), range(100)))
    lines = (tmp_path / "aws.jsonl").read_text("utf-8").splitlines()
    assert len({json.loads(json.loads(line)["body"])["Item"]["id"]["S"] for line in lines}) == 100


def test_a_last_line_that_was_cut_off_is_dropped(start, tmp_path):
    start(tmp_path).close()
    first = start(tmp_path)
    put("one")
    first.close()
    with (tmp_path / "aws.jsonl").open("a") as file:
        file.write('{"service": "dyna')
    second = start(tmp_path)
    put("two")
    second.close()
    start(tmp_path)
    assert stored() == ["one", "two"]


def test_another_line_that_cannot_be_read_is_named(start, tmp_path):
    (tmp_path / "aws.jsonl").write_text('{"service": "dyna\n{}\n', "utf-8")
    with pytest.raises(ValueError, match=r"line 1 of .*aws\.jsonl cannot be read"):
        start(tmp_path)
    assert "ITEMS_TABLE" not in os.environ


def test_a_change_that_no_longer_fits_the_template_is_told(start, tmp_path, template):
    first = start(tmp_path)
    put("one")
    first.close()
    file = tmp_path / "aws.jsonl"
    file.write_text(file.read_text("utf-8").replace("Items", "Gone"), "utf-8")
    with pytest.raises(ValueError, match="does not fit the template"):
        start(tmp_path)


def test_a_data_folder_belongs_to_one_run(start, tmp_path):
    start(tmp_path)
    with pytest.raises(InUse):
        start(tmp_path)


def test_the_environment_is_as_it_was_afterwards(start, monkeypatch):
    monkeypatch.setenv("AWS_PROFILE", "mine")
    monkeypatch.setenv("AWS_ENDPOINT_URL_SESV2", "http://127.0.0.1:1")
    before = dict(os.environ)
    cloud = start()
    send()
    assert os.environ["AWS_ENDPOINT_URL"] == cloud.endpoint
    cloud.close()
    assert dict(os.environ) == before


def test_dynamodb_stays_with_the_engine_that_the_environment_names(start, monkeypatch, tmp_path):
    engine = start()
    monkeypatch.setattr("local.aws.stand_in._endpoints", set())
    local = start(tmp_path)
    assert os.environ["AWS_ENDPOINT_URL"] == engine.endpoint
    put("there")
    send()
    assert (len(engine.sent_mail()), len(local.sent_mail())) == (0, 1)
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", local.endpoint)
    assert boto3.client("dynamodb").list_tables()["TableNames"] == []
    monkeypatch.delenv("AWS_ENDPOINT_URL_DYNAMODB")
    local.close()
    start(tmp_path)  # its table is there already
    assert stored() == ["there"]
