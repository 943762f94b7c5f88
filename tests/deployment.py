"""template.yaml deployed to an engine that plays CloudFormation and Lambda: what came of it, then forms to e-mails.

The package is built for the Python that the engine runs functions with, this one; otherwise it is what ships.
"""

import json
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import urlopen

import boto3
import built
import yaml
from load_clients import FORM
from run import wait_for
from samples import SAMPLES

from local import package, service_models
from local.gateway import Request, event_for
from local.package import Target
from local.template import Loader, Template

ROOT = Path(__file__).parents[1]
STACK, BUCKET = "conformance", "package"
ONLY_HERE = {
    "routes": "it reads no OpenAPI body, into which AWS::Serverless::HttpApi puts its routes",
    "time to live": "it leaves TimeToLiveSpecification aside",
    "point-in-time recovery": "it leaves PointInTimeRecoverySpecification aside",
    "resources in template.yaml": "it refuses AWS::Logs::Delivery and alarms that compute: left out",
    "outputs": "it knows no DKIM records of an identity: left out",
}
"""What MiniStack is known not to do, with its reason."""
UNKNOWN = ("AWS::Logs::Delivery", "AWS::Logs::DeliveryDestination", "AWS::Logs::DeliverySource")
OF_A_MAPPING = (
    "BatchSize",
    "BisectBatchOnFunctionError",
    "FilterCriteria",
    "FunctionResponseTypes",
    "MaximumRecordAgeInSeconds",
    "MaximumRetryAttempts",
)


@dataclass(frozen=True)
class Row:
    """What the template declares or a story should come to: how many are wanted, and how many are there."""

    what: str
    wanted: int
    there: int

    @property
    def is_wrong(self) -> bool:
        return self.there != self.wanted and self.what not in ONLY_HERE

    def __str__(self) -> str:
        reason = ONLY_HERE.get(self.what, "differs") if self.there != self.wanted else ""
        return f"{self.what:36}{self.wanted:>8}{self.there:>8}   {reason}".rstrip()


def rows(address: str) -> Iterator[Row]:
    """Deploys, with the clients' endpoint and credentials in the environment; `address` is the engine's."""
    template = Template(ROOT / "template.yaml")
    status, resources = _deploy(template)
    yield Row("stack", 1, int(status == "CREATE_COMPLETE"))
    declared = _declared()
    taken = [name for name, each in declared["Resources"].items() if not _is_refused(each)]
    yield Row("resources in template.yaml", len(declared["Resources"]), len(taken))
    outputs = declared["Outputs"].values()
    yield Row("outputs", len(outputs), sum(not _names_dkim(each) for each in outputs))
    yield Row("resources made of them", len(resources), sum(map(_is_made, resources)))
    names = {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in resources}
    yield from _tables(template, names)
    yield from _callers(template, names)
    yield from _story(names, address)


def _deploy(template: Template) -> tuple[str, list[dict[str, Any]]]:
    """The stack's status once it is no longer under way, and its resources."""
    boto3.client("s3").create_bucket(Bucket=BUCKET)
    with tempfile.TemporaryDirectory() as place:
        folder, archive = Path(place, "functions"), Path(place, "functions.zip")
        here = Target(f"{sys.version_info.major}.{sys.version_info.minor}", built.WHEELS_HERE)
        package.build(folder, here, service_models.allowed_operations(template))
        package.pack(folder, archive)
        boto3.client("s3").upload_file(str(archive), BUCKET, archive.name)
    declared = _declared()
    declared["Globals"]["Function"]["CodeUri"] = f"s3://{BUCKET}/functions.zip"
    for part, is_refused in [("Resources", _is_refused), ("Outputs", _names_dkim)]:
        declared[part] = {name: each for name, each in declared[part].items() if not is_refused(each)}
    body = json.dumps(declared)
    client = boto3.client("cloudformation")
    client.create_stack(StackName=STACK, TemplateBody=body, Capabilities=["CAPABILITY_IAM"])

    def status() -> str:
        now: str = client.describe_stacks(StackName=STACK)["Stacks"][0]["StackStatus"]
        return "" if now.endswith("IN_PROGRESS") else now

    ended = wait_for(status, seconds=60)
    pages = client.get_paginator("list_stack_resources").paginate(StackName=STACK)
    return ended, [each for page in pages for each in page["StackResourceSummaries"]]


def _is_made(resource: dict[str, Any]) -> bool:
    return bool(resource["ResourceStatus"] == "CREATE_COMPLETE")


def _is_refused(resource: dict[str, Any]) -> bool:
    return resource["Type"] in UNKNOWN or "Metrics" in resource.get("Properties", {})


def _names_dkim(output: dict[str, Any]) -> bool:
    return "DkimDNS" in json.dumps(output)


def _declared() -> dict[str, Any]:
    declared: dict[str, Any] = yaml.load((ROOT / "template.yaml").read_text("utf-8"), Loader)
    return declared


