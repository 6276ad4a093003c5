"""Handover and those who hear of it, each process of which may meet a fault: asked, told and started again as AWS does.

Nothing of ours is replaced: requests go through the app, news and events through the functions that queues, streams and
schedules call. What may fail is the line to AWS and the process itself; see tests.support.faults.
"""

import importlib
import json
import logging
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models import dynamodb_backends

from services.handover import events as handover
from services.handover import wiring
from services.handover.app import app
from services.handover.domain.cases import CaseFile
from shared.aws import settings as common
from shared.aws.failures import is_passing
from shared.aws.table import Row, bound_table
from shared.contracts.change import Stored
from shared.contracts.event import Event
from shared.contracts.receipts import SignedReceipt
from shared.http import outbox
from shared.kernel.clock import from_text
from shared.kernel.permissions import Role
from tests.support.aws import TICK, sqs_batch
from tests.support.crashes import Killed
from tests.support.faults import Clock, Fault, Line, wired
from tests.support.gateway import Answer, Gateway
from tests.support.granted import held_in_kms
from tests.support.receipt_builders import ROOT
from tests.support.services import any_service_in_moto, become_new

Json = dict[str, Any]

START = from_text("2026-03-02T01:30:00.000Z")
"""Monday morning in Beijing."""

AGAIN = 8
"""How many messages every queue repeats in the end, after all those that a test had repeated."""

OFTEN = 25
"""As often as anything is tried again before it is a fault of its own that it does not end."""


@dataclass(frozen=True)
class Request:
    """One request, to be sent as often as it takes, always under the same key and correlation id."""

    number: int
    method: str
    path: str
    body: Json | None
    department: str
    roles: tuple[Role, ...]
    client: str
    key: str

    @property
    def correlation_id(self) -> str:
        return f"request-{self.number:06d}"


@dataclass
class Asked:
    """A request and its answer; None while the client knows of none, and so asks again (R-HND-13)."""

    request: Request
    answer: Answer | None = None

    @property
    def done(self) -> Json | None:
        """What was answered where it was done."""
        return self.answer.json if self.answer and self.answer.status < 300 else None


@dataclass
class Mailbox:
    """A queue: each message comes at least once, in any order; what fails comes again."""

    name: str
    take: Callable[[Json], Json]
    waiting: list[str] = field(default_factory=list)
    taken: list[str] = field(default_factory=list)

    def chosen(self, picks: Sequence[int]) -> list[str]:
        """The messages at these places, among those that were taken before as well: queues repeat themselves."""
        every = [*self.waiting, *self.taken]
        return [every[pick % len(every)] for pick in picks] if every else []

    def deliver(self, messages: Sequence[str]) -> None:
        """One batch; what is not named as failed is deleted. A process that dies deletes nothing."""
        if not messages:
            return
        failed = {each["itemIdentifier"] for each in self.take(sqs_batch(*messages))["batchItemFailures"]}
        for number, message in enumerate(messages):
            if f"message-{number}" not in failed and message in self.waiting:
                self.waiting.remove(message)
                self.taken.append(message)


@dataclass(frozen=True)
class CaseTruth:
    """Everything that handover's table holds of a case."""

    stored: Stored[CaseFile]
    events: tuple[Event, ...]
    rows: Mapping[str, Json]

    @property
    def file(self) -> CaseFile:
        return self.stored.state

    def receipts(self) -> Iterator[SignedReceipt]:
        """Every receipt that is kept."""
        for sk, row in self.rows.items():
            if sk.startswith("receipt#"):
                yield from map(SignedReceipt.model_validate, json.loads(row["body"]))


