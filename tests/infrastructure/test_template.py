"""template.yaml: what it declares is what the functions need."""

import importlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from cfnlint.api import lint

from aws import CLIENT_TIMEOUTS
from forms.catalog import FORMS
from local.template import Loader, Template
from settings import Settings

ROOT = Path(__file__).parents[2]


def test_every_function_has_a_handler(template, stand_in):
    assert len(template.functions) >= 3
    for properties in template.functions.values():
        module, _, name = properties["Handler"].partition(".")
        assert callable(getattr(importlib.import_module(module), name))


@pytest.mark.parametrize("file", ["template.yaml", "deploy-role.yaml"])
def test_cloudformation_takes_it(file):
    assert lint((ROOT / file).read_text("utf-8")) == []


def test_sam_build_asks_the_makefile_for_each_function():
    resources = yaml.load((ROOT / "template.yaml").read_text("utf-8"), Loader)["Resources"].values()
    built = [each["Metadata"] for each in resources if each["Type"] == "AWS::Serverless::Function"]
    assert built
    assert all(each == {"BuildMethod": "makefile", "ContextPath": ".", "WorkingDirectory": "."} for each in built)
    assert "\nbuild-%: build\n" in (ROOT / "Makefile").read_text("utf-8")


OF_PYTHON = {"PYTHONTZPATH"}
"""What Python itself reads."""


def test_every_variable_that_functions_read_is_set_and_every_one_set_is_read(template):
    read = {name.upper() for name in Settings._fields}
    has_a_value_of_its_own = {name.upper() for name, value in Settings._field_defaults.items() if value}
    assert read - has_a_value_of_its_own <= set(template.environment()) - OF_PYTHON <= read


def test_only_the_settings_read_the_environment_of_functions():
    reading = {file.stem for file in (ROOT / "functions").rglob("*.py") if "os.environ" in file.read_text("utf-8")}
    assert reading == {"settings", "rendering"}


STARTS = """
import boto3, importlib, json, os, sys
for module, lacking in json.load(sys.stdin):
    if os.fork() == 0:
        os.environ.pop(lacking, None)
        try:
            importlib.import_module(module)
        except Exception as error:
            print(module, error, flush=True)
        os._exit(0)
    _, status = os.wait()
    if status:
        print(module, "ended with", status)
"""


def test_a_function_that_lacks_a_variable_fails_at_its_start_and_names_it(template):
    modules = {properties["Handler"].partition(".")[0] for properties in template.functions.values()}
    assert len(modules) >= 6
    lacking = dict.fromkeys(modules, "SENDER_ADDRESS")
    lacking |= {"authorizer": "ORIGIN_SECRET_ARN", "desk": "DESK_SECRET_ARN"}
    starts = json.dumps([*lacking.items(), *((name, "") for name in modules)])
    environment = os.environ | template.environment()
    command = [sys.executable, "-c", STARTS]
    run = subprocess.run(command, env=environment, input=starts, capture_output=True, text=True, check=True)
    assert run.stdout.splitlines() == [f"{module} {name}" for module, name in lacking.items()]


def test_one_function_answers_every_form(template):
    routes = {(each.method, each.path) for each in template.routes() if each.function == "FormsFunction"}
    assert routes == {
        ("POST", "/forms/{form}"),
        *((method, "/forms/{form}") for method in ("GET", "HEAD")),
        *((method, "/forms/{form}/received") for method in ("GET", "HEAD")),
        *((method, "/forms/{form}/renewal.ics") for method in ("GET", "HEAD")),
    }


def test_all_tries_of_a_write_end_before_the_function_does(template):
    config: Any = CLIENT_TIMEOUTS
    longest = config.retries["total_max_attempts"] * (config.connect_timeout + config.read_timeout)
    writing = {name: each for name, each in template.functions.items() if name != "AuthorizerFunction"}
    assert longest < min(properties["Timeout"] for properties in writing.values()) - 3


def test_the_authorizer_ends_before_the_api_gives_it_up_after_ten_seconds(template):
    assert template.functions["AuthorizerFunction"]["Timeout"] < 10


