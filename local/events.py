"""What calls functions of the template besides requests: table streams, schedules, and events of SES."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from local.template import Template

STREAM_SETTINGS = {
    "Stream",
    "StartingPosition",  # always played from the oldest record: the local stream is as old as the process
    "BatchSize",
    "MaximumRetryAttempts",
    "MaximumRecordAgeInSeconds",  # no local record gets old enough
    "BisectBatchOnFunctionError",
    "FunctionResponseTypes",
    "FilterCriteria",
    "DestinationConfig",
}
SCHEDULE_SETTINGS = {
    "ScheduleExpression",
    "Description",
    "Name",
    "State",
    "FlexibleTimeWindow",  # OFF, or refused
    "RetryPolicy",  # a local schedule that failed comes again with its next turn
    "DeadLetterConfig",
}
RULE_SETTINGS = {"Pattern", "RuleName", "RetryPolicy", "DeadLetterConfig"}
RATE = re.compile(r"rate\(([1-9]\d*) (minute|hour|day)s?\)")


@dataclass(frozen=True)
class StreamMapping:
    """A table's stream and the function that it calls. `table` and `queue` are names, `function` is a logical id."""

    table: str
    function: str
    batch_size: int
    retries: int
    bisects: bool
    reports_failures: bool
    patterns: tuple[Mapping[str, Any], ...]
    queue: str | None


@dataclass(frozen=True)
class Schedule:
    """A function that is called at a rate."""

    function: str
    every: timedelta


@dataclass(frozen=True)
class Rule:
    """A function that is called for the events that match a pattern. `queue` is the name of its failure queue."""

    function: str
    pattern: Mapping[str, Any]
    retries: int
    queue: str | None


def stream_mappings(template: Template) -> list[StreamMapping]:
    """The table streams that call functions."""
    return [_stream_mapping(template, name, event) for name, event in template.events("DynamoDB")]


def schedules(template: Template) -> Iterator[Schedule]:
    """The schedules that are not switched off."""
    for function, event in template.events("ScheduleV2"):
        _refuse_unknown(function, event, SCHEDULE_SETTINGS)
        rate = RATE.fullmatch(event["ScheduleExpression"])
        if not rate or event.get("FlexibleTimeWindow", {"Mode": "OFF"})["Mode"] != "OFF":
            raise ValueError(f"{function}: the local run plays schedules at a rate only, such as rate(5 minutes)")
        if event.get("State", "ENABLED") == "ENABLED":
            yield Schedule(function, timedelta(**{f"{rate[2]}s": int(rate[1])}))


def rules(template: Template) -> Iterator[Rule]:
    """The functions that are called for events of EventBridge's default bus."""
    for function, event in template.events("EventBridgeRule"):
        _refuse_unknown(function, event, RULE_SETTINGS)
        queue = event.get("DeadLetterConfig", {}).get("Arn")
        yield Rule(
            function=function,
            pattern=template.resolve(event["Pattern"]),
            retries=event.get("RetryPolicy", {}).get("MaximumRetryAttempts", 185),
            queue=queue and _name_behind(template, queue),
        )


def reported_by_ses(template: Template) -> dict[str, set[str]]:
    """By name of the configuration set: what SES publishes to EventBridge, such as SEND and BOUNCE."""
    published: dict[str, set[str]] = {}
    for destination in template.resources("AWS::SES::ConfigurationSetEventDestination").values():
        settings = destination["EventDestination"]
        if settings.get("Enabled") and "EventBridgeDestination" in settings:
            name = template.resolve(destination["ConfigurationSetName"])
            published.setdefault(name, set()).update(settings["MatchingEventTypes"])
    return published


def _stream_mapping(template: Template, function: str, event: Mapping[str, Any]) -> StreamMapping:
    _refuse_unknown(function, event, STREAM_SETTINGS)
    if event.get("MaximumRetryAttempts", -1) < 0:
        raise ValueError(f"{function}: say with MaximumRetryAttempts when to give up; the default is never")
    destination = event.get("DestinationConfig", {}).get("OnFailure", {"Destination": None})["Destination"]
    return StreamMapping(
        table=_name_behind(template, event["Stream"]),
        function=function,
        batch_size=event.get("BatchSize", 100),
        retries=event["MaximumRetryAttempts"],
        bisects=event.get("BisectBatchOnFunctionError", False),
        reports_failures="ReportBatchItemFailures" in event.get("FunctionResponseTypes", []),
        patterns=tuple(json.loads(each["Pattern"]) for each in event.get("FilterCriteria", {}).get("Filters", [])),
        queue=destination and _name_behind(template, destination),
    )


def _refuse_unknown(function: str, event: Mapping[str, Any], known: set[str]) -> None:
    if unknown := event.keys() - known:
        raise ValueError(f"{function}: the local run does not play {', '.join(sorted(unknown))}")


def _name_behind(template: Template, reference: Any) -> str:
    """The name of the resource whose ARN a `!GetAtt` asks for."""
    match reference:
        case {"Fn::GetAtt": [str(logical_id), "Arn" | "StreamArn"]}:
            return template.resolve.name(logical_id)
    raise ValueError(f"the local run expects !GetAtt of an Arn or StreamArn, not {reference!r}")
