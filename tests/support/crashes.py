"""Kills a process at a chosen moment; `Wire` does it just before, or just after, its n-th call to AWS."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.client import BaseClient


class Killed(BaseException):
    """The process is gone. No handler of ours may catch it, so it is no Exception."""


def kill() -> None:
    """End the process, as far as its code can tell."""
    raise Killed


@dataclass
class Wire:
    """Counts the moments around every call and kills at one of them, once."""

    at: int
    passed: int = 0

    def moment(self) -> None:
        self.passed += 1
        if self.passed - 1 == self.at:
            raise Killed

    @contextmanager
    def cut(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        """While this is open, every call to AWS passes two moments."""
        call = BaseClient._make_api_call  # type: ignore[attr-defined]

        def wired(client: BaseClient, operation: str, given: dict[str, Any]) -> Any:
            self.moment()
            answer = call(client, operation, given)
            self.moment()
            return answer

        with monkeypatch.context() as patched:
            patched.setattr(BaseClient, "_make_api_call", wired)
            yield