def test_a_batch_ends_before_the_notifier_does_while_ses_is_silent_for_each_of_its_e_mails(template, stand_in):
    from mail import ses
    from remind import LONGEST_LOOK
    from tools.load import paced

    config: Any = ses._client().meta.config
    [(function, event)] = template.events("DynamoDB")
    e_mails = event["BatchSize"] * max(len(form.owed_emails) for form in FORMS.values())
    assert e_mails * (config.connect_timeout + config.read_timeout) < template.functions[function]["Timeout"]
    assert LONGEST_LOOK.total_seconds() < template.functions["RemindFunction"]["Timeout"] / 2
    assert LONGEST_LOOK.total_seconds() == paced.LONGEST_LOOK


@pytest.mark.parametrize("function", ["FormsFunction", "SubscriptionsFunction", "DeskFunction", "RegisterFunction"])
def test_a_program_that_asks_for_the_headers_of_a_link_gets_them(function, template):
    """Link checkers and mail filters do; the API answers 404 for a method without a route."""
    routes = [route for route in template.routes() if route.function == function]
    got = {route.path for route in routes if route.method == "GET"}
    assert got
    assert {route.path for route in routes if route.method == "HEAD"} == got


def test_an_unknown_reference_is_an_error(template):
    with pytest.raises(ValueError, match="Nowhere"):
        template.resolve({"Ref": "Nowhere"})
    with pytest.raises(ValueError, match="Fn::ImportValue"):
        template.resolve({"Fn::ImportValue": "x"})


def metrics_of(alarm):
    """(namespace, metric, dimensions) of everything that an alarm looks at."""
    stats = [query["MetricStat"]["Metric"] for query in alarm.get("Metrics", []) if "MetricStat" in query]
    watched = stats or [alarm]
    return [
        (each["Namespace"], each["MetricName"], {each["Name"]: each["Value"] for each in each.get("Dimensions", [])})
        for each in watched
    ]


def watched(template, metric):
    """The values of the one dimension of a metric, over all alarms."""
    alarms = template.resources("AWS::CloudWatch::Alarm").values()
    found = [dimensions for alarm in alarms for _, name, dimensions in metrics_of(alarm) if name == metric]
    return sorted(str(value) for dimensions in found for value in dimensions.values())


def reference(*names):
    return sorted(str({"Ref": name}) for name in names)


def test_every_function_that_fails_or_is_not_let_run_raises_an_alarm(template):
    """What visitors call fails as an answer of the API, which one alarm watches; the others fail by themselves."""
    [api] = template.resources("AWS::Serverless::HttpApi").values()
    authorizers = [each["FunctionArn"]["Fn::GetAtt"][0] for each in api["Auth"]["Authorizers"].values()]
    called_by_visitors = {route.function for route in template.routes()} | set(authorizers)
    assert called_by_visitors
    assert watched(template, "Errors") == reference(*template.functions.keys() - called_by_visitors)
    assert watched(template, "5xx") == reference("FormsApi")


def test_every_queue_of_failures_raises_an_alarm_and_is_in_the_digest(template):
    queues = template.resources("AWS::SQS::Queue")
    names = sorted(str({"Fn::GetAtt": [queue, "QueueName"]}) for queue in queues)
    assert watched(template, "ApproximateNumberOfMessagesVisible") == names
    assert len(template.environment()["DEAD_LETTER_QUEUES"].split(",")) == len(queues)


def test_the_stream_is_watched(template):
    assert watched(template, "IteratorAge") == reference("NotifyFunction")
    waits = template.resources("AWS::CloudWatch::Alarm")["StreamWaits"]
    assert waits["Threshold"] == 10 * 60 * 1000  # milliseconds


