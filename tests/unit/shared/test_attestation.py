"""A service tells audit of everything it holds, and of what does not bear itself out (R-AUD-4, ADR 23)."""

import hmac
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import boto3
import pytest
from botocore.client import BaseClient
from botocore.exceptions import EndpointConnectionError

from shared.aws import attestation
from shared.aws.journal import Journal, event_key
from shared.aws.outbox import Outbox
from shared.aws.table import Row
from shared.contracts.attestations import HeldSegment
from shared.contracts.event import ErasedEvent, Erasure, read_past
from shared.http import outbox as functions
from shared.kernel.errors import Unavailable
from shared.kernel.ids import new_id
from tests.support.acts import NOW, SOURCE, Mailbox, act, all_rows, count_up
from tests.support.attestation_checks import (
    CHECKS,
    WEEK,
    Post,
    a_table_of_cases,
    a_witness,
    assert_all_told,
    run,
    stored_events,
    whole_pass,
)
from tests.support.aws import unsent_events
from tests.support.crashes import Killed, Wire
from tests.support.table_checks import REFUSED, Check


@pytest.mark.parametrize("check", CHECKS)
def test_a_table(check: Check, table: type[Row]) -> None:
    check(table)


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every call to AWS, by its name."""
    made: list[str] = []
    call = BaseClient._make_api_call  # type: ignore[attr-defined]

    def counted(client: BaseClient, operation: str, given: dict[str, Any]) -> Any:
        made.append(operation)
        return call(client, operation, given)

    monkeypatch.setattr(BaseClient, "_make_api_call", counted)
    return made


def test_where_there_is_nothing_to_do_it_costs_one_read(table: type[Row], calls: list[str]) -> None:
    witness = a_witness(table, Post())
    whole_pass(witness)
    calls.clear()
    assert run(witness) == attestation.Testimony()
    assert [each for each in calls if each != "DescribeTable"] == ["GetItem"]


def test_a_pass_is_followed_by_the_next_after_its_time_or_when_asked_or_never(table: type[Row]) -> None:
    post = Post()
    witness = a_witness(table, post)
    whole_pass(witness)
    almost = NOW + WEEK - timedelta(minutes=1)
    for clock, asked, begun in ((almost, False, 1), (NOW + WEEK, False, 2), (NOW + WEEK, True, 3)):
        run(witness, lambda clock=clock: clock, asked=asked)  # type: ignore[misc]
        assert len({each.pass_id for each in post.segments()}) == begun
    attestation.attest(witness, None, lambda: NOW + 100 * WEEK)
    assert len({each.pass_id for each in post.segments()}) == 3


def test_whoever_is_killed_tells_of_the_same_again_and_counts_it_once(
    table: type[Row], monkeypatch: pytest.MonkeyPatch
) -> None:
    """At every moment before and after every call to AWS."""
    events = a_table_of_cases(table, cases=3, events=2)
    monkeypatch.setattr(attestation, "PAGES_A_STEP", 1)
    moment, asked = 0, True
    while True:
        post = Post()
        witness = a_witness(table, post, page_rows=4)
        try:
            with Wire(moment).cut(monkeypatch):
                run(witness, asked=asked)
        except Killed:
            moment += 1
        else:
            break
        while run(witness).under_way:
            pass
        if post.segments():
            assert_all_told_of_pass(post, events)
    assert moment > 10


def assert_all_told_of_pass(post: Post, events: list[Any]) -> None:
    ended = {each.pass_id for each in post.segments()}
    assert len(ended) == 1
    assert_all_told(post, events)


def test_what_the_queue_does_not_take_is_told_again(table: type[Row]) -> None:
    events, post = a_table_of_cases(table), Post()
    post.fails = EndpointConnectionError(endpoint_url="https://sqs.example")
    witness = a_witness(table, post)
    with pytest.raises(Unavailable):
        run(witness)
    whole_pass(witness)
    assert_all_told(post, events)


def test_a_run_is_bounded_by_steps_and_by_its_time(table: type[Row], monkeypatch: pytest.MonkeyPatch) -> None:
    a_table_of_cases(table, cases=20, events=2)
    monkeypatch.setattr(attestation, "PAGES_A_STEP", 1)
    post, ticks = Post(), iter(NOW + timedelta(seconds=4 * n) for n in range(1000))
    told = run(a_witness(table, post, page_rows=1), lambda: next(ticks))
    assert told.under_way
    scans = len(post.held())
    assert scans <= attestation.STEPS_A_RUN


def test_a_message_never_holds_more_than_the_queue_takes(table: type[Row], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attestation, "EVENTS_A_MESSAGE", 2)
    monkeypatch.setattr(attestation, "HEADS_A_MESSAGE", 1)
    events, post = a_table_of_cases(table), Post()
    whole_pass(a_witness(table, post))
    assert_all_told(post, events)
    assert max(len(each.events) for each in post.held()) == 2
    event = f'["evt_{"X" * 64}","subjecti_{"X" * 64}",9007199254740991,"{"0" * 64}","{"0" * 64}","{NOW}"],'
    head = f'["subjecti_{"X" * 64}",9007199254740991,"{"0" * 64}","{NOW}"],'
    ailing = f'["payload_changed","subjecti_{"X" * 64}",9007199254740991],'
    assert 400 * len(event) + 200 * len(head) + 100 * len(ailing) < 200_000


def unsealed(row: Row) -> None:
    row.chain = None


def sealed_by_another(row: Row) -> None:
    row.chain = hmac.digest(b"a" * 32, f"{row.sk}\n{row.body}".encode(), "sha256").hex()


def edited(row: Row) -> None:
    row.body = (row.body or "").replace('"number":1', '"number":2')


def put_elsewhere(row: Row) -> None:
    row.sk = "segment#03" if row.sk != "segment#03" else "segment#00"


@pytest.mark.parametrize("forge", [unsealed, sealed_by_another, edited, put_elsewhere])
@pytest.mark.parametrize("row", ["pass", "segment#00", "segment#03"])
def test_a_row_of_a_pass_that_somebody_else_wrote_is_none(
    table: type[Row], row: str, forge: Callable[[Row], None], caplog: pytest.LogCaptureFixture
) -> None:
    """R-AUD-4: whoever removes a case could else preset how far the walk has come, and it would pass the case over."""
    post = Post()
    whole_pass(a_witness(table, post))
    events = a_table_of_cases(table)
    preset = table.get("attestation", row)
    preset.body = (preset.body or "").replace('"number":1', '"number":2') if row != "pass" else preset.body
    forge(preset)
    preset.save()
    again = Post()
    assert whole_pass(a_witness(table, again)) == 1
    assert_all_told(again, events)
    assert "not written by it" in caplog.text


def test_a_pass_begins_above_whatever_a_segment_was_walked_in(table: type[Row]) -> None:
    """Also where its own row has gone, or an older one was put back."""
    whole_pass(a_witness(table, Post()))
    older = table.get("attestation", "pass")
    whole_pass(a_witness(table, Post()))
    events = a_table_of_cases(table)
    for put_back in (older.save, older.delete):
        put_back()
        whole_pass(a_witness(table, again := Post()))
        assert_all_told(again, events)


Damage = Callable[[type[Row], str], None]


def _row(table: type[Row], case: str, number: int) -> Row:
    return table.get(case, f"event#{number:010d}")


def _edit(table: type[Row], case: str, number: int, **changed: Any) -> None:
    row = _row(table, case, number)
    event = read_past(row.body or "")
    row.body = event.model_copy(update=changed).model_dump_json()
    row.save()


def payload_changed(table: type[Row], case: str) -> None:
    row = _row(table, case, 2)
    row.body = (row.body or "").replace('"count":2', '"count":3')
    row.save()


def envelope_changed(table: type[Row], case: str) -> None:
    _edit(table, case, 2, time=NOW - timedelta(days=300))


def row_unreadable(table: type[Row], case: str) -> None:
    row = _row(table, case, 2)
    row.body = "{}"
    row.save()


def row_removed(table: type[Row], case: str) -> None:
    _row(table, case, 2).delete()


def last_removed(table: type[Row], case: str) -> None:
    _row(table, case, 4).delete()


def swapped(table: type[Row], case: str) -> None:
    second, third = _row(table, case, 2), _row(table, case, 3)
    second.body, third.body = third.body, second.body
    second.save()
    third.save()


def renumbered(table: type[Row], case: str) -> None:
    """The third event is made the second, and lies where a second would."""
    third = read_past(_row(table, case, 3).body or "")
    row = _row(table, case, 2)
    row.body = third.model_copy(update={"sequence": 2}).model_dump_json()
    row.save()


def head_removed(table: type[Row], case: str) -> None:
    table.get(case, "head").delete()


def head_set_back(table: type[Row], case: str) -> None:
    second = read_past(_row(table, case, 2).body or "")
    head = table.get(case, "head")
    head.chain = f'{{"sequence":2,"hash":"{second.hash()}","time":"2026-03-01T00:00:00.000Z"}}'
    head.save()


def head_unreadable(table: type[Row], case: str) -> None:
    head = table.get(case, "head")
    head.chain = "{}}"
    head.save()


def of_another_service(table: type[Row], case: str) -> None:
    _edit(table, case, 4, source="/shenguan/elsewhere")


DAMAGES: dict[Damage, list[tuple[str, int]]] = {
    payload_changed: [("payload_changed", 2)],
    envelope_changed: [("changed", 2)],
    row_unreadable: [("unreadable", 2)],
    row_removed: [("missing", 3)],
    last_removed: [("truncated", 3)],
    swapped: [("misplaced", 2), ("misplaced", 3)],
    renumbered: [("changed", 1), ("changed", 2)],
    head_removed: [("headless", 0)],
    head_set_back: [("behind", 2)],
    head_unreadable: [("unreadable", 0)],
    of_another_service: [("changed", 4), ("foreign", 4)],
}


@pytest.mark.parametrize("page_rows", [None, 1, 3])
@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_damage_is_told_for_what_it_is_and_nothing_else_is(
    damage: Damage, page_rows: int | None, table: type[Row]
) -> None:
    """R-AUD-4: whatever page the damaged row comes in."""
    case = new_id("case")
    for _ in range(4):
        count_up(table, case)
    a_table_of_cases(table, cases=3)
    damage(table, case)
    post = Post()
    whole_pass(a_witness(table, post, page_rows))
    assert post.ailing() == [(what, case, sequence) for what, sequence in DAMAGES[damage]]


@pytest.fixture
def erased(table: type[Row]) -> tuple[str, Erasure]:
    """A case of three events, whose second payload was erased, and its erasure."""
    case = new_id("case")
    for _ in range(3):
        count_up(table, case)
    mailbox = Mailbox()
    Outbox(table, mailbox, mailbox, "topic", "queue").publish(unsent_events(table))  # type: ignore[arg-type]
    return case, Journal(table, SOURCE).erase(case, 2, "a law", "an operator", act())


def test_an_erased_payload_is_no_damage_and_its_event_is_held_like_any_other(
    table: type[Row], erased: tuple[str, Erasure]
) -> None:
    """R-AUD-2: law required it; R-AUD-1: and an event says so, which the log is asked for as for any other."""
    post = Post()
    whole_pass(a_witness(table, post))
    assert post.ailing() == []
    assert len([each for each in post.events() if each.subject == erased[0]]) == 3
    assert erased[1].event_id in {each.event_id for each in post.events()}


def test_a_payload_that_is_gone_and_of_which_no_event_tells_is_damage(
    table: type[Row], erased: tuple[str, Erasure]
) -> None:
    """R-AUD-4: neither where nobody told, nor under cover of another event's lawful erasure."""
    case, erasure = erased
    third = read_past(_row(table, case, 3).body or "")
    kept = ErasedEvent(**third.envelope().model_dump(), erased=erasure)
    row = _row(table, case, 3)
    row.body = kept.model_dump_json()
    row.save()
    post = Post()
    whole_pass(a_witness(table, post))
    assert post.ailing() == [("erased_untold", case, 3)]
    table.get(erasure.record, "event#0000000001").delete()
    post = Post()
    run(a_witness(table, post), asked=True)
    assert post.ailing() == [("erased_untold", case, 2), ("erased_untold", case, 3)]


