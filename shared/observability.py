"""One JSON log line per request or message, one correlation id from first call to last consumer, metrics as data.

No payload, name, number or token is ever a log field: lines carry ids, codes and counts only (R-AUD-1, privacy). The
text of an exception may quote what it failed on, so it is masked before it is written.
"""

import re
import threading
from functools import cache
from types import TracebackType

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter
from aws_lambda_powertools.metrics import MetricUnit

__all__ = ["MetricUnit", "count", "logger", "metrics"]

# Names and addresses are Chinese; citizen ids, credit identifiers, phones and case numbers hold a run of digits.
_PERSONAL = re.compile(r"[\u3400-\u9fff]+|[0-9A-Za-z]*[0-9]{6,}[0-9A-Za-z]*")


_WRITING = threading.Lock()

_Raised = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class _MaskingFormatter(LambdaPowertoolsFormatter):
    """Powertools' JSON, with exceptions' texts masked."""

    # The name is logging's own.
    def formatException(self, ei: _Raised) -> str:  # noqa: N802
        return _PERSONAL.sub("***", super().formatException(ei))


@cache
def logger() -> Logger:
    """The process's logger; the service's name comes from POWERTOOLS_SERVICE_NAME."""
    # Powertools would repeat the exception's text, unmasked, in a stack trace as JSON.
    return Logger(logger_formatter=_MaskingFormatter(use_rfc3339=True, utc=True, serialize_stacktrace=False))


@cache
def metrics() -> Metrics:
    """The process's metrics, written in CloudWatch's embedded format."""
    return Metrics(namespace="Shenguan")


def count(name: str, value: int = 1, unit: MetricUnit = MetricUnit.Count) -> None:
    """Write one metric value now; cheap enough for a handler that writes a few. Threads may do so at once."""
    one = metrics()
    with _WRITING:
        one.add_metric(name=name, unit=unit, value=value)
        one.flush_metrics()