def test_an_alarm_reaches_somebody_and_says_what_it_means(template):
    alarms = template.resources("AWS::CloudWatch::Alarm")
    assert alarms
    for name, alarm in alarms.items():
        told = {key: alarm[key] for key in ("AlarmActions", "InsufficientDataActions") if key in alarm}
        assert list(told.values()) == [[{"Ref": "Alarms"}]], name
        assert alarm.get("ActionsEnabled", True) is True
        assert alarm["AlarmDescription"].endswith(".")
        if "Metrics" in alarm:
            assert [each["Expression"] for each in alarm["Metrics"] if each["ReturnData"]] == ["SUM(METRICS())"]


def test_cloudwatch_may_write_to_the_topic_of_the_alarms(template):
    topic = template.resources("AWS::SNS::Topic")["Alarms"]
    assert topic["Subscription"] == [{"Protocol": "email", "Endpoint": {"Ref": "AlarmAddress"}}]
    assert "KmsMasterKeyId" not in topic  # with AWS's key CloudWatch could not write to it; ours has a price
    [publish] = template.resources("AWS::SNS::TopicPolicy")["AlarmsPolicy"]["PolicyDocument"]["Statement"]
    assert (publish["Effect"], publish["Action"]) == ("Allow", "sns:Publish")
    assert publish["Principal"] == {"Service": "cloudwatch.amazonaws.com"}


def test_a_bill_that_grows_is_told_before_the_month_ends(template):
    [budget] = template.resources("AWS::Budgets::Budget").values()
    assert budget["Budget"]["BudgetLimit"] == {"Amount": {"Ref": "MonthlyBudget"}, "Unit": "USD"}
    told = {each["Notification"]["NotificationType"]: each for each in budget["NotificationsWithSubscribers"]}
    assert told.keys() == {"ACTUAL", "FORECASTED"}
    for each in told.values():
        assert (each["Notification"]["ComparisonOperator"], each["Notification"]["Threshold"]) == ("GREATER_THAN", 100)
        assert each["Subscribers"] == [{"SubscriptionType": "EMAIL", "Address": {"Ref": "AlarmAddress"}}]


# What is kept


def test_tables_can_be_restored_and_are_not_deleted_by_mistake(template):
    tables = template.resources("AWS::DynamoDB::Table")
    for table in tables.values():
        assert table["SSESpecification"] == {"SSEEnabled": True}
        assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
        assert table["DeletionProtectionEnabled"] is True
    assert {name for name, table in tables.items() if "TimeToLiveSpecification" not in table} == {"Subscribers"}
    for table in tables.values():
        if time_to_live := table.get("TimeToLiveSpecification"):
            assert time_to_live == {"AttributeName": "expires_at", "Enabled": True}


KEPT = {"AWS::DynamoDB::Table", "AWS::SQS::Queue", "AWS::S3::Bucket", "AWS::Logs::LogGroup"}
REPLACED = {"OriginSecret"}
"""Secrets that nothing outside of the stack was signed with."""


def test_what_holds_data_stays_when_the_stack_goes_but_not_when_its_first_deployment_fails(template):
    resources = template._template["Resources"]
    secrets = template.resources("AWS::SecretsManager::Secret").keys() - REPLACED
    kept = {name for name, each in resources.items() if each["Type"] in KEPT} | secrets
    assert len(kept) == 4 + 3 + 2 + 2 + 4
    policies = {name: (each.get("DeletionPolicy"), each.get("UpdateReplacePolicy")) for name, each in resources.items()}
    assert {policies[name] for name in kept} == {("RetainExceptOnCreate", "Retain")}
    assert policies["SenderDomain"] == ("RetainExceptOnCreate", "Retain")  # or its e-mail ends, and its DKIM records
    assert {each for name, each in policies.items() if name not in kept | {"SenderDomain"}} == {(None, None)}


@pytest.mark.parametrize(
    ("function", "powers"),
    [
        ("FormsFunction", {"ReceiptSecret", "IdentitySecret"}),
        ("SubscriptionsFunction", {"SigningSecret", "IdentitySecret"}),
        ("DeskFunction", {"DeskSecret", "IdentitySecret"}),
        ("RegisterFunction", set()),
        ("FeedbackFunction", {"IdentitySecret"}),
    ],
)
def test_each_function_has_the_keys_of_its_own_power_and_no_other(function, powers, template):
    assert set(re.findall(r"'(\w+Secret)'", str(template.functions[function]["Policies"]))) == powers


