"""Structured log and metrics of all functions. Neither ever contains an answer or an address.

Metrics of a POST, by form, one of: `accepted`, `held`, `duplicate`, `refused`, `limited`, `unreadable`, `failed`. Which
fields were wrong is in the log only: each further metric has its price. `mailed`: e-mails sent. `owed`: e-mails still
unsent at each sweep, so the current backlog, not a total. `left`: items that a sweep had no time for.
"""

import traceback
from collections import Counter, defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

SERVICE = "certification"

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


def publish(**dimensions: str) -> None:
    """Print the metrics in CloudWatch's embedded metric format. Every handler calls this last."""
    for own, numbers in _counted.items():
        for name, number in numbers.items():
            metrics.add_metric(name=name, unit=MetricUnit.Count, value=number)
        for name, value in (dimensions | dict(own)).items():
            metrics.add_dimension(name, value)
        # One record for each set of dimensions, as the embedded metric format requires.
        metrics.flush_metrics()
    _counted.clear()
