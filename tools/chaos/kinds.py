"""The kinds of faults: what a call answers, whether it took effect, and where that can happen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

from botocore.exceptions import ConnectionClosedError, ReadTimeoutError

if TYPE_CHECKING:
    from tools.chaos.cloud import Point


class Died(BaseException):
    """The process ended here: no line of the functions runs on, whatever they catch."""


@dataclass(frozen=True)
class Kind:
    """One kind of fault. `strike(service, operation, url)` raises, or returns status and body of the answer."""

    name: str
    strike: Callable[[str, str, str], tuple[int, Any]]
    takes_effect: bool = False
    services: tuple[str, ...] = ()
    """Services at which it can happen, empty for all. At the edge of a step a process can only die."""
    conditional_only: bool = False
    retried: bool = True
    """True if the SDK retries it."""
    may_last: bool = False

    def suits(self, point: Point) -> bool:
        if self.conditional_only and not point.conditional:
            return False
        if point.service == "step":
            return self.strike is _die and not self.takes_effect
        return not self.services or point.service in self.services


LASTING = 0
"""The width of a fault that strikes each such call for as long as the function runs, as a missing right does."""


@dataclass(frozen=True)
class Fault:
    """A kind of fault at the attempt numbered `at`, and at the `width` - 1 after it."""

    at: int
    kind: Kind
    width: int = 1

    def __str__(self) -> str:
        return f"{self.kind.name} x{self.width or 'all'} at {self.at}"


def _error(status: int, code: str) -> Callable[[str, str, str], tuple[int, Any]]:
    return lambda service, operation, url: (status, {"__type": code, "message": "chaos"})


def _die(*_: str) -> NoReturn:
    raise Died


def _time_out(_service: str, _operation: str, url: str) -> NoReturn:
    raise ReadTimeoutError(endpoint_url=url)


def _reset(_service: str, _operation: str, url: str) -> NoReturn:
    raise ConnectionClosedError(endpoint_url=url)


KINDS = (
    Kind("process dies before", _die, retried=False),
    Kind("process dies after", _die, takes_effect=True, retried=False),
    Kind("throttled", _error(400, "ThrottlingException"), services=("dynamodb", "secretsmanager", "sqs")),
    Kind("timeout", _time_out),
    Kind("connection reset before", _reset),
    Kind("answer lost after", _time_out, takes_effect=True),
    Kind("500", _error(500, "InternalServerError")),
    Kind("500 after the effect", _error(500, "InternalServerError"), takes_effect=True),
    Kind("access denied", _error(400, "AccessDeniedException"), retried=False, may_last=True),
    Kind("own write met", _reset, takes_effect=True, services=("dynamodb",), conditional_only=True),
    Kind("table missing", _error(400, "ResourceNotFoundException"), services=("dynamodb",), retried=False),
    Kind("SES 429", _error(429, "TooManyRequestsException"), services=("sesv2",), retried=False),
    Kind("SES rejected", _error(400, "MessageRejected"), services=("sesv2",), retried=False),
)