def test_queues_keep_failures_for_two_weeks_encrypted(template):
    for queue in template.resources("AWS::SQS::Queue").values():
        assert queue == {"MessageRetentionPeriod": 14 * 24 * 3600, "SqsManagedSseEnabled": True}


def test_buckets_are_private_encrypted_and_take_no_plain_http(template):
    buckets = template.resources("AWS::S3::Bucket")
    policies = {each["Bucket"]["Ref"]: each for each in template.resources("AWS::S3::BucketPolicy").values()}
    assert policies.keys() == buckets.keys()
    for name, bucket in buckets.items():
        assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
        assert len(bucket["PublicAccessBlockConfiguration"]) == 4
        assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
        assert bucket["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
        [rule] = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        assert rule == {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
        *allowed, denied = policies[name]["PolicyDocument"]["Statement"]
        assert (denied["Effect"], denied["Principal"]) == ("Deny", "*")
        assert denied["Condition"] == {"Bool": {"aws:SecureTransport": False}}
        for statement in allowed:
            assert statement["Principal"].keys() == {"Service"}
            assert {"AWS:SourceArn", "aws:SourceAccount"} & statement["Condition"]["StringEquals"].keys()
            assert statement["Action"] in ("s3:GetObject", "s3:PutObject")


def test_our_distribution_alone_reads_the_site(template):
    [read, _] = template.resources("AWS::S3::BucketPolicy")["SiteBucketPolicy"]["PolicyDocument"]["Statement"]
    assert read["Principal"] == {"Service": "cloudfront.amazonaws.com"}
    own = "arn:${AWS::Partition}:cloudfront::${AWS::AccountId}:distribution/${Distribution}"
    assert read["Condition"] == {"StringEquals": {"AWS:SourceArn": {"Fn::Sub": own}}}


# Who deploys it


def test_every_parameter_says_what_it_is_and_takes_no_nonsense(template):
    for name, parameter in template._template["Parameters"].items():
        assert parameter["Description"].endswith("."), name
        bounded = {"AllowedPattern", "AllowedValues", "MinValue"} & parameter.keys()
        assert bounded or parameter["Type"] == "CommaDelimitedList", name
        if pattern := parameter.get("AllowedPattern"):
            assert re.fullmatch(pattern, str(parameter["Default"])), name
    for name, output in template._template["Outputs"].items():
        assert output["Description"].endswith("."), name


def test_the_first_deployment_in_a_new_account_reserves_no_concurrency(template):
    """A new account may run ten functions at a time, and must leave ten unreserved."""
    assert template.declared_parameters["ReservedConcurrency"]["Default"] == 0


def test_a_sender_in_capitals_is_refused_which_the_right_to_send_would_not_match(template):
    pattern = template.declared_parameters["SenderAddress"]["AllowedPattern"]
    assert re.fullmatch(pattern, "forms@example.gov")
    assert not re.fullmatch(pattern, "Forms@example.gov")


def test_the_bucket_of_logs_may_be_written_before_anything_sends_any(template):
    for name in ("SiteBucket", "VisitsDelivery"):
        assert template._template["Resources"][name]["DependsOn"] == "LogBucketPolicy", name


@pytest.mark.parametrize(
    ("given", "taken"),
    [
        ({}, True),
        ({"DomainName": "www.example.org"}, False),
        ({"CertificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/x"}, False),
        ({"DomainName": "www.example.org", "CertificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/x"}, True),
    ],
    ids=["neither", "domain only", "certificate only", "both"],
)
def test_a_domain_comes_with_its_certificate_or_the_deployment_is_refused_at_once(given, taken):
    template = Template(ROOT / "template.yaml", **given)
    rules = template._template["Rules"].values()
    asserted = [each["Assert"] for rule in rules for each in rule["Assertions"]]
    assert all(template.resolve.holds(condition) for condition in asserted) is taken