@dataclass
class FaultyCity:
    """The services, what was asked of them, and what they told."""

    line: Line
    clock: Clock
    table: type[Row]
    hearers: Mapping[str, Mailbox]
    news: Mailbox
    asked: list[Asked] = field(default_factory=list)
    deaths: int = 0
    _posted: int = 0
    _cases: dict[str, CaseTruth] = field(default_factory=dict)

    # ── Processes ────────────────────────────────────────────────────────────────────────────────

    def run(
        self, process: Callable[[], Any], fault: Fault | None = None, meanwhile: Callable[[], None] | None = None
    ) -> Any:
        """What a process answers; None where it died, and then the next one is a new one, or where AWS failed it."""
        with self.line.meeting(fault, meanwhile):
            try:
                return process()
            except Killed:
                self.deaths += 1
                # Nothing that was kept in memory is left, the key that signs receipts neither.
                become_new(wiring)
            except Exception as error:
                # What a queue or a schedule called fails and is called again; a request answers for itself.
                if not is_passing(error):
                    raise
        return None

    # ── What is asked ────────────────────────────────────────────────────────────────────────────

    def ask(self, request: Request, fault: Fault | None = None, meanwhile: Callable[[], None] | None = None) -> Asked:
        """Send a request for the first time."""
        asked = Asked(request)
        self.asked.append(asked)
        self.again(asked, fault, meanwhile)
        return asked

    def again(
        self, asked: Asked, fault: Fault | None = None, meanwhile: Callable[[], None] | None = None
    ) -> Answer | None:
        """Send it once more; what is answered now, which is kept as its answer if it is the first."""
        answer: Answer | None = self.run(partial(self._send, asked.request), fault, meanwhile)
        if answer is None or answer.status == 503 or _is_partly_done(answer):
            return None
        assert answer.status != 500, answer.text
        if asked.answer is None:
            asked.answer = answer
        return answer

    def unanswered(self) -> list[Asked]:
        """What its clients will ask again."""
        return [asked for asked in self.asked if asked.answer is None]

    def _send(self, request: Request) -> Answer:
        gateway = Gateway(app).with_principal(request.department, *request.roles, client_id=request.client)
        correlation = {"X-Correlation-Id": request.correlation_id}
        if request.method == "GET":
            return gateway.get(request.path, **correlation)
        return gateway.post(request.path, request.body, key=request.key, **correlation)

    # ── What the clock and the queues bring ──────────────────────────────────────────────────────

    def elapse(self) -> None:
        """One run of the schedule."""
        handover.elapse(TICK, None)

    def sweep(self) -> None:
        """The outbox's schedule."""
        outbox.sweep(TICK, None)

    def relay(self, picks: Sequence[int]) -> None:
        """A batch of the stream: rows of events as they were inserted, some of them not for the first time."""
        inserted = [row for row in self.rows() if row["sk"].startswith("event#")]
        chosen = [inserted[pick % len(inserted)] for pick in picks] if inserted else []
        outbox.relay({"Records": [_inserted(row) for row in chosen]}, None)

    def told(self) -> Counter[str]:
        """How often each event was told to the topic, by its id."""
        return Counter(event.id for event in self._published())

    def logged(self) -> Counter[str]:
        """How often each envelope went to the log's queue."""
        queued = (given for operation, given in self.line.heard if operation == "SendMessageBatch")
        return Counter(json.loads(entry["MessageBody"])["id"] for given in queued for entry in given["Entries"])

    def post(self) -> None:
        """What was published meanwhile comes into every hearer's queue."""
        published = [event.model_dump_json() for event in self._published()]
        for hearer in self.hearers.values():
            hearer.waiting += published[self._posted :]
        self._posted = len(published)

    def _published(self) -> Iterator[Event]:
        for operation, given in self.line.heard:
            if operation == "PublishBatch":
                for entry in given["PublishBatchRequestEntries"]:
                    yield Event.model_validate_json(entry["Message"])

    # ── What there is ────────────────────────────────────────────────────────────────────────────

    def rows(self, service: str = "handover") -> list[Json]:
        """Every row of a service's table, out of moto's memory: a scan after every step would be half of the test."""
        (tables,) = (each.tables for each in dynamodb_backends[DEFAULT_ACCOUNT_ID].values() if each.tables)
        items = tables[f"test-{service}"].all_items()
        return [{name: held.value for name, held in item.attrs.items()} for item in items]

    def cases(self) -> dict[str, CaseTruth]:
        """Every case as it stands, in the order of their beginning; what did not change is not read again."""
        by_case: dict[str, dict[str, Json]] = {}
        for row in self.rows():
            if row["pk"].startswith("case_"):
                by_case.setdefault(row["pk"], {})[row["sk"]] = row
        for case_id, rows in by_case.items():
            known = self._cases.get(case_id)
            if known is None or known.rows != rows:
                self._cases[case_id] = self._read(case_id, rows)
        assert self._cases.keys() == by_case.keys(), "no case ever goes"
        return self._cases

    def _read(self, case_id: str, rows: Mapping[str, Json]) -> CaseTruth:
        with self.line.meeting(None):
            stored = wiring.cases().case(case_id)
        assert stored, f"{case_id} has rows and no head"
        told = (row["body"] for sk, row in sorted(rows.items()) if sk.startswith("event#"))
        return CaseTruth(stored, tuple(map(Event.model_validate_json, told)), rows)

    # ── Until nothing more happens ───────────────────────────────────────────────────────────────

    def calm(self) -> None:
        """No more faults: everything is asked, heard, elapsed and told again until nothing more comes of it."""
        self.settle()
        self.post()
        for hearer in self.hearers.values():
            self._hear(hearer)

    def settle(self) -> None:
        """The same as far as handover goes."""
        self.clock.skew = timedelta()
        for asked in self.unanswered():
            for _ in range(OFTEN):
                if asked.answer is None:
                    self.again(asked)
        self._hear(self.news)
        for _ in range(OFTEN):
            # A minute goes by at every look, so that what is left to the sweeper is old enough for it.
            self.clock.now += timedelta(minutes=2)
            before = self.rows()
            self.run(self.elapse)
            self.run(self.sweep)
            if self.rows() == before:
                break
        else:
            raise AssertionError("it does not come to an end")

    def _hear(self, box: Mailbox) -> None:
        """Everything that waits, and then some of it again, the latest first."""
        for _ in range(OFTEN):
            self.run(partial(box.deliver, tuple(box.waiting)))
        assert not box.waiting, f"{box.name} cannot take {box.waiting[0]}"
        self.run(partial(box.deliver, tuple(reversed(box.taken[-AGAIN:]))))


