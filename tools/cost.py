"""`make cost`: the monthly bill, line by line, for so many submissions.

What a submission causes is not guessed: one of each form goes through the local run, and what the functions ask of AWS
is counted. prices.py says what that costs, and what has to be assumed.
"""

import gzip
import io
import re
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from contextlib import ExitStack, redirect_stdout
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import boto3

from local.aws import write_meter
from local.aws.api_gateway import Gateway, Request
from local.aws.dynamodb_stream import Stream
from local.aws.eventbridge import Reports
from local.aws.lambda_runtime import forget
from local.aws.stand_in import StandIn
from local.aws.write_meter import Units
from local.clock import Clock
from local.events import rules, schedules, stream_mappings
from local.template import ACCOUNT, Template
from tests.support.samples import SAMPLES
from tests.support.site_build import build_site
from tools.prices import ASSUMED, HOURS_A_MONTH, PRICES

ROOT = Path(__file__).parents[1]
VOLUMES = (100, 10_000, 1_000_000)
GB = 1e9
GOALS = {100: 4.0, 1_000_000: 1.25}
"""Dollars a month for the one, at most so many times the e-mail for the other."""
READ = ("", "certification")
"""Pages that somebody reads before a form."""
A_WHILE = timedelta(minutes=15)
"""Until the clock has looked whether the e-mails of a submission went out."""


@dataclass
class Usage:
    """Usage of one submission: units by the names of PRICES, and runs by function."""

    units: Counter[str] = field(default_factory=Counter)
    runs: Counter[str] = field(default_factory=Counter)
    writes: defaultdict[str, list[Units]] = field(default_factory=lambda: defaultdict(list))
    """Write units of all submissions, by step: post, mail, reports, look."""
    step: str = "look"
    tables: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """The tables that each step reads or writes."""
    queries_of_clock: int = 0
    """Of all its calls in A_WHILE: they come whether anything was submitted or not."""

    def note(self, units: list[Units]) -> None:
        """Count a write, unless the clock makes it whether anything was submitted or not: that of the digest."""
        if not any(each.key.startswith("digest-") for each in units):
            self.writes[self.step].extend(units)


def measure(template: Template, forms: Mapping[str, Mapping[str, str]] = SAMPLES, account: str = ACCOUNT) -> Usage:
    """Return the mean of one submission of each form, answered before anybody has to be reminded.

    Each call in a process needs another account (see StandIn).
    """
    calls: list[tuple[str, str, Mapping[str, Any]]] = []
    said, usage = io.StringIO(), Usage()
    with ExitStack() as stack:
        stack.enter_context(redirect_stdout(said))
        site = build_site(Path(stack.enter_context(tempfile.TemporaryDirectory())))
        streams: list[Stream] = []
        reports = Reports(template)
        clock = Clock(template, lambda: _settle(streams, reports, usage))
        stack.callback(clock.stop)
        usage.units["CloudFront function"] = (len(READ) + 1) * len(forms)  # it sees no assets
        visits = [_visit(site, slug) for slug in forms]
        usage.units["pages"] = sum(len(sizes) for sizes in visits)
        usage.units["transfer"] = sum(sum(sizes) for sizes in visits) / GB
        cloud = StandIn(template, account=account)
        stack.callback(cloud.close)
        cloud.on_mail(reports.note)
        forget(template)  # clients of a stand-in before this one
        streams += [Stream(template, mapping) for mapping in stream_mappings(template)]
        gateway = Gateway(template)
        clock.advance(A_WHILE)  # the morning's digest goes out now, if at all
        said.truncate(said.seek(0))
        boto3.DEFAULT_SESSION.events.register("provide-client-params.*.*", _noting(calls, usage))
        stack.enter_context(cloud.metered(usage.note))
        forget(template)  # so that clients are made that note
        usage.step = "post"
        for slug, answers in forms.items():
            usage.units["transfer"] += _submit(gateway, slug, answers) / GB
        clock.advance(A_WHILE)
        _count(usage, list(calls), template)
        usage.units["table writes"] = sum(each.units for step in usage.writes.values() for each in step)
    usage.units["logs"] = len(said.getvalue()) / GB
    usage.runs = Counter(forms=2 * len(forms), notifier=len(forms))
    usage.runs["reports"] = usage.units["e-mail"] * len(rules(template))
    for counts in (usage.units, usage.runs):
        for name in counts:
            counts[name] /= len(forms)
    return usage


def _visit(site: Path, slug: str) -> list[int]:
    """Return the bytes of what somebody gets who reads READ, then a form, compressed, with nothing in the cache."""
    files = {site / page / "index.html" for page in (*READ, slug)}
    for page in list(files):
        files |= {site / name for name in re.findall(r'(?:src|href)="[./]*(assets/[^"]+)"', page.read_text("utf-8"))}
    return [len(gzip.compress(file.read_bytes())) for file in files]


def _noting(calls: list[tuple[str, str, Mapping[str, Any]]], usage: Usage) -> Callable[..., None]:
    def note(params: Mapping[str, Any], model: Any, **_: Any) -> None:
        calls.append((usage.step, model.name, dict(params)))

    return note


def _settle(streams: list[Stream], reports: Reports, usage: Usage) -> None:
    usage.step = "mail"
    for stream in streams:
        stream.drain()
    usage.step = "reports"
    reports.drain()
    usage.step = "look"


