"""`make cost`: the monthly bill, line by line, for so many submissions.

What a submission causes is not guessed: one of each form goes through the local run, and what the functions ask of AWS
is counted. prices.py says what that costs, and what has to be assumed.
"""

import io
import json
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, redirect_stdout
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import boto3

from local.aws.api_gateway import Gateway, Request
from local.aws.dynamodb_stream import Stream
from local.aws.eventbridge import Reports
from local.aws.lambda_runtime import forget
from local.aws.stand_in import StandIn
from local.clock import Clock
from local.events import rules, schedules, stream_mappings
from local.template import Template
from tests.support.samples import SAMPLES
from tests.support.site_build import build_site
from tools.prices import ASSUMED, HOURS_A_MONTH, PRICES

ROOT = Path(__file__).parents[1]
VOLUMES = (100, 10_000, 1_000_000)
GB = 1e9
A_WHILE = timedelta(minutes=15)
"""Until the clock has looked whether the e-mails of a submission went out."""


@dataclass
class Usage:
    """Usage of one submission: units by the names of PRICES, kinds of metrics, and runs by function."""

    units: Counter[str] = field(default_factory=Counter)
    metrics: int = 0
    runs: Counter[str] = field(default_factory=Counter)


def measure(template: Template) -> Usage:
    """The mean of one submission of each form, answered before anybody has to be reminded."""
    calls: list[tuple[str, Mapping[str, Any]]] = []
    said, usage = io.StringIO(), Usage()
    with ExitStack() as stack:
        stack.enter_context(redirect_stdout(said))
        site = stack.enter_context(tempfile.TemporaryDirectory())
        build_site(Path(site))
        streams: list[Stream] = []
        reports = Reports(template)
        clock = Clock(template, lambda: _settle(streams, reports))
        stack.callback(clock.stop)
        cloud = StandIn(template)
        stack.callback(cloud.close)
        cloud.on_mail(reports.note)
        streams += [Stream(template, mapping) for mapping in stream_mappings(template)]
        gateway = Gateway(template)
        clock.advance(A_WHILE)  # the morning's digest goes out now, if at all
        said.truncate(said.seek(0))
        boto3.DEFAULT_SESSION.events.register("provide-client-params.*.*", _noting(calls))
        forget(template)  # so that clients are made that note
        for slug, answers in SAMPLES.items():
            _submit(gateway, slug, answers)
        clock.advance(A_WHILE)
        _count(usage, list(calls), template)
    lines = said.getvalue().splitlines()
    usage.units["logs"] = len(said.getvalue()) / GB
    usage.metrics = len({name for line in lines if "_aws" in line for name in _metrics(json.loads(line))})
    usage.runs = Counter(forms=2 * len(SAMPLES), notifier=len(SAMPLES))
    usage.runs["reports"] = usage.units["e-mail"] * len(rules(template))
    for counts in (usage.units, usage.runs):
        for name in counts:
            counts[name] /= len(SAMPLES)
    return usage


def _noting(calls: list[tuple[str, Mapping[str, Any]]]) -> Callable[..., None]:
    def note(params: Mapping[str, Any], model: Any, **_: Any) -> None:
        calls.append((model.name, dict(params)))

    return note


def _settle(streams: list[Stream], reports: Reports) -> None:
    for stream in streams:
        stream.drain()
    reports.drain()


def _submit(gateway: Gateway, slug: str, answers: Mapping[str, str]) -> None:
    """Send a form, and look at its receipt."""
    headers = {"content-type": "application/x-www-form-urlencoded"}
    answer = gateway.answer(Request("POST", f"/forms/{slug}", headers=headers, body=urlencode(answers).encode()))
    path, _, query = dict(answer.headers)["location"].partition("?")
    gateway.answer(Request("GET", path, query))


def _metrics(line: dict[str, Any]) -> Iterator[str]:
    for given in line["_aws"]["CloudWatchMetrics"]:
        dimensions = [f"{name}={line[name]}" for names in given["Dimensions"] for name in names]
        yield from (" ".join([metric["Name"], *dimensions]) for metric in given["Metrics"])


def _count(usage: Usage, calls: list[tuple[str, Mapping[str, Any]]], template: Template) -> None:
    tables = {template.resolve.name(name): table for name, table in template.resources("AWS::DynamoDB::Table").items()}
    for operation, given in calls:
        match operation:
            case "SendEmail":
                usage.units["e-mail"] += len(given["Destination"]["ToAddresses"])
            case "PutItem" | "UpdateItem" | "DeleteItem":
                indexes = len(tables[given["TableName"]].get("GlobalSecondaryIndexes", []))
                usage.units["table writes"] += ceil(_largest(given["TableName"]) / 1000) + indexes
            case "GetItem" | "Query" | "Scan":
                usage.units["table reads"] += ceil(_largest(given["TableName"]) / 4000)
    for table in tables:
        for item in boto3.client("dynamodb").scan(TableName=table)["Items"]:
            usage.units["table storage and backup"] += _bytes(item) / GB * _months_kept(item)


