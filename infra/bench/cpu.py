"""How much of a processor handlers need above their calls to AWS, beside yardsticks of the same run.

The seconds of this machine are nobody's, so what counts are the ratios.
"""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final, TypeVar
from unittest.mock import patch

from botocore.client import BaseClient
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from infra.bench import acts
from infra.bench.city import APPROVER, LIAISON, OVERSIGHT
from infra.bench.engine_stage import Desk, opened
from infra.bench.gateway import Ask, answer_of, call, event_of
from infra.bench.outcomes import Spent
from infra.build import Report
from services.handover import events
from services.handover.schemas.stages import AcceptanceRequest
from shared.kernel.canonical import canonical_json, sha256_hex
from shared.kernel.clock import from_text
from shared.kernel.permissions import Principal

_MATERIALS: Final = 6

R = TypeVar("R")


@dataclass(slots=True)
class _Watch:
    """Processor time of this thread, without what clients of AWS take of it."""

    spent: dict[str, list[float]] = field(default_factory=dict)
    _asking: float = 0

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Watch every client of AWS."""
        # It is where every request begins and ends, PynamoDB's too.
        ask = BaseClient._make_api_call  # type: ignore[attr-defined]  # noqa: SLF001

        def timed(client: BaseClient, *arguments: Any) -> Any:  # noqa: ANN401 - botocore's own
            began = time.thread_time()
            try:
                return ask(client, *arguments)
            finally:
                self._asking += time.thread_time() - began

        with patch.object(BaseClient, "_make_api_call", timed):
            yield

    def time(self, name: str, work: Callable[[], R]) -> R:
        """Do some work and note what it took."""
        self._asking, began = 0, time.thread_time()
        done = work()
        self.spent.setdefault(name, []).append(time.thread_time() - began - self._asking)
        return done

    def taken(self) -> list[Spent]:
        """What was watched so far; watching begins anew."""
        spent, self.spent = self.spent, {}
        return [Spent(name, tuple(seconds)) for name, seconds in spent.items()]


def measured_cpu(repeats: int, say: Report) -> tuple[list[Spent], list[Spent]]:
    """The yardsticks, and the handlers, warm, each so many times."""
    watch = _Watch()
    with opened() as desk, watch.installed():
        cases = _Cases(desk, watch)
        for number in range(repeats // 10 + 1):
            cases.play(number)
        watch.taken()
        for number in range(repeats):
            cases.play(repeats + number)
            if number % 50 == 0:
                say(f"processor time, {number} of {repeats}")
        handlers = watch.taken()
        for name, work in _yardsticks():
            for _ in range(repeats):
                watch.time(name, work)
        return watch.taken(), handlers


class _Cases:
    """One case after another, from the acceptance to its elapsing."""

    def __init__(self, desk: Desk, watch: _Watch) -> None:
        self._desk, self._watch = desk, watch

    def play(self, number: int) -> None:
        """One case's requests, timed."""
        accepted = self._time("acceptance", APPROVER, acts.acceptance(number, _MATERIALS))
        (push,) = accepted["pushes"]
        self._time("inbox", LIAISON, acts.INBOX)
        self._time("view", LIAISON, acts.view(push["push_id"]))
        self._time("claim", LIAISON, acts.claim(push["push_id"]))
        decided = self._time("decision", APPROVER, acts.decision(number))
        self._time("responsibility", OVERSIGHT, acts.responsibility(accepted["case_id"]))
        self._elapse(accepted["case_id"])
        # So that nothing of it is due any more when the next one elapses.
        call(self._desk.app, LIAISON, acts.claim(decided["pushes"][0]["push_id"]))

    def _elapse(self, case_id: str) -> None:
        row = self._desk.stage.table("handover").find(case_id, "due#case")
        if row is None or row.due_at is None:
            raise LookupError(f"nothing is due in {case_id}")
        come = from_text(row.due_at) + timedelta(seconds=1)
        with patch.object(events, "utc_now", lambda: come):
            self._watch.time("elapse of one", lambda: self._desk.stage.run("handover", "elapse"))

    def _time(self, name: str, principal: Principal, ask: Ask) -> dict[str, Any]:
        event = event_of(principal, ask)
        read: dict[str, Any] = json.loads(answer_of(ask, self._watch.time(name, lambda: self._desk.app(event, None))))
        return read


def _yardsticks() -> Iterator[tuple[str, Callable[[], object]]]:
    """What any program that did this job would do at least: read the body, hash it, sign something."""
    body = acts.acceptance(0, _MATERIALS).body
    text = json.dumps(body)
    key = Ed25519PrivateKey.generate()

    def read_and_hash() -> str:
        request = AcceptanceRequest.model_validate_json(text)
        return sha256_hex(canonical_json(request.model_dump(mode="json")))

    yield "yardstick: read an acceptance's body (pydantic) and hash it (RFC 8785, SHA-256)", read_and_hash
    yield "yardstick: an Ed25519 signature", lambda: key.sign(text.encode())