def _submit(gateway: Gateway, slug: str, answers: Mapping[str, str]) -> int:
    """Send a form, and look at its receipt; return the bytes of that, which CloudFront does not compress."""
    headers = {"content-type": "application/x-www-form-urlencoded"}
    answer = gateway.answer(Request("POST", f"/forms/{slug}", headers=headers, body=urlencode(answers).encode()))
    path, _, query = dict(answer.headers)["location"].partition("?")
    return len(gateway.answer(Request("GET", path, query)).body)


def _count(usage: Usage, calls: list[tuple[str, str, Mapping[str, Any]]], template: Template) -> None:
    tables = {template.resolve.name(name): table for name, table in template.resources("AWS::DynamoDB::Table").items()}
    items = {name: boto3.client("dynamodb").scan(TableName=name)["Items"] for name in tables}
    for step, operation, given in calls:
        usage.tables[step] |= _tables(given)
        match operation:
            case "Query" if step == "look":
                usage.queries_of_clock += 1
            case "SendEmail":
                usage.units["e-mail"] += len(given["Destination"]["ToAddresses"])
            case "GetItem" | "Query" | "Scan":  # never too little: each reads the table's largest item
                usage.units["table reads"] += _read_units(items[given["TableName"]], given)
            case "BatchGetItem":
                for table, asked in given["RequestItems"].items():
                    usage.units["table reads"] += len(asked["Keys"]) * _read_units(items[table], asked)
    for name, table in tables.items():
        for item in items[name]:
            months = _months_kept(item)
            held = [write_meter.size(part) + 100 for part in write_meter.in_indexes(table, item)]  # AWS adds 100 each
            usage.units["table storage"] += (write_meter.size(item) + 100 + sum(held)) / GB * months
            usage.units["table backup"] += write_meter.size(item) / GB * months


def _tables(given: Mapping[str, Any]) -> set[str]:
    """Return the tables that a request to DynamoDB names."""
    single = [given["TableName"]] if "TableName" in given else []
    parts = [part["TableName"] for each in given.get("TransactItems", ()) for part in each.values()]
    return {*single, *parts, *given.get("RequestItems", ())}


def _key_requests(template: Template, usage: Usage, submissions: float) -> float:
    """Return the requests for the keys of tables in a month, at most.

    DynamoDB makes one in five minutes for each table and role that uses it; the stream is read day and night.
    """
    often = HOURS_A_MONTH * 12
    runs = {"post": usage.runs["forms"] * submissions, "reports": usage.runs["reports"] * submissions, "mail": often}
    runs["look"] = scheduled_runs(template)
    return sum(len(tables) * min(runs[step], often) for step, tables in usage.tables.items())


def _read_units(items: list[dict[str, Any]], asked: Mapping[str, Any]) -> float:
    """Return the units of a read of a table's largest item."""
    largest = max(map(write_meter.size, items), default=1)
    return ceil(largest / 4096) / (1 if asked.get("ConsistentRead") else 2)


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
    """Return dollars a month, by the names of PRICES."""
    from telemetry import METRICS  # its logger writes to what is the output when it is imported

    memory = template.functions["FormsFunction"]["MemorySize"] / 1024
    runs = sum(usage.runs.values()) * submissions + scheduled_runs(template)
    seconds = usage.runs["forms"] * ASSUMED["seconds that a form's function runs"] * submissions
    seconds += usage.runs["reports"] * ASSUMED["seconds that a report of SES takes"] * submissions
    others = runs - (usage.runs["forms"] + usage.runs["reports"]) * submissions
    seconds += others * ASSUMED["seconds that the notifier runs"]
    pages = usage.units["pages"] * submissions
    queries = usage.queries_of_clock * HOURS_A_MONTH / (A_WHILE / timedelta(hours=1))
    units = {name: count * submissions for name, count in usage.units.items()} | {
        "HTTP API": usage.runs["forms"] * submissions,
        "Lambda runs": runs,
        "Lambda time": seconds * memory,
        "CloudFront requests": pages + usage.runs["forms"] * submissions,
        "CloudFront transfer": usage.units["transfer"] * submissions,
        "table reads": usage.units["table reads"] * submissions + queries,
        "logs": usage.units["logs"] * submissions,  # Lambda itself logs only what failed
        "metrics": len(METRICS) * min(HOURS_A_MONTH, submissions),  # never too little: each in every hour
        "alarms": sum(_watched(alarm) for alarm in template.resources("AWS::CloudWatch::Alarm").values()),
        "keys": len(template.resources("AWS::KMS::Key")),
        "key requests": _key_requests(template, usage, submissions),
        "dashboards": len(template.resources("AWS::CloudWatch::Dashboard")),
        "secrets": len(template.resources("AWS::SecretsManager::Secret")),
        "secret reads": runs * ASSUMED["share of runs that read a secret, cold or after five minutes, at most"]
        + scheduled_runs(template),  # which come no sooner than a secret is read again
    }
    return {name: units.get(name, 0) * price.dollars for name, price in PRICES.items()}


def worst_day(template: Template, usage: Usage) -> tuple[float, float]:
    """Return the submissions of a day on which the API is asked as often as it allows, and their cost in dollars."""
    [api] = template.resources("AWS::Serverless::HttpApi").values()
    submissions = float(template.resolve(api["DefaultRouteSettings"]["ThrottlingRateLimit"])) * 24 * 3600
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
