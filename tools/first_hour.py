"""`make first-hour`: asks a real account what only a real account can answer, and prints a page for handbook/proof.md.

For the first person with an account: a stack of its own, without a domain, for an hour and a half and below a dollar,
made, changed and removed with the rights of deploy-role.yaml. Each question is a shell command and what its answer
should hold. `--dry` prints every step and asks nothing.
"""

import argparse
import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import yaml
from botocore.exceptions import BotoCoreError, ClientError

ROOT = Path(__file__).parents[1]
STACK = "certification-first-hour"
ROLES = f"{STACK}-roles"
REGION = "us-east-1"


@dataclass(frozen=True)
class Step:
    """A command, and a pattern that its output must contain, empty if people judge it."""

    what: str
    command: str
    expected: str = ""


_STEPS = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text("utf-8"))
MAKE, ASK = (tuple(Step(**each) for each in _STEPS[part]) for part in ("make", "ask"))
KEPT: Mapping[str, Callable[[str], Any]] = {
    "AWS::DynamoDB::Table": lambda name: _remove_table(name),
    "AWS::SQS::Queue": lambda url: _client("sqs").delete_queue(QueueUrl=url),
    "AWS::S3::Bucket": lambda name: _remove_bucket(name),
    "AWS::Logs::LogGroup": lambda name: _client("logs").delete_log_group(logGroupName=name),
    "AWS::SecretsManager::Secret": lambda arn: _client("secretsmanager").delete_secret(
        SecretId=arn, ForceDeleteWithoutRecovery=True
    ),
}
"""Commands that remove what a stack leaves behind, by type and physical id."""
NAMED = {
    "FORMS": "FormsFunction",
    "REGISTER": "RegisterFunction",
    "FEEDBACK": "FeedbackFunction",
    "COUNTERS": "Counters",
    "LOGS": "Logs",
    "API_LOGS": "ApiLogs",
    "LOG_BUCKET": "LogBucket",
    "SITE_BUCKET": "SiteBucket",
    "NOT_NOTED": "NotNoted",
    "SET": "ConfigurationSet",
}
"""By variable of the commands: the resource whose physical id it holds."""
REMOVED = "- Everything was removed but SAM's own bucket (stack aws-sam-cli-managed-default): a deployment needs it.\n"
GONE = ("ResourceNotFoundException", "AWS.SimpleQueueService.NonExistentQueue", "NoSuchBucket")


def _client(service: str) -> Any:
    return boto3.client(service, REGION)


def _remove_table(name: str) -> None:
    client = _client("dynamodb")
    client.update_table(TableName=name, DeletionProtectionEnabled=False)
    client.get_waiter("table_exists").wait(TableName=name)
    client.delete_table(TableName=name)


def _remove_bucket(name: str) -> None:
    bucket = boto3.resource("s3", REGION).Bucket(name)
    bucket.object_versions.delete()
    bucket.delete()


def made() -> dict[str, tuple[str, str]]:
    """Return the type and physical id of each resource of the stack, by logical id; empty if there is no stack."""
    try:
        pages = _client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=STACK)
        found = [each for page in pages for each in page["StackResourceSummaries"]]
    except (BotoCoreError, ClientError):
        return {}
    return {
        each["LogicalResourceId"]: (each["ResourceType"], each["PhysicalResourceId"])
        for each in found
        if each.get("PhysicalResourceId")
    }


def remove(resources: Mapping[str, tuple[str, str]]) -> list[str]:
    """Remove the stack, then its roles and what it keeps; return what could not be removed, with the reason."""
    client = _client("cloudformation")
    left = []
    for stack in (STACK, ROLES):
        try:
            client.delete_stack(StackName=stack)
            client.get_waiter("stack_delete_complete").wait(StackName=stack)
        except (BotoCoreError, ClientError) as error:
            left.append(f"the stack {stack}: {error}")
            if stack == STACK:
                left.append(f"the stack {ROLES}: it has the rights that remove {STACK}")
            break
    for logical_id, (kind, physical_id) in resources.items():
        try:
            KEPT.get(kind, lambda _: None)(physical_id)
        except (BotoCoreError, ClientError) as error:
            if not (isinstance(error, ClientError) and error.response["Error"]["Code"] in GONE):
                left.append(f"{logical_id} {physical_id}: {error}")
    return left


def variables(resources: Mapping[str, tuple[str, str]]) -> dict[str, str]:
    """Return the variables of the commands: those of NAMED, $ALARMS (names of all alarms), and $SITE (its address)."""
    [stack] = _client("cloudformation").describe_stacks(StackName=STACK)["Stacks"]
    outputs = {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}
    alarms = [physical_id for kind, physical_id in resources.values() if kind == "AWS::CloudWatch::Alarm"]
    return {
        **{name: resources[logical_id][1] for name, logical_id in NAMED.items()},
        "ALARMS": " ".join(alarms),
        "SITE": outputs["SiteAddress"],
    }


def answered(step: Step, environment: Mapping[str, str]) -> str:
    """Run a step, and return its part of the page."""
    command = ["bash", "-c", step.command]
    run = subprocess.run(command, cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True)
    said = (run.stdout + run.stderr).strip()
    verdict = "seen" if not step.expected else "as expected" if re.search(step.expected, said) else "NOT AS EXPECTED"
    return f"- **{step.what}**: {verdict}\n\n```\n{said[-2000:]}\n```\n"


def main() -> int:
    parser = argparse.ArgumentParser(prog="make first-hour", description=__doc__)
    parser.add_argument("--dry", action="store_true", help="print every step, and ask nothing of AWS")
    parser.add_argument("--address", default="", help="an e-mail address of yours that SES has verified")
    wanted = parser.parse_args()
    if wanted.dry:
        named = ", ".join(f"${name} is {logical_id}" for name, logical_id in NAMED.items())
        print(f"# $STACK is {STACK}, $ROLES is {ROLES}, $ADDRESS is yours;")
        print("# $SITE is the stack's address, $ALARMS are its alarms;")
        print(f"# of its resources, {named}.\n")
        for step in (*MAKE, *ASK):
            expected = f"# expected: {step.expected}\n" if step.expected else ""
            print(f"# {step.what}\n{step.command}\n{expected}")
        print(f"# Remove the stack {STACK}, then {ROLES}, then what the first one keeps: {', '.join(KEPT)}")
        return 0
    if not wanted.address:
        parser.error("give --address: an e-mail address of yours that SES has verified")
    environment = {
        "STACK": STACK,
        "ROLES": ROLES,
        "ADDRESS": wanted.address,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_REGION": REGION,
    }
    page = [f"## The first hour on AWS, {datetime.now(UTC):%d %B %Y}\n"]
    resources: dict[str, tuple[str, str]] = {}
    try:
        page.extend(answered(step, environment) for step in MAKE)
        resources = made()
        if set(NAMED.values()) <= resources.keys():
            environment |= variables(resources)
            page.extend(answered(step, environment) for step in ASK)
        else:
            page.append("- **Stopped**: the stack was not made, NOT AS EXPECTED; what was said is above.\n")
    except (BotoCoreError, ClientError) as error:
        page.append(f"- **Stopped**: {type(error).__name__}: {error}\n")
    finally:
        left = remove(made() or resources)
        page += [f"- **Not removed**: {each}\n" for each in left] or [REMOVED]
        print(*page, sep="\n")
    return int(any(word in "".join(page) for word in ("NOT AS EXPECTED", "**Stopped**", "**Not removed**")))


if __name__ == "__main__":
    sys.exit(main())
