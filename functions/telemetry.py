"""Structured log and metrics of all functions. Neither ever contains an answer or an address.

Counted of a POST, by form, one of: `accepted`, `held`, `duplicate` (these by reference too), `refused`, `limited`,
`unreadable`, `failed`.
`mailed`: e-mails sent. `owed`: unsent e-mails of the submissions that a sweep came to, not a total. `left`: items
that it had no time for. What an alarm watches is a metric of CloudWatch; the rest are log lines `counted`.
"""

import traceback
from collections import Counter, defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

SERVICE = "certification"

METRICS = ("digest", "not_mailed")
"""The counts that alarms watch, without dimensions. Each metric has its price for every hour in which it comes."""

logger = Logger(service=SERVICE)
metrics = Metrics(namespace="Certification", service=SERVICE)

_counted: defaultdict[tuple[tuple[str, str], ...], Counter[str]] = defaultdict(Counter)
"""By dimensions: the value of each metric since the last call of publish."""


def count(name: str, number: int = 1, **dimensions: str) -> None:
    """Add to a metric."""
    _counted[tuple(dimensions.items())][name] += number


def log_failure(what: str, error: Exception, **about: Any) -> None:
    """Log what failed and where."""
    # Never the error's own text: it may repeat what a visitor wrote.
    response: Mapping[str, Any] = getattr(error, "response", None) or {}  # None if there was no response
    frames = [f"{Path(frame.filename).name}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)]
    logger.error(what, error=type(error).__name__, code=response.get("Error", {}).get("Code"), frames=frames, **about)


def request_failed(error: Exception) -> None:
    """Count and log that a request could not be answered as it should."""
    count("failed")
    log_failure("failed", error)


def publish(**dimensions: str) -> None:
    """Log what was counted, metrics in CloudWatch's embedded metric format. Every handler calls this last."""
    for counted_by, numbers in _counted.items():
        watched = {name: numbers.pop(name) for name in METRICS if name in numbers}
        for name, number in watched.items():
            metrics.add_metric(name=name, unit=MetricUnit.Count, value=number)
        if watched:
            metrics.flush_metrics()
        if numbers:
            about: dict[str, Any] = {**dimensions, **dict(counted_by)}
            logger.info("counted", counts=dict(numbers), **about)
    _counted.clear()
