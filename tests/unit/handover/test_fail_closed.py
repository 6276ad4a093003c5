"""Pushes stop when the audit log stops sealing, where the operator wants that (R-AUD-6)."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest

from services.audit.domain.health import Progress
from services.audit.logic.bulletin import tell
from services.handover import events, wiring
from services.handover.domain.sealing import check_sealing
from services.handover.store.sealing import SealedLogStore
from shared.aws.consumer import system_principal
from shared.aws.table import Row
from shared.contracts.event import Event
from shared.contracts.sealed import LogSealed
from shared.kernel.clock import to_text, utc_now
from shared.kernel.errors import Refused
from shared.kernel.ids import new_id
from shared.kernel.permissions import Role
from tests.support.acts import all_rows
from tests.support.audit_builders import NOW
from tests.support.aws import sqs_batch, unsent_events
from tests.support.gateway import Answer, Gateway
from tests.support.handover_builders import BUREAU, MARKET, acceptance, decision, later_act
from tests.support.lag_builders import Meter, Queue

MINUTE = timedelta(minutes=1)
LIMIT = timedelta(seconds=120)


@pytest.fixture
def closing(table: type[Row], monkeypatch: pytest.MonkeyPatch) -> type[Row]:
    """Handover as it is where pushes wait for the log."""
    monkeypatch.setenv("FAIL_CLOSED_AFTER_SECONDS", "120")
    monkeypatch.setattr("services.handover.store.sealing._KEPT_SECONDS", -1.0)
    return table


def bureau(gateway: Gateway) -> Gateway:
    return gateway.with_principal(BUREAU, Role.APPROVER, Role.REGISTRAR)


def hear(through: datetime) -> None:
    """Handover takes what audit tells."""
    told: list[Event] = []
    tell(_keep_in(told), system_principal("audit"), Progress(through=through, size=9), through)
    assert events.consume(sqs_batch(*told), None) == {"batchItemFailures": []}


def long_unsealed() -> None:
    """The log has not been sealing since NOW."""
    wiring.journal().table(pk="log", sk="sealed", version=1, body="2026-03-02T01:30:00.000Z").save()


def _keep_in(told: list[Event]) -> Any:
    def announce(given: Iterable[Event]) -> int:
        told.extend(given)
        return len(told)

    return announce


def refused(answer: Answer) -> bool:
    assert answer.status in {201, 503}, answer.text
    return answer.status == 503


@pytest.mark.usefixtures("closing")
def test_a_push_is_accepted_while_the_log_is_sealing(gateway: Gateway) -> None:
    hear(utc_now() - timedelta(seconds=90))
    assert not refused(bureau(gateway).post("/v1/acceptances", acceptance()))


@pytest.mark.usefixtures("closing")
def test_every_act_of_a_bureau_is_refused_when_it_is_not_and_says_when_to_come_back(gateway: Gateway) -> None:
    hear(utc_now())
    assert not refused(bureau(gateway).post("/v1/acceptances", acceptance()))
    assert not refused(bureau(gateway).post("/v1/decisions", decision()))
    long_unsealed()
    answers = [
        bureau(gateway).post("/v1/acceptances", acceptance(case_number="SP-2026-000102")),
        bureau(gateway).post("/v1/decisions", decision(case_number="SP-2026-000103")),
        bureau(gateway).post("/v1/later-acts", later_act()),
    ]
    for answer in answers:
        assert (answer.status, answer.json["code"]) == (503, "log_not_sealing")
        assert answer.headers["Retry-After"] == "60"
        assert "2026-03-02T01:30:00.000Z" in answer.json["detail_zh"]
        assert "2026-03-02T01:30:00.000Z" in answer.json["detail_en"]


@pytest.mark.usefixtures("closing")
def test_what_is_refused_leaves_nothing_but_the_record_of_its_refusal(gateway: Gateway) -> None:
    before = len(all_rows(wiring.journal().table))
    assert refused(bureau(gateway).post("/v1/acceptances", acceptance()))
    (event,) = unsent_events(wiring.journal().table)
    assert (event.type, event.data.body["code"]) == ("request.refused.v1", "log_not_sealing")
    assert len(all_rows(wiring.journal().table)) == before + 1


@pytest.mark.usefixtures("closing")
def test_the_same_request_goes_through_once_it_seals_again(gateway: Gateway) -> None:
    key = new_id("key")
    assert refused(bureau(gateway).post("/v1/acceptances", acceptance(), key=key))
    hear(utc_now())
    assert not refused(bureau(gateway).post("/v1/acceptances", acceptance(), key=key))


@pytest.mark.usefixtures("closing")
def test_what_was_pushed_before_is_still_answered_the_same(gateway: Gateway) -> None:
    """R-HND-13: nothing new is accepted by it, under its key or another."""
    hear(utc_now())
    key = new_id("key")
    first = bureau(gateway).post("/v1/acceptances", acceptance(), key=key)
    long_unsealed()
    assert bureau(gateway).post("/v1/acceptances", acceptance(), key=key).text == first.text
    assert bureau(gateway).post("/v1/acceptances", acceptance()).text == first.text


@pytest.mark.usefixtures("closing")
def test_departments_go_on_while_nothing_new_is_pushed(gateway: Gateway) -> None:
    """Their limits run; what they do is in their case's chain and is sealed later."""
    hear(utc_now())
    assert bureau(gateway).post("/v1/acceptances", acceptance()).status == 201
    long_unsealed()
    assert gateway.with_principal(MARKET, Role.LIAISON).get("/v1/inbox").status == 200
    assert bureau(gateway).get("/v1/unrouted").status == 200


