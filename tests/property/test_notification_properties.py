"""Laws of delivery: no applicant in any SMS, and whatever crashes, every liaison is reached (R-NTF-1, R-NTF-3)."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.notification import logic
from services.notification.domain import LEASE, Outcome, delivered_message, deliveries_for, masked
from services.notification.store import NotificationStore
from shared.aws.consumer import system_principal
from shared.aws.table import Row
from shared.contracts.change import AlreadyDone, Context, Once
from shared.contracts.departments import Liaison
from shared.contracts.pushes import Push
from shared.contracts.vocabulary import ClaimMode, Stage
from shared.kernel.errors import Unavailable
from shared.kernel.ids import new_id
from tests.support.aws import service_in_moto
from tests.support.push_builders import NOON, a_department, a_push

SHOWN = {"item_name", "case_number", "stage", "claim_mode", "claim_due_at"}
"""The only fields of a push an SMS is made of."""

WORDS = st.text("王小二张三李四ABC0123456789", min_size=1, max_size=40)


@given(data=st.data(), stage=st.sampled_from(Stage), mode=st.sampled_from(ClaimMode))
def test_an_sms_depends_on_five_fields_of_the_push_and_on_nothing_else(
    data: st.DataObject, stage: Stage, mode: ClaimMode
) -> None:
    plain = a_push(stage=stage, claim_mode=mode)
    texts = {name: data.draw(WORDS) for name in ("claimed_by", "claim_rule")}
    number = data.draw(st.integers(1, 999))
    other = plain.model_copy(
        update=texts | {"case_id": new_id("case"), "push_id": new_id("push"), "item_version": number, "viewed_at": NOON}
    )
    assert {*texts, "case_id", "push_id", "item_version", "viewed_at"}.isdisjoint(SHOWN)
    assert delivered_message(other).text == delivered_message(plain).text


@given(case_number=st.text("0123456789-SP", min_size=7, max_size=60))
def test_an_sms_never_shows_a_whole_case_number(case_number: str) -> None:
    assert case_number not in delivered_message(a_push(case_number=case_number)).text


@given(phone=st.from_regex(r"^\+?[0-9][0-9\-]{5,19}$", fullmatch=True))
def test_no_delivery_shows_a_whole_number(phone: str) -> None:
    (delivery,) = deliveries_for(delivered_message(a_push()), (Liaison(name="甲", phone=phone),), NOON)
    shown = sum(character.isdigit() for character in delivery.phone_masked or "")
    assert delivery.phone_masked == masked(phone)
    assert shown <= max(0, sum(character.isdigit() for character in phone) - 4)


class Crashing:
    """Stands before any function and dies in its place, or right after it, as a drawn plan says."""

    def __init__(self, plan: list[str]) -> None:
        self.plan = plan

    def at(self, act: Callable[[], Outcome | None]) -> Outcome | None:
        step = self.plan.pop() if self.plan else "go"
        if step == "before":
            raise Unavailable
        result = act()
        if step == "after":
            raise Unavailable
        return result


class CrashingStore(NotificationStore):
    """A store whose process may die before or after each write."""

    crash: Crashing

    def queue(self, deliveries, once):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
        return self.crash.at(lambda: NotificationStore.queue(self, deliveries, once))

    def lease(self, waiting, until):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
        return self.crash.at(lambda: NotificationStore.lease(self, waiting, until))  # type: ignore[arg-type, return-value]

    def spread(self, leased, deliveries):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
        return self.crash.at(lambda: NotificationStore.spread(self, leased, deliveries))  # type: ignore[arg-type, return-value]

    def save(self, change):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
        return self.crash.at(lambda: NotificationStore.save(self, change))


class Carrier:
    """Remembers every number a message was taken for."""

    def __init__(self, crash: Crashing) -> None:
        self.crash = crash
        self.taken: list[str] = []

    def send(self, phone: str, text: str) -> Outcome:  # noqa: ARG002
        def take() -> Outcome:
            self.taken.append(phone)
            return Outcome(reached=True, result="taken")

        return self.crash.at(take) or Outcome(reached=False, result="never")


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Row]]:
    with service_in_moto(monkeypatch, "notification") as made:
        yield made


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    plan=st.lists(st.sampled_from(["go", "go", "before", "after"]), max_size=8),
    liaisons=st.integers(1, 3),
    known_first=st.booleans(),
)
def test_whatever_crashes_every_liaison_is_reached_and_without_crashes_exactly_once(
    table: type[Row], plan: list[str], liaisons: int, known_first: bool
) -> None:
    """May send twice after a crash between sending and recording; never none."""
    _empty(table)
    numbers = [f"1390000000{n}" for n in range(liaisons)]
    crash = Crashing(list(plan))
    store, carrier = CrashingStore(table), Carrier(crash)
    store.crash = crash
    department = a_department(*(Liaison(name=f"联络员{number}", phone=number) for number in numbers))
    push = a_push()
    told = Once(new_id("evt"), "0" * 64)
    if known_first:
        store.keep_department(department, Once(new_id("evt"), ""))
    _until_it_lives(lambda now: _hear(store, carrier, push, told, now), NOON)
    if not known_first:
        store.keep_department(department, Once(new_id("evt"), ""))
    now = NOON
    for _ in range(len(plan) - plan.count("go") + 2):
        now += max(LEASE, timedelta(minutes=5))
        _until_it_lives(lambda at: _run(store, carrier, at), now)
    sent, _ = store.page(push.department, None, limit=50, position=None)
    assert set(carrier.taken) == {f"+86{number}" for number in numbers}
    assert [each.state for each in sent] == ["sent"] * liaisons
    if set(plan) <= {"go"}:
        assert len(carrier.taken) == liaisons


def _empty(table: type[Row]) -> None:
    with table.batch_write() as batch:
        for row in list(table.scan()):
            batch.delete(row)


def _hear(store: NotificationStore, carrier: Carrier, push: Push, told: Once, now: datetime) -> None:
    context = Context(system_principal("notification"), now, "correlation", told)
    logic.notify(store, carrier, context, delivered_message(push))


def _run(store: NotificationStore, carrier: Carrier, now: datetime) -> None:
    logic.deliver(store, carrier, lambda: Context(system_principal("notification"), now, "job"))


def _until_it_lives(act: Callable[[datetime], None], now: datetime) -> None:
    """Redelivery: the same act again until the process does not die in it."""
    while True:
        try:
            act(now)
        except Unavailable:
            continue
        except AlreadyDone:
            return
        return