def test_what_is_written_during_the_walk_is_never_told_as_damage(
    table: type[Row], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between any two calls somebody adds to every case, begins a new one, and notes a refusal."""
    cases = [new_id("case") for _ in range(3)]
    for case in cases:
        count_up(table, case)
    call = BaseClient._make_api_call  # type: ignore[attr-defined]
    writing = False

    def busy(client: BaseClient, operation: str, given: dict[str, Any]) -> Any:
        nonlocal writing
        answer = call(client, operation, given)
        if operation in {"Scan", "GetItem", "Query"} and not writing and len(stored) < 60:
            writing = True
            for case in [*cases, new_id("case")]:
                count_up(table, case)
                stored.append(case)
            Journal(table, SOURCE).note(REFUSED, act())
            writing = False
        return answer

    stored: list[str] = []
    monkeypatch.setattr(BaseClient, "_make_api_call", busy)
    post = Post()
    whole_pass(a_witness(table, post, page_rows=2))
    assert stored
    assert post.ailing() == []
    sound = {event.id for event in stored_events(table)}
    assert {each.event_id for each in post.events()} <= sound


@pytest.mark.parametrize("looks", [1, 2, 3])
def test_an_event_that_is_not_to_be_seen_yet_is_told_as_no_damage(
    table: type[Row], monkeypatch: pytest.MonkeyPatch, looks: int
) -> None:
    """R-AUD-4: of a transaction on its way the head may be seen before its event; only what stays away is missing."""
    case = new_id("case")
    for _ in range(3):
        count_up(table, case)
    unseen, left = event_key(2), looks
    call = BaseClient._make_api_call  # type: ignore[attr-defined]

    def on_its_way(client: BaseClient, operation: str, given: dict[str, Any]) -> Any:
        nonlocal left
        answer = call(client, operation, given)
        if operation == "Scan" or (operation == "Query" and left):
            left -= operation == "Query"
            answer["Items"] = [each for each in answer["Items"] if each["sk"]["S"] != unseen]
            answer["Count"] = len(answer["Items"])
        return answer

    monkeypatch.setattr(BaseClient, "_make_api_call", on_its_way)
    post = Post()
    whole_pass(a_witness(table, post))
    assert left == 0
    assert bool(post.ailing()) == (looks == 3)


def test_a_row_that_looks_like_an_event_and_is_none_of_an_aggregates_is_left_alone(table: type[Row]) -> None:
    table(pk="once#event#evt_1", sk="once", body="{}").save()
    table(pk="attestation", sk="event#1", body="{}").save()
    post = Post()
    whole_pass(a_witness(table, post))
    assert (post.events(), post.ailing()) == ([], [])


@pytest.fixture
def queue(table: type[Row], monkeypatch: pytest.MonkeyPatch) -> str:
    """Audit's queue in moto, and the settings a stack gives."""
    del table
    url = boto3.client("sqs").create_queue(QueueName="audit")["QueueUrl"]
    monkeypatch.setenv("ATTESTATION_QUEUE_URL", url)
    return url


def tick(**detail: Any) -> dict[str, Any]:
    return {
        "version": "0", "id": "1", "account": "1", "region": "cn-north-1", "detail": detail, "detail-type": "Scheduled",
        "source": "aws.events", "time": "2026-03-02T00:00:00Z", "resources": [],
    }  # fmt: skip


def _taken(url: str) -> int:
    attributes = boto3.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])
    return int(attributes["Attributes"]["ApproximateNumberOfMessages"])


def test_the_function_attests_by_the_clock_and_when_an_operator_asks(
    table: type[Row], queue: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATTEST_DAYS", "0")
    functions.attest_holdings(tick(), None)
    assert _taken(queue) == 0
    assert functions.attest_holdings(tick(begin=True), None) == {"events": 0, "ailing": 0, "under_way": False}
    assert _taken(queue) == attestation.SEGMENTS
    first = boto3.client("sqs").receive_message(QueueUrl=queue)["Messages"][0]["Body"]
    assert HeldSegment.model_validate_json(first).source == "/shenguan/things"
    monkeypatch.delenv("ATTEST_DAYS")
    functions.attest_holdings(tick(), None)
    assert len([row for row in all_rows(table) if row["sk"]["S"] == "pass"]) == 1
