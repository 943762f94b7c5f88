"""`make cost`: the monthly bill, line by line, for so many submissions.

What a submission causes is not guessed: one of each form goes through the local run, and what the functions ask of AWS
is counted. prices.py says what that costs, and what has to be assumed.
"""

import ast
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

from forms.catalog import FORMS
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
ASSUMED_WORDS = 8
"""How many names a metric has that is named by a variable: the outcomes of a form, what staff do."""
GOALS = {100: 4.0, 1_000_000: 1.25}
"""Dollars a month for the one, at most so many times the e-mail for the other."""
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
    usage.metrics_in_use = kinds_of_metrics()
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


def kinds_of_metrics() -> int:
    """Return how many metrics the functions' code can count, one for each value of a dimension."""
    kinds = 0
    for file in (ROOT / "functions").rglob("*.py"):
        calls = [node for node in ast.walk(ast.parse(file.read_text("utf-8"))) if isinstance(node, ast.Call)]
        named = [(node, node.func.id) for node in calls if isinstance(node.func, ast.Name)]
        shared = {word.arg for node, name in named if name == "publish" for word in node.keywords}
        for node in (node for node, name in named if name == "count"):
            words = [part.value for part in ast.walk(node.args[0]) if isinstance(part, ast.Constant)]
            dimensions = shared | {word.arg for word in node.keywords}
            kinds += (len(FORMS) if "form" in dimensions else 1) * (len(words) or ASSUMED_WORDS)
    return kinds


def _count(usage: Usage, calls: list[tuple[str, Mapping[str, Any]]], template: Template) -> None:
    tables = {template.resolve.name(name): table for name, table in template.resources("AWS::DynamoDB::Table").items()}
    for operation, given in calls:
        match operation:
            case "SendEmail":
                usage.units["e-mail"] += len(given["Destination"]["ToAddresses"])
            case "PutItem" | "UpdateItem" | "DeleteItem":
                indexes = tables[given["TableName"]].get("GlobalSecondaryIndexes", [])
                whole = 1 + sum(index["Projection"]["ProjectionType"] == "ALL" for index in indexes)
                size = ceil(_largest(given["TableName"]) / 1000)
                usage.units["table writes"] += whole * size + len(indexes) - (whole - 1)
            case "GetItem" | "Query" | "Scan":
                usage.units["table reads"] += ceil(_largest(given["TableName"]) / 4000)
    for table in tables:
        for item in boto3.client("dynamodb").scan(TableName=table)["Items"]:
            usage.units["table storage and backup"] += _bytes(item) / GB * _months_kept(item)


def _largest(table: str) -> int:
    """Every write is counted with the table's largest item, in bytes, and in all indexes, as a whole where they hold
    the whole item: never too little."""
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
        "metrics": _metric_hours(usage, submissions),
        "alarms": sum(_watched(alarm) for alarm in template.resources("AWS::CloudWatch::Alarm").values()),
        "keys": len(template.resources("AWS::KMS::Key")),
        "dashboards": len(template.resources("AWS::CloudWatch::Dashboard")),
        "secrets": len(template.resources("AWS::SecretsManager::Secret")),
        "secret reads": runs * ASSUMED["share of runs that read a secret, cold or after five minutes, at most"]
        + scheduled_runs(template),  # which come no sooner than a secret is read again
    }
    return {name: units.get(name, 0) * price.dollars for name, price in PRICES.items()}


def _metric_hours(usage: Usage, submissions: float) -> float:
    """Return for how many hours metrics come: those of good submissions with each, the others a tenth as often."""
    others = max(usage.metrics_in_use - usage.metrics, 0)
    return usage.metrics * min(HOURS_A_MONTH, submissions) + others * min(HOURS_A_MONTH, submissions / 10)


def worst_day(template: Template, usage: Usage) -> tuple[float, float]:
    """Submissions on a day on which the API is asked as often as it lets through, and the dollars they cost."""
    [api] = template.resources("AWS::Serverless::HttpApi").values()
    submissions = api["DefaultRouteSettings"]["ThrottlingRateLimit"] * 24 * 3600
    return submissions, sum(bill(template, usage, submissions).values())


def _met(goal: bool) -> str:
    return "met" if goal else "not met"


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
    few, many = (totals[VOLUMES.index(volume)] for volume in GOALS)
    e_mail = bills[-1]["e-mail"]
    print(f"Goals: 100 cost {few:.2f} dollars, at most {GOALS[100]:.2f}: {_met(few <= GOALS[100])}")
    print(f"a million {many / e_mail:.2f} times their e-mail, at most {GOALS[1_000_000]}: ", end="")
    print(_met(many <= GOALS[1_000_000] * e_mail))
    print(f"Without e-mail, a million cost {totals[-1] - bills[-1]['e-mail']:,.0f} dollars")


if __name__ == "__main__":
    main()
