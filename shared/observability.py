"""One JSON log line per request or message, one correlation id from first call to last consumer, metrics as data.

No payload, name, number or token is ever a log field: lines carry ids, codes and counts only (R-AUD-1, privacy).
"""

from functools import cache

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

__all__ = ["MetricUnit", "count", "logger", "metrics"]


@cache
def logger() -> Logger:
    """The process's logger; the service's name comes from POWERTOOLS_SERVICE_NAME."""
    return Logger(use_rfc3339=True, utc=True)


@cache
def metrics() -> Metrics:
    """The process's metrics, written in CloudWatch's embedded format."""
    return Metrics(namespace="Shenguan")


def count(name: str, value: int = 1, unit: MetricUnit = MetricUnit.Count) -> None:
    """Write one metric value now; cheap enough for a handler that writes a few."""
    one = metrics()
    one.add_metric(name=name, unit=unit, value=value)
    one.flush_metrics()