def _tables(template: Template, names: dict[str, str]) -> Iterator[Row]:
    declared = template.resources("AWS::DynamoDB::Table")
    client = boto3.client("dynamodb")
    there = {name: client.describe_table(TableName=names[name])["Table"] for name in declared}
    for what, key in [("keys", "KeySchema"), ("indexes", "GlobalSecondaryIndexes")]:
        same = sum(_in_order(there[name].get(key, [])) == _in_order(declared[name].get(key, [])) for name in declared)
        yield Row(f"tables: {what}", len(declared), same)
    streams = [name for name in declared if "StreamSpecification" in declared[name]]
    views = [there[name]["StreamSpecification"]["StreamViewType"] for name in streams]
    wanted = [declared[name]["StreamSpecification"]["StreamViewType"] for name in streams]
    yield Row("streams", len(streams), sum(map(str.__eq__, views, wanted)))
    kept = [name for name in declared if declared[name].get("DeletionProtectionEnabled")]
    yield Row("deletion protection", len(kept), sum(there[name]["DeletionProtectionEnabled"] for name in kept))
    ends = [names[name] for name in declared if "TimeToLiveSpecification" in declared[name]]
    found = [client.describe_time_to_live(TableName=name)["TimeToLiveDescription"] for name in ends]
    yield Row("time to live", len(ends), sum(each["TimeToLiveStatus"] == "ENABLED" for each in found))
    backed = [names[name] for name in declared if "PointInTimeRecoverySpecification" in declared[name]]
    states = [client.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"] for name in backed]
    recovered = [each["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] for each in states]
    yield Row("point-in-time recovery", len(backed), recovered.count("ENABLED"))


def _callers(template: Template, names: dict[str, str]) -> Iterator[Row]:
    """What calls functions: routes, the stream, the schedule, SES's reports; and the functions."""
    functions = boto3.client("lambda")
    settings = [(functions.get_function_configuration(FunctionName=names[name]), name) for name in template.functions]
    same = sum(found["Handler"] == template.functions[name]["Handler"] for found, name in settings)
    yield Row("functions", len(template.functions), same)
    declared = [event for _, event in template.events("DynamoDB")]
    mappings = functions.list_event_source_mappings()["EventSourceMappings"]
    found = [{key: each.get(key) for key in OF_A_MAPPING} for each in mappings]
    wanted = [{key: each.get(key) for key in OF_A_MAPPING} for each in declared]
    yield Row("stream mappings", len(declared), sum(each in found for each in wanted))
    clocks = [event["ScheduleExpression"] for _, event in template.events("ScheduleV2")]
    scheduler = boto3.client("scheduler")
    ticking = [
        scheduler.get_schedule(Name=each["Name"])["ScheduleExpression"]
        for each in scheduler.list_schedules()["Schedules"]
    ]
    yield Row("schedules", len(clocks), sum(each in ticking for each in clocks))
    rules = [event for _, event in template.events("EventBridgeRule")]
    patterns = [json.loads(each["EventPattern"]) for each in boto3.client("events").list_rules()["Rules"]]
    yield Row("rules", len(rules), sum(each["source"] == ["aws.ses"] for each in patterns))
    api = boto3.client("apigatewayv2")
    yield Row("routes", len(list(template.routes())), len(api.get_routes(ApiId=names["FormsApi"])["Items"]))


def _story(names: dict[str, str], address: str) -> Iterator[Row]:
    """Both forms, each twice, handed to their functions as the API would; the stream there leads to the e-mails."""
    boto3.client("sesv2").create_email_identity(EmailIdentity="forms@certification.example.org")
    references = {slug: {_posted(names, slug) for _ in range(2)} for slug in SAMPLES}
    yield Row("forms received, each sent twice", len(SAMPLES), sum(len(each) == 1 for each in references.values()))
    client, owed = boto3.client("dynamodb"), 2 * len(SAMPLES)

    def states() -> list[str]:
        items = client.scan(TableName=names["Submissions"], ConsistentRead=True)["Items"]
        return [slot["M"]["state"]["S"] for item in items for slot in item["mail"]["M"].values()]

    begun = time.monotonic()
    while states().count("sent") < owed and time.monotonic() < begun + 60:
        time.sleep(0.5)
    yield Row("e-mails noted as sent", owed, states().count("sent"))
    called = boto3.client("lambda").invoke(FunctionName=names["RemindFunction"], Payload=b"{}")
    yield Row("clock called", 1, int("FunctionError" not in called))
    with urlopen(f"{address}/_ministack/ses/messages") as answer:
        messages = [each for account in json.load(answer)["messages"].values() for each in account]
    wanted = [reference for each in references.values() for reference in each]
    found = sum(reference in message["Subject"] for message in messages for reference in wanted)
    yield Row("e-mails that SES has, none twice", owed, found)


def _posted(names: dict[str, str], slug: str) -> str:
    """The reference that a form's function answers to a program, empty where it does not."""
    body = urlencode(SAMPLES[slug]).encode()
    headers = {"content-type": FORM, "accept": "application/json"}
    event = event_for(Request("POST", f"/forms/{slug}", "", headers, body))
    function = names[f"{slug.capitalize()}Function"]
    answer = boto3.client("lambda").invoke(FunctionName=function, Payload=json.dumps(event).encode())
    said = json.loads(answer["Payload"].read())
    return str(json.loads(said["body"]).get("reference", "")) if said.get("statusCode") == 201 else ""


def _in_order(declared: Any) -> list[str]:
    """Without what the engine adds: only keys that the template knows, in an order of their own."""
    known = ("AttributeName", "KeyType", "IndexName", "KeySchema", "Projection")
    return sorted(json.dumps({key: each[key] for key in known if key in each}, sort_keys=True) for each in declared)
