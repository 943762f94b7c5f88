"""`make first-hour`: asks a real account what only a real account can answer, and prints a page for handbook/proof.md.

For the first person with an account: a stack of its own, without a domain, for an hour and below a dollar, removed at
the end. Each question is a shell command and what its answer should hold. `--dry` prints every step and asks nothing.
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
from botocore.exceptions import BotoCoreError, ClientError

ROOT = Path(__file__).parents[1]
STACK = "certification-first-hour"
REGION = "us-east-1"


@dataclass(frozen=True)
class Step:
    """A command, and a pattern that its output must contain, empty if people judge it."""

    what: str
    command: str
    expected: str = ""


MAKE = (
    Step("Build", "make build"),
    Step(
        "Deploy a stack of its own",
        "sam deploy --template .build/template.yaml --stack-name $STACK --region $REGION --resolve-s3"
        " --capabilities CAPABILITY_IAM --no-confirm-changeset --parameter-overrides"
        " SenderAddress=$ADDRESS StaffAddresses=$ADDRESS EscalationAddresses=$ADDRESS AlarmAddress=$ADDRESS"
        " SenderIdentity=exists",
    ),
)
ASK = (
    Step(
        "Redirects to the slash have the site's headers",
        "curl -sI $SITE/contact | tr -d '\\r' | grep -i 'content-security-policy\\|^location\\|^HTTP'",
        "(?i)content-security-policy",
    ),
    Step("Redirects to https have them too", "curl -sI http://${SITE#https://}/ | tr -d '\\r'", "(?i)strict-transport"),
    Step(
        "A failure is not shown to the next visitor (status, x-cache and age of two requests in a row)",
        "aws lambda put-function-concurrency --region $REGION --function-name $FORMS --reserved-concurrent-executions 0"
        " > /dev/null; for each in one two; do curl -s -o /dev/null -D - $SITE/forms/contact/received?receipt=$each"
        " | tr -d '\\r' | grep -i '^HTTP\\|^x-cache\\|^age'; done;"
        " aws lambda delete-function-concurrency --region $REGION --function-name $FORMS;"
        " sleep 2; curl -s -o /dev/null -w '%{http_code}\\n' $SITE/forms/contact/received?receipt=three",
        r"4\d\d\s*$",
    ),
    Step(
        "A body of 5.5 MB gets an answer that is no failure",
        "head -c 5500000 /dev/zero | curl -s -o /dev/null -w '%{http_code}\\n' --data-binary @- $SITE/forms/contact",
        "413",
    ),
    Step("HEAD is answered", "curl -s -o /dev/null -w '%{http_code}\\n' -I $SITE/forms/contact", "303"),
    Step(
        "Throttling: one bucket for all routes, or one for each (answers by status, 40 a second for ten seconds)",
        'for path in contact plaque; do seq 200 | xargs -P 20 -I N curl -s -o /dev/null -w "$path %{http_code}\\n"'
        " $SITE/forms/$path; done | sort | uniq -c",
    ),
    Step(
        "IPv6 visitors are counted by network (another item, or the same)",
        "for protocol in 4 6; do curl -s -$protocol -o /dev/null -w '%{http_code}\\n' -d name= $SITE/forms/contact;"
        " done; aws dynamodb scan --region $REGION --table-name $COUNTERS --select COUNT --query Count",
    ),
    Step(
        "A submission is mailed, also where SES takes one a second",
        "curl -s -H 'accept: application/json' -d name=First+Hour -d email=$ADDRESS -d topic=checklists -d message=Test"
        " $SITE/forms/contact; sleep 60; echo; aws logs tail $LOGS --region $REGION --since 5m | grep -c mailed",
        r"(?m)^[2-9]$",
    ),
    Step(
        "No alarm rings, apart from those of e-mail while the account is in the sandbox",
        "aws cloudwatch describe-alarms --region $REGION --state-value ALARM --alarm-name-prefix $STACK"
        " --query MetricAlarms[].AlarmName --output text",
    ),
    Step(
        "Logs of visits and of the bucket arrive (look an hour later)",
        "sleep 3000; aws s3 ls --recursive s3://$LOGBUCKET | awk '{print $4}' | cut -d/ -f1 | sort | uniq -c",
        "visits",
    ),
)
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
    except ClientError:
        return {}
    return {
        each["LogicalResourceId"]: (each["ResourceType"], each["PhysicalResourceId"])
        for each in found
        if each.get("PhysicalResourceId")
    }


def remove(resources: Mapping[str, tuple[str, str]]) -> list[str]:
    """Remove the stack, then what it keeps, and return what could not be removed, with the reason."""
    client = _client("cloudformation")
    client.delete_stack(StackName=STACK)
    client.get_waiter("stack_delete_complete").wait(StackName=STACK)
    left = []
    for logical_id, (kind, physical_id) in resources.items():
        try:
            KEPT.get(kind, lambda _: None)(physical_id)
        except ClientError as error:
            if error.response["Error"]["Code"] not in GONE:
                left.append(f"{logical_id} {physical_id}: {error}")
    return left


def variables(resources: Mapping[str, tuple[str, str]]) -> dict[str, str]:
    """Return the variables of the commands: $FORMS, $COUNTERS, $LOGS, $LOGBUCKET, and $SITE."""
    names = {"FORMS": "FormsFunction", "COUNTERS": "Counters", "LOGS": "Logs", "LOGBUCKET": "LogBucket"}
    found = {name: resources[logical_id][1] for name, logical_id in names.items()}
    [stack] = _client("cloudformation").describe_stacks(StackName=STACK)["Stacks"]
    outputs = {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}
    return {**found, "SITE": outputs["SiteAddress"]}


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
        for step in (*MAKE, *ASK):
            print(f"# {step.what}\n{step.command}\n")
        print(f"# Remove the stack {STACK}, then what it keeps: {', '.join(KEPT)}")
        return 0
    if not wanted.address:
        parser.error("give --address: an e-mail address of yours that SES has verified")
    environment = {"STACK": STACK, "REGION": REGION, "ADDRESS": wanted.address, "AWS_DEFAULT_REGION": REGION}
    page = [f"## The first hour on AWS, {datetime.now(UTC):%d %B %Y}\n"]
    resources: dict[str, tuple[str, str]] = {}
    try:
        page += [answered(step, environment) for step in MAKE]
        resources = made()
        environment |= variables(resources)
        page += [answered(step, environment) for step in ASK]
    except (BotoCoreError, ClientError, KeyError) as error:
        page.append(f"- **Stopped**: {type(error).__name__}: {error}\n")
    finally:
        left = remove(made() or resources)
        page += [f"- **Not removed**: {each}\n" for each in left] or ["- Everything was removed.\n"]
        print(*page, sep="\n")
    return int("NOT AS EXPECTED" in "".join(page) or bool(left))


if __name__ == "__main__":
    sys.exit(main())
