"""The structured log and the metrics of all functions. Neither ever holds an answer or an address."""

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

SERVICE = "certification"

logger = Logger(service=SERVICE)
metrics = Metrics(namespace="Certification", service=SERVICE)


def count(name: str) -> None:
    """Add one to a metric."""
    metrics.add_metric(name=name, unit=MetricUnit.Count, value=1)


def publish(**dimensions: str) -> None:
    """Print what was counted, in the format that CloudWatch reads; a handler ends with this."""
    if metrics.provider.metric_set:
        for name, value in dimensions.items():
            metrics.add_dimension(name, value)
        metrics.flush_metrics()