def _largest(table: str) -> int:
    """Every write is counted with the table's largest item, in bytes, and with all indexes: never too little."""
    return max((_bytes(item) for item in boto3.client("dynamodb").scan(TableName=table)["Items"]), default=1)


def _bytes(item: Mapping[str, Any]) -> int:
    return 100 + len(json.dumps(item, default=str))  # AWS adds 100 to each item


def _months_kept(item: Mapping[str, Any]) -> float:
    received, end = item.get("received_at"), item.get("expires_at")
    if not received:
        return 1
    if not end:
        return ASSUMED["months that answers are kept, where they have no end"]
    return (int(end["N"]) - datetime.fromisoformat(received["S"]).timestamp()) / (HOURS_A_MONTH * 3600)


def _watched(alarm: Mapping[str, Any]) -> int:
    """Return the number of metrics of an alarm."""
    return sum("MetricStat" in query for query in alarm.get("Metrics", [])) or 1


def scheduled_runs(template: Template) -> float:
    """Return the scheduled invocations of a month."""
    return sum(HOURS_A_MONTH * 3600 / schedule.every.total_seconds() for schedule in schedules(template))


def bill(template: Template, usage: Usage, submissions: float) -> dict[str, float]:
    """Dollars a month by the names of PRICES."""
    memory = template.functions["FormsFunction"]["MemorySize"] / 1024
    runs = sum(usage.runs.values()) * submissions + scheduled_runs(template)
    seconds = usage.runs["forms"] * ASSUMED["seconds that a form's function runs"] * submissions
    seconds += (runs - usage.runs["forms"] * submissions) * ASSUMED["seconds that the notifier runs"]
    pages = ASSUMED["requests for pages, styles and scripts before a form"] * submissions
    units = {name: count * submissions for name, count in usage.units.items()} | {
        "HTTP API": usage.runs["forms"] * submissions,
        "Lambda runs": runs,
        "Lambda time": seconds * memory,
        "CloudFront requests": pages + usage.runs["forms"] * submissions,
        "CloudFront function": pages,
        "CloudFront transfer": ASSUMED["bytes of those"] * submissions / GB,
        "logs": usage.units["logs"] * submissions + runs * ASSUMED["bytes that Lambda itself logs at each run"] / GB,
        "metrics": usage.metrics * min(HOURS_A_MONTH, submissions),
        "alarms": sum(_watched(alarm) for alarm in template.resources("AWS::CloudWatch::Alarm").values()),
        "keys": len(template.resources("AWS::KMS::Key")),
        "dashboards": len(template.resources("AWS::CloudWatch::Dashboard")),
        "secrets": len(template.resources("AWS::SecretsManager::Secret")),
        "secret reads": runs * ASSUMED["share of runs that read a secret, cold or after five minutes, at most"]
        + scheduled_runs(template),  # which come no sooner than a secret is read again
    }
    return {name: units.get(name, 0) * price.dollars for name, price in PRICES.items()}


def worst_day(template: Template, usage: Usage) -> tuple[float, float]:
    """Submissions on a day on which the API is asked as often as it lets through, and the dollars they cost."""
    [api] = template.resources("AWS::Serverless::HttpApi").values()
    submissions = api["DefaultRouteSettings"]["ThrottlingRateLimit"] * 24 * 3600
    return submissions, sum(bill(template, usage, submissions).values())


def main() -> None:
    template = Template(ROOT / "template.yaml")
    usage = measure(template)
    bills = [bill(template, usage, volume) for volume in VOLUMES]
    totals = [sum(each.values()) for each in bills]
    print(f"{'dollars a month':28}{''.join(f'{volume:>12,}' for volume in VOLUMES)}   price for          seen")
    for name, price in PRICES.items():
        amounts = "".join(f"{each[name]:12,.2f}" for each in bills)
        print(f"{name:28}{amounts}   {price.dollars:.3g} {price.unit}, {price.seen}")
    print(f"{'total':28}{''.join(f'{total:12,.2f}' for total in totals)}")
    submissions, dollars = worst_day(template, usage)
    print(f"\nWorst day, {submissions:,.0f} submissions at the API's limit: {dollars:,.0f} dollars")
    print(f"Without e-mail, a million cost {totals[-1] - bills[-1]['e-mail']:,.0f} dollars")


if __name__ == "__main__":
    main()