def _is_partly_done(answer: Answer) -> bool:
    """Whether a batch says of some of its parts that they are to be asked for again."""
    results = answer.json.get("results", ()) if answer.status == 200 else ()
    return any(each.get("problem") and each["problem"]["status"] == 503 for each in results)


def _inserted(row: Json) -> Json:
    image = {name: {"S": row[name]} for name in ("pk", "sk", "body")} | {"outbox_shard": {"S": "0"}}
    return {
        "eventID": "1",
        "eventName": "INSERT",
        "eventSource": "aws:dynamodb",
        "awsRegion": "cn-north-1",
        "eventSourceARN": "arn",
        "dynamodb": {
            "NewImage": image,
            "Keys": {},
            "SequenceNumber": "1",
            "ApproximateCreationDateTime": 0,
            "SizeBytes": 1,
            "StreamViewType": "NEW_IMAGE",
        },
    }


HEARERS = ("notification", "oversight")


@contextmanager
def a_faulty_city() -> Iterator[FaultyCity]:
    """Handover in moto with those who hear of it, a line that may fail, and a clock that stands."""
    with ExitStack() as opened:
        patch = opened.enter_context(pytest.MonkeyPatch.context())
        line, clock = Line(), Clock(START)
        opened.enter_context(clock.kept(patch))
        table = opened.enter_context(any_service_in_moto(patch, "handover"))
        patch.setattr(wiring, "kms_signer", lambda _, key_id, *__: held_in_kms(line.signed_by(ROOT), key_id))
        outbox._outbox.cache_clear()
        hearers = {name: Mailbox(name, _hearer(name, patch)) for name in HEARERS}
        opened.enter_context(wired(patch, line))
        # What goes wrong is meant to: writing it all down would be a third of the test.
        logging.disable(logging.CRITICAL)
        opened.callback(logging.disable, logging.NOTSET)
        news = Mailbox("news", lambda batch: handover.consume(batch, None))
        yield FaultyCity(line, clock, table, hearers, news)


def _hearer(service: str, patch: pytest.MonkeyPatch) -> Callable[[Json], Json]:
    """Another service that hears of handover, on a table of its own."""
    its_wiring = importlib.import_module(f"services.{service}.wiring")
    bound_table(f"test-{service}").create_table(billing_mode="PAY_PER_REQUEST", wait=True)
    with patch.context() as its:
        its.setenv("TABLE_NAME", f"test-{service}")
        its.setenv("SHENGUAN_SERVICE", service)
        common.settings.cache_clear()
        become_new(its_wiring)
        its_wiring.store()
        if service == "notification":
            its_wiring.channel()
    common.settings.cache_clear()
    its_events = importlib.import_module(f"services.{service}.events")
    return lambda batch: its_events.consume_events(batch, None)
