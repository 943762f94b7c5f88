"""`make first-hour`: its dry run shows every step, its commands are ones that a shell reads, and it cleans up."""

import re
import subprocess

import boto3
import pytest

from local.template import REGION
from tools import first_hour
from tools.expanded_template import expanded
from tools.first_hour import ASK, KEPT, MAKE, STACK, Step, answered, made, remove


def test_the_dry_run_shows_every_step_and_asks_nothing_of_aws(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["first-hour", "--dry"])
    monkeypatch.setattr(boto3, "client", lambda *_: pytest.fail("the dry run asks nothing"))
    assert first_hour.main() == 0
    said = capsys.readouterr().out
    assert all(step.command in said and step.what in said for step in (*MAKE, *ASK))


@pytest.mark.parametrize("step", [*MAKE, *ASK], ids=lambda step: step.what)
def test_a_command_is_one_that_the_shell_reads_and_names_what_is_set(step):
    assert subprocess.run(["bash", "-n", "-c", step.command], check=False).returncode == 0
    given = {"STACK", "REGION", "ADDRESS", "SITE", "FORMS", "COUNTERS", "LOGS", "LOGBUCKET"}
    assert set(re.findall(r"\$\{?(\w+)", step.command)) <= given | {"each", "path", "protocol", "4"}


def test_an_answer_is_held_to_what_is_expected():
    assert "as expected" in answered(Step("It", "echo 303", "303"), {})
    assert "NOT AS EXPECTED" in answered(Step("It", "echo 404", "303"), {})


def test_everything_that_the_stack_keeps_can_be_removed():
    kept = {each["Type"] for each in expanded()["Resources"].values() if "Retain" in each.get("DeletionPolicy", "")}
    assert kept - {"AWS::SES::EmailIdentity"} == KEPT.keys()  # the identity is there already: SenderIdentity=exists


def test_nothing_is_left_when_it_ends(stand_in):
    body = """{"Resources": {
        "Table": {"Type": "AWS::DynamoDB::Table", "DeletionPolicy": "Retain", "Properties": {
            "BillingMode": "PAY_PER_REQUEST", "DeletionProtectionEnabled": true,
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]}},
        "Bucket": {"Type": "AWS::S3::Bucket", "DeletionPolicy": "Retain", "Properties": {
            "VersioningConfiguration": {"Status": "Enabled"}}},
        "Queue": {"Type": "AWS::SQS::Queue", "DeletionPolicy": "Retain"}}}"""
    boto3.client("cloudformation", REGION).create_stack(StackName=STACK, TemplateBody=body)
    resources = made()
    bucket, table = resources["Bucket"][1], resources["Table"][1]
    s3 = boto3.client("s3", REGION)
    for content in (b"one", b"two"):
        s3.put_object(Bucket=bucket, Key="index.html", Body=content)
    assert remove(resources) == []
    assert bucket not in [each["Name"] for each in s3.list_buckets()["Buckets"]]
    assert table not in boto3.client("dynamodb", REGION).list_tables()["TableNames"]
    assert made() == {}
