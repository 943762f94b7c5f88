"""Keeps every line that functions and the local run log, and every value that was posted, test by test.

What a function raises counts as logged: Lambda writes it into the function's log.
"""

import json
import logging
import re
from collections.abc import Collection, Iterator
from typing import Any
from urllib.parse import parse_qsl

import pytest
from aws_lambda_powertools.metrics.provider.cloudwatch_emf import cloudwatch

from forms.form import is_reference
from local.aws import api_gateway
from local.aws.api_gateway import Request
from tests.support import iam_report
from tests.support.samples import SAMPLES

SHORTEST = 8
"""Characters that a posted value needs to be searched for; shorter ones are in many lines by chance."""
HARMLESS = re.compile(r"[a-z]+|\d{4}-\d{2}-\d{2}")
"""Choices such as `checklists`, and dates, which lines have of their own."""
ADDRESS = re.compile(r"[\w.+%-]+@[\w-]+\.[\w.-]+")
OURS = ("certification.example.org", "@example.org")
"""The ends of addresses of senders and staff, which the template names."""

lines: list[str] = []
posted: set[str] = set()
_as_text = logging.Formatter()


class _Keep(logging.Handler):
    def addFilter(self, filter: Any) -> None:  # noqa: A002, N802  # the names are the library's
        """Powertools hides its lines from the root's handlers; here they are wanted."""

    def emit(self, record: logging.LogRecord) -> None:
        """The line, and whatever else the record holds: a formatter may choose to print it."""
        lines.append(f"{_as_text.format(record)} {vars(record)}")


def pytest_configure() -> None:
    logging.getLogger().addHandler(_Keep())
    logging.getLogger("local").setLevel(logging.INFO)
    raised = logging.getLogger("local.aws.lambda_runtime")
    raised.setLevel(logging.DEBUG)
    raised.addHandler(_Keep())
    raised.propagate = False
    cloudwatch.print = _print  # type: ignore[attr-defined]
    api_gateway.event_for = _noting(api_gateway.event_for)


@pytest.fixture(autouse=True)
def _nothing_personal_is_logged() -> Iterator[None]:
    """Fail where a line holds a value that this test posted, or anybody's address."""
    lines.clear()
    posted.clear()
    yield
    iam_report.counted["Lines of log and metrics"] += len(lines)
    iam_report.counted["Values posted and searched for in them"] += len(searched := _searched())
    assert personal("\n".join(lines), searched) == set()


def personal(text: str, values: Collection[str] = ()) -> set[str]:
    """What must not be in a log: these values, those of the samples, and addresses of others than ourselves."""
    answers = {value for sample in SAMPLES.values() for value in sample.values()}
    wanted = {*values} | _worth_searching(answers)
    found = {value for value in wanted if value in text or json.dumps(value)[1:-1] in text}
    return found | {address for address in ADDRESS.findall(text) if not address.endswith(OURS)}


def _searched() -> set[str]:
    return _worth_searching(posted)


def _worth_searching(values: set[str]) -> set[str]:
    harmless = {value for value in values if HARMLESS.fullmatch(value) or is_reference(value)}
    return {value for value in values - harmless if len(value) >= SHORTEST}


def _print(line: str) -> None:
    lines.append(line)
    print(line)


def _noting(event_for: Any) -> Any:
    def noting(request: Request, *more: Any) -> Any:
        body = request.body.decode("utf-8", "replace")
        for text in (body, request.query):
            posted.update(value.strip() for _, value in parse_qsl(text))
        return event_for(request, *more)

    return noting
