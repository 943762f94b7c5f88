"""The structured log and the metrics of all functions. Neither ever holds an answer or an address."""

import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

SERVICE = "certification"

logger = Logger(service=SERVICE)
metrics = Metrics(namespace="Certification", service=SERVICE)


def count(name: str) -> None:
    """Add one to a metric."""
    metrics.add_metric(name=name, unit=MetricUnit.Count, value=1)


def log_failure(what: str, error: Exception) -> None:
    """Say what failed and where, without the error's own text: it may repeat what a visitor wrote."""
    response: Mapping[str, Any] = getattr(error, "response", None) or {}  # None where the answer never came
    frames = [f"{Path(frame.filename).name}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)]
    logger.error(what, error=type(error).__name__, code=response.get("Error", {}).get("Code"), frames=frames)


def publish(**dimensions: str) -> None:
    """Print what was counted, in the format that CloudWatch reads; a handler ends with this."""
    if metrics.provider.metric_set:
        for name, value in dimensions.items():
            metrics.add_dimension(name, value)
        metrics.flush_metrics()
