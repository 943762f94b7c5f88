"""Reads the event sources of the template besides HTTP: table streams, schedules, and SES events."""

import json
import re
from collections.abc import Mapping
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
    "Input",
    "OmitName",
    "State",
    "FlexibleTimeWindow",
    "RetryPolicy",  # a local schedule that failed comes again with its next turn
    "DeadLetterConfig",
}
RULE_SETTINGS = {"Pattern", "RuleName", "RetryPolicy", "DeadLetterConfig"}
RATE = re.compile(r"rate\(([1-9][0-9]*) (minute|hour|day)s?\)")


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
    """A function (its logical id) that is called at a rate, with the event."""

    function: str
    every: timedelta
    event: Mapping[str, Any]


@dataclass(frozen=True)
class Rule:
    """A function (its logical id) that is called for what SES reports, where the pattern matches.

    `retries` are the further calls after one that failed; `queue` is the name of the failure queue.
    """

    function: str
    pattern: Mapping[str, Any]
    retries: int
    queue: str | None


def stream_mappings(template: Template) -> list[StreamMapping]:
    """Return the table streams that call functions."""
    return [_stream_mapping(template, function, event) for function, event in template.events("DynamoDB")]


def schedules(template: Template) -> list[Schedule]:
    """Return the schedules that are not switched off."""
    declared = [(_schedule(function, event), event) for function, event in template.events("ScheduleV2")]
    return [schedule for schedule, event in declared if event.get("State") != "DISABLED"]


def rules(template: Template) -> list[Rule]:
    """Return the functions that are called for events of EventBridge's default bus."""
    return [_rule(template, function, event) for function, event in template.events("EventBridgeRule")]


def reported_by_ses(template: Template) -> dict[str, set[str]]:
    """Return, by name of the configuration set, what SES reports to EventBridge, as "SEND" and "BOUNCE"."""
    reported: dict[str, set[str]] = {}
    for destination in template.resources("AWS::SES::ConfigurationSetEventDestination").values():
        settings = template.resolve(destination["EventDestination"])
        if settings.get("Enabled") and "EventBridgeDestination" in settings:
            kinds = {kind.upper() for kind in settings["MatchingEventTypes"]}
            reported.setdefault(template.resolve(destination["ConfigurationSetName"]), set()).update(kinds)
    return reported


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


def _schedule(function: str, event: Mapping[str, Any]) -> Schedule:
    _refuse_unknown(function, event, SCHEDULE_SETTINGS)
    expression, state = event["ScheduleExpression"], event.get("State", "ENABLED")
    rate = RATE.fullmatch(expression)
    if not rate:
        raise ValueError(f"{function}: the local run plays rates such as rate(5 minutes), not {expression}")
    if state not in ("ENABLED", "DISABLED"):
        raise ValueError(f"{function}: the local run does not play State: {state}")
    if (window := event.get("FlexibleTimeWindow", {"Mode": "OFF"})) != {"Mode": "OFF"}:
        raise ValueError(f'{function}: the local run plays FlexibleTimeWindow: {{Mode: "OFF"}} only, not {window!r}')
    try:
        given = json.loads(event.get("Input", "{}"))
    except (TypeError, ValueError):
        raise ValueError(f"{function}: Input is the event, as JSON in a string, not {event['Input']!r}") from None
    return Schedule(function, timedelta(**{f"{rate[2]}s": int(rate[1])}), given)


def _rule(template: Template, function: str, event: Mapping[str, Any]) -> Rule:
    _refuse_unknown(function, event, RULE_SETTINGS)
    pattern = template.resolve(event["Pattern"])
    if pattern.get("source") != ["aws.ses"]:
        raise ValueError(f"{function}: the local run plays events with source: [aws.ses] only, not {pattern!r}")
    letters = event.get("DeadLetterConfig")
    return Rule(
        function=function,
        pattern=pattern,
        retries=event.get("RetryPolicy", {}).get("MaximumRetryAttempts", 2),
        queue=_name_behind(template, letters.get("Arn")) if letters else None,
    )


def _refuse_unknown(function: str, event: Mapping[str, Any], known: set[str]) -> None:
    if unknown := event.keys() - known:
        raise ValueError(f"{function}: the local run does not play {', '.join(sorted(unknown))}")


def _name_behind(template: Template, reference: Any) -> str:
    """Return the name of the resource whose ARN a `!GetAtt` asks for."""
    match reference:
        case {"Fn::GetAtt": [str(logical_id), "Arn" | "StreamArn"]}:
            return template.resolve.name(logical_id)
    raise ValueError(f"the local run expects !GetAtt of an Arn or StreamArn, not {reference!r}")
