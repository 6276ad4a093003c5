"""What goes wrong between a process and AWS, at a moment a test chooses, and a clock that stands where it is put."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from enum import StrEnum
from itertools import count
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError, ConnectTimeoutError, ReadTimeoutError
from ulid import ULID

from shared.aws import transactions
from shared.kernel import clock as clocks
from shared.kernel import ids
from shared.kernel.notes import SigningKey
from tests.support.crashes import Killed

AWS = "https://aws.example"


class Trouble(StrEnum):
    """What can happen to a call."""

    KILLED = "killed"
    """The process is gone before the call or after it: kill -9, or Lambda's own time-out."""
    UNHEARD = "unheard"
    """No answer came: the call never arrived, or it was done and nobody knows."""
    THROTTLED = "throttled"
    """Refused for the load, nothing done."""
    CONFLICT = "conflict"
    """Refused since another transaction is at the same rows, nothing done."""
    OVERTAKEN = "overtaken"
    """Another process does something at this moment, from beginning to end."""


_REFUSALS = frozenset({Trouble.THROTTLED, Trouble.CONFLICT})


@dataclass(frozen=True)
class Fault:
    """A trouble at a moment: 2n is before the n-th call of a process, 2n + 1 after it; for so many calls in a row."""

    trouble: Trouble
    moment: int
    times: int = 1


@dataclass
class Line:
    """The line to AWS: every call passes two moments on it, and meets the fault that is planned for one of them."""

    fault: Fault | None = None
    meanwhile: Callable[[], None] | None = None
    calls: int = 0
    heard: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    """What was published and queued, call by call: it has happened, whoever dies next."""

    @contextmanager
    def meeting(self, fault: Fault | None, meanwhile: Callable[[], None] | None = None) -> Iterator[None]:
        """One process's run, which meets a fault; a run within a run meets none but its own."""
        before = self.fault, self.meanwhile, self.calls
        self.fault, self.meanwhile, self.calls = fault, meanwhile, 0
        try:
            yield
        finally:
            self.fault, self.meanwhile, self.calls = before

    def call(self, operation: str, done: Callable[[], Any]) -> Any:
        """Make one call, or what the fault makes of it."""
        moment = 2 * self.calls
        self.calls += 1
        self._pass(moment, operation)
        answer = done()
        self._pass(moment + 1, operation)
        return answer

    def signed_by(self, key: SigningKey) -> SigningKey:
        """A key that lies on the other side of the line, as one in KMS does."""
        return SigningKey(key.key, lambda message: self.call("Sign", lambda: key.sign(message)))

    def _pass(self, moment: int, operation: str) -> None:
        fault = self.fault
        if fault is None or not _is_met(moment, fault):
            return
        if fault.trouble is Trouble.KILLED:
            raise Killed
        if fault.trouble is Trouble.OVERTAKEN:
            if self.meanwhile is not None:
                self.meanwhile()
        elif fault.trouble is Trouble.UNHEARD:
            raise ReadTimeoutError(endpoint_url=AWS) if moment % 2 else ConnectTimeoutError(endpoint_url=AWS)
        else:
            raise _refusal(fault.trouble, operation)


def _is_met(moment: int, fault: Fault) -> bool:
    if fault.trouble in _REFUSALS:
        # Nothing is done where a call is refused, so it is refused before it.
        return moment % 2 == 0 and fault.moment // 2 <= moment // 2 < fault.moment // 2 + fault.times
    return moment == fault.moment


def _refusal(trouble: Trouble, operation: str) -> ClientError:
    if operation != "TransactWriteItems":
        code = "ProvisionedThroughputExceededException" if "Item" in operation else "ThrottlingException"
        return ClientError({"Error": {"Code": code, "Message": "Too many requests"}}, operation)
    if trouble is Trouble.THROTTLED:
        return ClientError({"Error": {"Code": "ThrottlingException", "Message": "Too many requests"}}, operation)
    error: Any = {
        "Error": {"Code": "TransactionCanceledException", "Message": "Transaction cancelled"},
        "CancellationReasons": [{"Code": "TransactionConflict"}],
    }
    return ClientError(error, operation)


@contextmanager
def wired(patch: pytest.MonkeyPatch, line: Line) -> Iterator[None]:
    """While this is open, every call to AWS goes over the line, and pauses between attempts take no time."""
    call = BaseClient._make_api_call  # type: ignore[attr-defined]

    def make(client: BaseClient, operation: str, given: dict[str, Any]) -> Any:
        def done() -> Any:
            answer = call(client, operation, given)
            if operation in _TELLING:
                line.heard.append((operation, given))
            return answer

        return line.call(operation, done)

    with patch.context() as patched:
        patched.setattr(BaseClient, "_make_api_call", make)
        patched.setattr(transactions, "time", SimpleNamespace(sleep=lambda _: None))
        yield


_TELLING = frozenset({"PublishBatch", "SendMessageBatch"})


@dataclass
class Clock:
    """What every server of the city takes for now; `skew` is by how much the one at work is off."""

    now: datetime
    skew: timedelta = timedelta()

    def __call__(self) -> datetime:
        """The instant at the server that is at work."""
        return self.now + self.skew

    @contextmanager
    def kept(self, patch: pytest.MonkeyPatch) -> Iterator[None]:
        """While this is open, everything that asks for the time is told this, and ids are drawn in order."""
        drawn = count(1)

        def now(zone: tzinfo) -> datetime:
            return self().astimezone(zone)

        with patch.context() as patched:
            patched.setattr(clocks, "datetime", SimpleNamespace(now=now, fromisoformat=datetime.fromisoformat))
            patched.setattr(ids, "ULID", lambda: ULID.from_bytes(next(drawn).to_bytes(16, "big")))
            yield
