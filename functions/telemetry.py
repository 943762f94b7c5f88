"""The structured log and the metrics of all functions. Neither ever holds an answer or an address.

A posted form counts once, by form: accepted, held, duplicate, refused, limited, unreadable, or failed. A refused one
counts in refused_field too, once for each field that was wrong. E-mail that went out is mailed; owed is what the clock
found not sent yet, at each look: not how many there were, but how many wait.
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
"""By dimensions: how often each metric was counted since the last time they were published."""


def count(name: str, **dimensions: str) -> None:
    """Add one to a metric."""
    _counted[tuple(dimensions.items())][name] += 1


def log_failure(what: str, error: Exception, **about: Any) -> None:
    """Say what failed and where, without the error's own text: it may repeat what a visitor wrote."""
    response: Mapping[str, Any] = getattr(error, "response", None) or {}  # None where the answer never came
    frames = [f"{Path(frame.filename).name}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)]
    logger.error(what, error=type(error).__name__, code=response.get("Error", {}).get("Code"), frames=frames, **about)


def publish(**dimensions: str) -> None:
    """Print what was counted, in the format that CloudWatch reads; a handler ends with this."""
    for own, numbers in _counted.items():
        for name, number in numbers.items():
            metrics.add_metric(name=name, unit=MetricUnit.Count, value=number)
        for name, value in (dimensions | dict(own)).items():
            metrics.add_dimension(name, value)
        metrics.flush_metrics()
    _counted.clear()
