"""What is asked of DynamoDB while something happens: how many requests, and how many rows they looked at."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.client import BaseClient


@dataclass
class Asked:
    """The requests by operation, and the rows that queries looked at (`ScannedCount`)."""

    requests: Counter[str] = field(default_factory=Counter)
    rows: int = 0


@contextmanager
def counted() -> Iterator[Asked]:
    """Count every request made inside."""
    asked = Asked()
    call = BaseClient._make_api_call  # type: ignore[attr-defined]

    def counting(client: BaseClient, operation: str, given: dict[str, Any]) -> Any:
        answer = call(client, operation, given)
        asked.requests[operation] += 1
        asked.rows += answer.get("ScannedCount", 0)
        return answer

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(BaseClient, "_make_api_call", counting)
        yield asked
