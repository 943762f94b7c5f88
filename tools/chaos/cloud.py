"""AWS for the chaos runs: every attempt of every call is numbered, answered by moto in this process, or made to fail.

botocore calls each `before-send` handler even where an earlier one has answered, so nothing else may be registered
there: the hook asks moto itself, and only where the call is to take effect.
"""

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from unittest.mock import patch

import boto3
import botocore.endpoint
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.retries.quota import RetryQuota
from moto.core.botocore_stubber import MockRawResponse

from tools.chaos.kinds import LASTING, Died, Fault
from tools.chaos.tables import WRITES, Tables

SECRET = "chaos"
FIXED = {
    "secretsmanager": {"ARN": "arn", "Name": "signing", "SecretString": SECRET},
    "sqs": {"Attributes": {"ApproximateNumberOfMessages": "0"}},
}
"""Responses of services that are not emulated."""


@dataclass(frozen=True)
class Point:
    """One place where a fault can strike: an attempt of a call, or the edge of a step (`service` is "step")."""

    service: str
    operation: str
    step: str
    conditional: bool = False
    writes: bool = False
    """Return whether the call changes anything; sending an e-mail counts."""

    @property
    def name(self) -> str:
        return f"{self.step}: {self.service} {self.operation}"


@dataclass(frozen=True)
class Accepted:
    """An e-mail that SES took: what it is (the tags), to whom, its text as it was sent, and when."""

    tags: Mapping[str, str]
    to: tuple[str, ...]
    raw: bytes
    at: float
    id: str


@dataclass
class Cloud:
    """Records the AWS calls of one run. `faults` strike by the number of their point."""

    now: Callable[[], float]
    tables: Tables
    faults: tuple[Fault, ...] = ()
    points: list[Point] = field(default_factory=list)
    struck: list[tuple[Fault, Point]] = field(default_factory=list)
    accepted: list[Accepted] = field(default_factory=list)
    own_writes_met: int = 0
    """Repeated attempts that were refused because the first one had taken effect after all."""
    step: str = ""
    began: int = 0
    """The number of the point at which the function that runs was called."""
    on_mail: Callable[[Accepted], None] | None = None
    """Called while SES still holds its answer back."""

    def edge(self, operation: str) -> None:
        """Pass the beginning or end of a step. Raises Died."""
        if operation == "begins":
            self.began = len(self.points)
        if fault := self._fault_at(Point("step", operation, self.step)):
            raise Died(fault.kind.name)

    def answer(self, request: AWSPreparedRequest, event_name: str) -> AWSResponse:
        """Play one attempt of a call."""
        _, service, operation = event_name.split(".")
        service = service.replace("-", "")
        conditional = b'"ConditionExpression"' in _body(request)
        writes = operation in WRITES or service == "sesv2"
        fault = self._fault_at(Point(service, operation, self.step, conditional, writes))
        if fault is None:
            return self._carry_out(service, operation, request)
        if fault.kind.takes_effect:
            self._carry_out(service, operation, request)
        return _response(request, *fault.kind.strike(service, operation, request.url))

    def is_safe_for(self, points: int) -> bool:
        """Return whether no fault waits at the next `count` points."""
        first = len(self.points)
        return not any(fault.at < first + points and first < fault.at + max(fault.width, 1) for fault in self.faults)

    def _fault_at(self, point: Point) -> Fault | None:
        number = len(self.points)
        self.points.append(point)
        for fault in self.faults:
            if self._is_struck(fault, number, point):
                self.struck.append((fault, point))
                return fault
        return None

    def _is_struck(self, fault: Fault, number: int, point: Point) -> bool:
        if fault.width == LASTING and self.began <= fault.at <= number:
            return point == self.points[fault.at]
        return fault.at <= number < fault.at + fault.width and fault.kind.suits(point)

    def _carry_out(self, service: str, operation: str, request: AWSPreparedRequest) -> AWSResponse:
        if service == "dynamodb":
            status, headers, body = self.tables.answer(operation, _body(request))
            if status == 400 and "ConditionalCheckFailed" in body and self._repeats_own_write():
                self.own_writes_met += 1
            return _response(request, status, body, headers)
        if service == "sesv2":
            return _response(request, 200, {"MessageId": self._accept(json.loads(_body(request)))})
        return _response(request, 200, FIXED[service])

    def _repeats_own_write(self) -> bool:
        """Return whether the previous attempt was a write whose response was lost."""
        fault, _ = self.struck[-1] if self.struck else (None, None)
        return bool(fault and fault.kind.conditional_only and len(self.points) - 1 == fault.at + fault.width)

    def _accept(self, asked: Mapping[str, Any]) -> str:
        tags = {tag["Name"]: tag["Value"] for tag in asked["EmailTags"]}
        to = tuple(asked["Destination"]["ToAddresses"])
        mail = Accepted(tags, to, asked["Content"]["Raw"]["Data"], self.now(), f"{tags['slot']}-{len(self.accepted)}")
        self.accepted.append(mail)
        if self.on_mail and asked["ConfigurationSetName"] == os.environ["CONFIGURATION_SET"]:
            self.on_mail(mail)  # a report goes where the configuration set says
        return mail.id


class Clients:
    """The functions' AWS clients, made once, and the cloud that they talk to at the moment."""

    def __init__(self) -> None:
        self.cloud: Cloud | None = None
        self._make = boto3.client

    @cache  # noqa: B019  # as long as the process lives
    def client(self, service: str, **settings: Any) -> Any:
        client = self._make(service, **settings)
        client.meta.events.register("before-send", self._answer)
        return client

    def _answer(self, request: AWSPreparedRequest, event_name: str, **_: Any) -> AWSResponse:
        assert self.cloud
        return self.cloud.answer(request, event_name)


@contextmanager
def hooked() -> Iterator[Clients]:
    """Lead every client that is made from here on into a `Cloud`. Pauses between attempts take no time, and no
    process has used up what its SDK may retry: each run stands for a process of its own."""
    clients = Clients()
    with ExitStack() as stack:
        stack.enter_context(patch.object(boto3, "client", clients.client))
        stack.enter_context(patch.object(botocore.endpoint.time, "sleep", lambda _: None))
        stack.enter_context(patch.object(RetryQuota, "acquire", lambda *_: True))
        yield clients


def _body(request: AWSPreparedRequest) -> bytes:
    body = request.body or b""
    return body if isinstance(body, bytes) else body.encode()


def _response(request: AWSPreparedRequest, status: int, body: Any, headers: Mapping[str, str] | None = None) -> Any:
    content = body if isinstance(body, (str, bytes)) else json.dumps(body)
    return AWSResponse(request.url, status, dict(headers or {}), MockRawResponse(content))