@pytest.mark.usefixtures("closing")
def test_who_never_heard_of_the_log_accepts_nothing(gateway: Gateway) -> None:
    answer = bureau(gateway).post("/v1/acceptances", acceptance())
    assert answer.json["code"] == "log_not_sealing"
    assert "启用此项检查" in answer.json["detail_zh"]


def test_by_default_nothing_is_refused_and_nothing_is_read(
    gateway: Gateway, table: type[Row], monkeypatch: pytest.MonkeyPatch
) -> None:
    del table
    monkeypatch.setattr(wiring, "sealed_log", lambda: pytest.fail("read"))
    assert not refused(bureau(gateway).post("/v1/acceptances", acceptance()))


@pytest.mark.usefixtures("closing")
def test_what_is_told_twice_or_late_takes_nothing_back() -> None:
    now = utc_now()
    for ago in (0, 0, 500):
        hear(now - timedelta(seconds=ago))
    assert wiring.sealed_log().through() == now


@pytest.mark.usefixtures("closing")
def test_it_closes_when_what_handover_recorded_does_not_leave_it(gateway: Gateway) -> None:
    """Audit seals whatever it is sent and cannot know of what it is not."""
    hear(utc_now())
    assert not refused(bureau(gateway).post("/v1/acceptances", acceptance()))
    table = wiring.journal().table
    (oldest, *_) = unsent_events(table)
    row = table.get(oldest.subject, f"event#{oldest.sequence:010d}")
    row.outbox_at = to_text(utc_now() - timedelta(seconds=150))
    row.save()
    answer = bureau(gateway).post("/v1/acceptances", acceptance(case_number="SP-2026-000102"))
    assert answer.json["code"] == "log_not_sealing"
    row.update(actions=[table.outbox_shard.remove(), table.outbox_at.remove()])
    assert not refused(bureau(gateway).post("/v1/acceptances", acceptance(case_number="SP-2026-000102")))


def test_the_row_is_read_once_in_some_seconds(table: type[Row]) -> None:
    """One cheap read, not one for each push."""
    store = SealedLogStore(table)
    assert store.through() is None
    store.keep(NOW)
    assert store.through() is None
    assert SealedLogStore(table).through() == NOW


@dataclass
class City:
    """Audit measures and tells every minute; handover hears it, or not."""

    meter: Meter = field(default_factory=Meter)
    heard: datetime | None = None
    now: datetime = NOW

    def minute(self, queue: Queue, *, audit_runs: bool = True) -> bool:
        """A minute passes; whether pushes are accepted at its end, just before audit measures again."""
        if audit_runs:
            told: list[Event] = []
            tell(_keep_in(told), system_principal("audit"), self.meter.at(self.now, queue), self.now)
            for event in told:
                self.heard = max(self.heard or NOW, LogSealed.model_validate(event.data.body).through)
        self.now += MINUTE
        return self.open()

    def open(self) -> bool:
        try:
            check_sealing(self.heard, LIMIT, self.now)
        except Refused:
            return False
        return True


def test_it_closes_when_the_sealer_stops_and_opens_when_it_seals_again() -> None:
    city = City()
    assert not city.open()
    assert [city.minute(Queue()) for _ in range(5)] == [True] * 5
    stopped = [city.minute(Queue([7])) for _ in range(5)]
    assert stopped == [True, False, False, False, False]
    assert city.minute(Queue())


def test_it_closes_when_audit_is_dead_and_says_nothing() -> None:
    city = City()
    assert city.minute(Queue())
    assert [city.minute(Queue(), audit_runs=False) for _ in range(4)] == [True, False, False, False]
    assert city.minute(Queue())


def test_it_stays_closed_while_events_are_given_up_though_the_queue_is_empty() -> None:
    city = City()
    assert city.minute(Queue())
    assert [city.minute(Queue(dead=1)) for _ in range(3)] == [True, False, False]
    assert city.minute(Queue())


def test_nothing_is_told_of_a_log_that_was_never_measured() -> None:
    tell(lambda _: pytest.fail("told"), system_principal("audit"), Progress(), NOW)
