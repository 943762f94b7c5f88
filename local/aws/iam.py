"""Emulates IAM: a function may call only what its policies in the template allow."""

import json
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from email.utils import parseaddr
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Any

import botocore
import botocore.session
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

from local.template import ACCOUNT, REGION, Template

WILDCARDS = {
    # A sender is verified by its own address or by its domain, which the template does not know; and SES's sandbox asks
    # for the recipients' identities too. The condition on the sender's address says who sends.
    ":identity/*": "ses:FromAddress",
}
"""The ends of resources with a wildcard that a policy may name, and the key of the condition that it then must have."""
DENIED = 403

log = logging.getLogger("local.aws.iam")


@dataclass(frozen=True)
class Right:
    """An action that a policy allows on a resource (an ARN), where the request has these values for condition keys."""

    action: str
    resource: str
    condition: frozenset[tuple[str, str]] = frozenset()


@dataclass(frozen=True)
class Asked:
    """A call of a function, and the right that allowed it, None if it was denied."""

    function: str
    action: str
    resource: str
    allowed_by: Right | None


listeners: list[Callable[[Asked], None]] = []
"""Called with every call that a function makes."""

_running: ContextVar[tuple[Template, str] | None] = ContextVar("running", default=None)


@contextmanager
def running(template: Template, function: str) -> Iterator[None]:
    """Make this thread's calls of AWS those of a function, by its logical id."""
    before = _running.set((template, function))
    try:
        yield
    finally:
        _running.reset(before)


@lru_cache(maxsize=64)
def of(template: Template, function: str) -> frozenset[Right]:
    """Return the rights of a function's policies. Raises ValueError for a policy that is not emulated or too wide."""
    return frozenset(
        right
        for policy in template.functions[function].get("Policies", [])
        for statement in _statements(function, policy)
        for right in _allowed(function, template.resolve(statement))
    )


def _statements(function: str, policy: Any) -> list[Any]:
    match policy:
        case {"Statement": list(statements), **others} if not others.keys() - {"Version"}:
            return statements
    raise ValueError(f"{function}: the local run plays policies with a Statement only, not {policy!r}")


def _allowed(function: str, statement: Mapping[str, Any]) -> Iterator[Right]:
    condition = statement.get("Condition", {})
    unknown = statement.keys() - {"Sid", "Effect", "Action", "Resource", "Condition"} or condition.keys() - {
        "StringEquals"
    }
    if unknown or statement["Effect"] != "Allow":
        raise ValueError(f"{function}: the local run does not play the statement {statement!r}")
    needed = frozenset(condition.get("StringEquals", {}).items())
    for action in _as_list(statement["Action"]):
        for resource in _as_list(statement["Resource"]):
            if "*" in action or ("*" in resource and not _has_reason(resource, needed)):
                raise ValueError(f"{function}: a policy allows {action} on {resource}, which is too much")
            yield Right(action, resource, needed)


def _has_reason(resource: str, condition: frozenset[tuple[str, str]]) -> bool:
    keys = {key for key, _ in condition}
    return any(resource.endswith(end) and key in keys for end, key in WILDCARDS.items())


def _check(**call: Any) -> Any:
    """Check a call before it happens: None lets it happen, an answer takes its place."""
    if not (run := _running.get()):
        return None
    template, function = run
    model, request = call["model"], json.loads(call["params"]["body"])
    denied: list[Asked] = []
    for action, resource in _asked(model.service_model.service_name, model.name, request):
        granted = (right for right in of(template, function) if _allows(right, action, resource, request))
        asked = Asked(function, action, resource, next(granted, None))
        for listener in listeners:
            listener(asked)
        if asked.allowed_by is None:
            denied.append(asked)
    return _answer(denied[0], call["params"]["url"]) if denied else None


def _answer(denied: Asked, url: str) -> tuple[AWSResponse, dict[str, Any]]:
    log.error("%s may not %s on %s, says template.yaml", denied.function, denied.action, denied.resource)
    who = f"arn:aws:sts::{ACCOUNT}:assumed-role/{denied.function}"
    text = f"User: {who} is not authorized to perform: {denied.action} on resource: {denied.resource}"
    error = {"Code": "AccessDeniedException", "Message": text}
    parsed = {"Error": error, "ResponseMetadata": {"HTTPStatusCode": DENIED, "HTTPHeaders": {}, "RetryAttempts": 0}}
    return AWSResponse(url, DENIED, HTTPHeaders(), None), parsed


def _asked(service: str, operation: str, request: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the actions that a call asks for, each with a resource. Raises ValueError for a call not played here.

    SES asks for ses:SendRawEmail where SendEmail hands over a raw message, as its errors say; the service authorization
    reference names ses:SendEmail for the operation. So both are asked for here.
    """
    match service, request:
        case "dynamodb", {"TableName": str(table)}:
            index = f"/index/{request['IndexName']}" if "IndexName" in request else ""
            return [(f"dynamodb:{operation}", _arn("dynamodb", f"table/{table}{index}"))]
        case "dynamodb", {"RequestItems": dict(tables)}:
            return [(f"dynamodb:{operation}", _arn("dynamodb", f"table/{table}")) for table in tables]
        case "dynamodb", {"TransactItems": list(items)}:
            parts = [(kind, part["TableName"]) for item in items for kind, part in item.items()]
            return [(f"dynamodb:{kind}Item", _arn("dynamodb", f"table/{table}")) for kind, table in parts]
        case "secretsmanager", {"SecretId": str(secret)}:
            return [(f"secretsmanager:{operation}", secret)]
        case "sqs", {"QueueUrl": str(url)}:
            return [(f"sqs:{operation}", _arn("sqs", url.rpartition("/")[2]))]
        case "sesv2", {"Content": content, "FromEmailAddress": str(sender)}:
            actions = [f"ses:{operation}", *(["ses:SendRawEmail"] if "Raw" in content else [])]
            resources = [f"identity/{parseaddr(sender)[1]}"]
            if reported := request.get("ConfigurationSetName"):
                resources.append(f"configuration-set/{reported}")
            return [(action, _arn("ses", resource)) for action in actions for resource in resources]
    raise ValueError(f"the local run does not know what rights {service}'s {operation} asks for")


def _allows(right: Right, action: str, resource: str, request: Mapping[str, Any]) -> bool:
    if not (right.action == action and fnmatchcase(resource, right.resource)):
        return False
    values = {"ses:FromAddress": parseaddr(request.get("FromEmailAddress", ""))[1]} if right.condition else {}
    return all(values.get(key) == value for key, value in right.condition)


def _arn(service: str, resource: str) -> str:
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{resource}"


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _watch(session: botocore.session.Session) -> None:
    session.register("before-call.*.*", _check)


botocore.register_initializer(_watch)  # every client of every session from now on
