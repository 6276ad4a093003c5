"""What was never logged, and what a table does not hold any more, is found by what its service attests (R-AUD-4)."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from services.audit import wiring
from services.audit.domain.attested import FutureTestimonyError, Told, counted
from services.audit.domain.log import Leaf
from services.audit.events import attesting as functions
from services.audit.events import checking
from services.audit.logic import attesting
from services.audit.ports.log import Log
from shared.aws.table import Row
from shared.contracts.chain import ChainHead
from shared.contracts.dockets import NO_DOCKET, Docket, docket_of
from shared.contracts.event import GENESIS, Event, read_past
from shared.contracts.log_faults import FaultKind
from shared.kernel.canonical import commitment
from shared.kernel.ids import new_id
from shared.kernel.merkle import leaf_hash
from tests.support.acts import NOW, act, all_rows, count_up
from tests.support.attestation_checks import a_table_of_cases
from tests.support.attested_city import LATER, City, context, findings, measured, new_table, verified
from tests.support.aws import TICK, sqs_batch, unsent_events
from tests.support.crashes import Killed, Wire
from tests.support.table_checks import REFUSED

DAY = timedelta(days=1)


@pytest.fixture
def city(log: Log) -> City:
    """A service that holds some cases of the last days and a note, all of them sealed."""
    del log
    made = City(new_table("test-things"))
    a_table_of_cases(made.table, cases=4, events=3)
    made.relay()
    return made


@pytest.fixture
def case(city: City) -> str:
    """One more case, of four events of four days, sealed."""
    aggregate = new_id("case")
    for day in range(4):
        count_up(city.table, aggregate, act(now=NOW - (4 - day) * DAY))
    city.relay()
    return aggregate


def row(city: City, case: str, number: int) -> Row:
    return city.table.get(case, f"event#{number:010d}")


def rewrite(city: City, case: str, start: int) -> None:
    """Change an event's payload and make everything after it fit again: hashes, links, commitments, the head."""
    previous, event = "", None
    for number in range(start, 5):
        stored = row(city, case, number)
        event = read_past(stored.body or "")
        assert isinstance(event, Event)
        body = {**event.data.body, "note": "forged"}
        data = event.data.model_copy(update={"body": body})
        fits = commitment(bytes.fromhex(event.nonce), data.model_dump(mode="json"))
        changed = {"data": data, "commitment": fits, "previous": previous or event.previous}
        event = event.model_copy(update=changed)
        stored.body, previous = event.model_dump_json(), event.hash()
        stored.save()
    assert event
    set_head(city, case, ChainHead(sequence=4, hash=event.hash(), time=event.time))


def set_head(city: City, case: str, chain: ChainHead) -> None:
    head = city.table.get(case, "head")
    head.chain = chain.model_dump_json()
    head.save()


def cut_off(city: City, case: str) -> None:
    """The last two events go, and the head is set back to fit."""
    for number in (3, 4):
        row(city, case, number).delete()
    second = read_past(row(city, case, 2).body or "")
    set_head(city, case, ChainHead(sequence=2, hash=second.hash(), time=second.time))


def remove_case(city: City, case: str) -> None:
    for each in list(city.table.query(case)):
        each.delete()


def remove_note(city: City, case: str) -> None:
    del case
    (note,) = [each for each in city.table.scan() if each.pk.startswith("acc_")]
    note.delete()


def payload(city: City, case: str) -> None:
    stored = row(city, case, 2)
    stored.body = (stored.body or "").replace('"count":2', '"count":9')
    stored.save()


def remove_one(city: City, case: str) -> None:
    row(city, case, 2).delete()


def remove_last(city: City, case: str) -> None:
    row(city, case, 4).delete()


def swap(city: City, case: str) -> None:
    one, two = row(city, case, 2), row(city, case, 3)
    one.body, two.body = two.body, one.body
    one.save()
    two.save()


def remove_head(city: City, case: str) -> None:
    city.table.get(case, "head").delete()


def add_unlogged(city: City, case: str) -> None:
    """An event that the relay never saw: written with its head and without its mark."""
    count_up(city.table, case, act(now=NOW - DAY))
    for event in unsent_events(city.table):
        stored = row(city, event.subject, event.sequence)
        stored.update(actions=[city.table.outbox_shard.remove(), city.table.outbox_at.remove()])


def never_relay(city: City, case: str) -> None:
    """An event that still waits in the outbox, long after its time."""
    count_up(city.table, case, act(now=NOW - DAY))


def forge_index(city: City, case: str) -> None:
    """An unlogged event, and a row in audit's own table that says it is logged."""
    add_unlogged(city, case)
    forged = read_past(row(city, case, 5).body or "")
    assert isinstance(forged, Event)
    leaf = Leaf(index=3, hash=leaf_hash(forged.canonical()).hex(), docket=docket_of(forged))
    wiring.store().index({forged.id: leaf})


def another_docket(city: City, case: str) -> None:
    """In audit's own table an act is laid to somebody else: who searches for who did it is misled."""
    set_docket(city, case, Docket(case=case, principal="cli_scapegoat_0001", request="correlation-1"))


def no_docket(city: City, case: str) -> None:
    """In audit's own table it is forgotten whose act it was and of which case."""
    set_docket(city, case, NO_DOCKET)


def set_docket(city: City, case: str, docket: Docket) -> None:
    ((event_id, leaf),) = wiring.store().leaves([read_past(row(city, case, 2).body or "").id]).items()
    assert leaf.docket not in {docket, NO_DOCKET}
    wiring.store().index({event_id: leaf.model_copy(update={"docket": docket})})


def erase_unlawfully(city: City, case: str) -> None:
    """Erased by the book, but the event that tells of it never reaches the log."""
    city.journal.erase(case, 2, "no law", "an operator", act(now=NOW - DAY))


Damage = Callable[[City, str], None]

GONE = ["held_fewer_of_a_day"] * 4 + ["held_gone"] * 4
"""A case of four events on four days that is gone, head and all: the days, and the events by name."""

DAMAGES: dict[Damage, tuple[list[str], FaultKind]] = {
    payload: (["held_payload_changed"], FaultKind.CHANGED),
    lambda city, case: rewrite(city, case, 3): (["held_changed"] * 2 + ["held_head_changed"], FaultKind.CHANGED),
    remove_one: (["held_fewer_of_a_day", "held_gone", "held_removed"], FaultKind.REMOVED),
    remove_last: (["held_fewer_of_a_day", "held_gone", "held_truncated"], FaultKind.TRUNCATED),
    cut_off: ([*GONE[:2], *GONE[-2:], "held_less"], FaultKind.REMOVED),
    remove_case: (GONE, FaultKind.REMOVED),
    remove_note: (["held_fewer_of_a_day", "held_gone"], FaultKind.REMOVED),
    remove_head: (["held_head_removed"], FaultKind.REMOVED),
    swap: (["held_misplaced"] * 2, FaultKind.REORDERED),
    add_unlogged: (["held_more_of_a_day", "held_never_logged"], FaultKind.NEVER_LOGGED),
    never_relay: (["held_more_of_a_day", "held_never_logged"], FaultKind.NEVER_LOGGED),
    forge_index: (["held_more_of_a_day"], FaultKind.NEVER_LOGGED),
    erase_unlawfully: (["held_more_of_a_day", "held_never_logged"], FaultKind.NEVER_LOGGED),
    another_docket: (["docket_changed"], FaultKind.CHANGED),
    no_docket: (["docket_changed"], FaultKind.CHANGED),
}


def test_where_nothing_was_damaged_nothing_is_found(city: City, case: str) -> None:
    del case
    assert city.found() == []
    assert [each.judged for each in wiring.scales().attested.passes()] == [True]


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_damage_done_to_a_table_is_found_by_its_kind(city: City, case: str, damage: Damage) -> None:
    damage(city, case)
    codes, kind = DAMAGES[damage]
    assert city.found() == codes
    found, _ = wiring.faults().page(200, None)
    assert kind in {each.kind for each in found}
    told = [each for each in unsent_events(wiring.store().journal.table) if each.type == "log.fault_found.v1"]
    assert len(told) == len(codes)


def test_what_is_gone_is_named_event_by_event_where_that_is_certain(city: City, case: str) -> None:
    """While a message is still on its way, what it told of would look gone as well: so nothing is judged."""
    remove_case(city, case)
    measured()
    verified()
    city.attest()
    whole = city.post.messages
    late = next(each for each in whole if '"kind":"held",' in each)
    city.post.messages = [each for each in whole if each != late]
    assert city.weigh(LATER + timedelta(hours=1)) == []
    city.post.messages = whole
    assert city.weigh(LATER + timedelta(hours=1)) == GONE
    found, _ = wiring.faults().page(200, None)
    named = [each.fault for each in found if each.fault.event_id]
    assert {each.subject for each in named} == {case}
    assert sorted(each.where for each in named) == [f"tests {case} #{number}" for number in range(1, 5)]


def test_a_payload_erased_by_the_book_is_no_damage(city: City, case: str) -> None:
    """R-AUD-2: the event that tells of it is in the log like any other."""
    city.journal.erase(case, 2, "个人信息保护法第四十七条", "an operator", act(now=NOW - DAY))
    city.relay()
    assert city.found() == []


def test_what_is_told_again_is_found_again_and_told_of_once(city: City, case: str) -> None:
    cut_off(city, case)
    first = city.found()
    events = len(unsent_events(wiring.store().journal.table))
    city.attest(LATER + timedelta(minutes=1))
    assert city.weigh(LATER + timedelta(hours=2)) == first
    assert len(unsent_events(wiring.store().journal.table)) == events


@pytest.mark.parametrize(
    ("through", "at", "due"),
    [
        (LATER, NOW + timedelta(minutes=29), False),
        (LATER, NOW + timedelta(minutes=31), True),
        (NOW, NOW + timedelta(hours=9), False),
        (None, NOW + timedelta(hours=9), False),
    ],
    ids=["younger than half an hour", "older", "sealing stands still", "not measured yet"],
)
def test_only_what_is_settled_is_called_missing(city: City, through: Any, at: Any, due: bool) -> None:
    """R-AUD-4: what is on its way is not missing; R-AUD-6: that sealing stands still is told by its own alarm."""
    count_up(city.table, new_id("case"), act(now=NOW))
    measured(through)
    verified()
    city.attest(at)
    assert city.weigh(at) == ["held_never_logged"] * due


def test_an_event_dated_into_the_future_does_not_escape(city: City) -> None:
    count_up(city.table, new_id("case"), act(now=LATER + 365 * DAY))
    assert city.found() == ["held_never_logged"]


def test_a_chain_that_the_log_knows_further_and_that_still_grows_is_left_to_the_next_pass(
    city: City, case: str
) -> None:
    """The head was read, then the case went on, and that was sealed before audit compared."""
    measured()
    city.attest(NOW)
    count_up(city.table, case, act(now=NOW + timedelta(minutes=1)))
    city.relay()
    verified()
    assert city.weigh() == []


def test_counts_wait_for_every_segment_for_their_time_and_for_the_verifier(city: City, case: str) -> None:
    remove_case(city, case)
    measured(NOW)
    city.attest(LATER)
    whole, city.post.messages = city.post.messages, [each for each in city.post.messages if '"segment":3' not in each]
    assert city.weigh() == []
    city.post.messages = whole
    assert city.weigh(LATER + DAY) == []
    measured(LATER + timedelta(minutes=1))
    assert city.weigh(LATER + timedelta(minutes=29)) == []
    assert city.weigh(LATER + DAY) == []
    (waiting,) = wiring.scales().attested.passes()
    assert (waiting.judged, waiting.size) == (False, 17)
    verified()
    assert city.weigh(LATER + DAY) == GONE


def test_what_a_forger_presets_in_the_table_is_not_believed(city: City, case: str) -> None:
    """R-AUD-4: a case is removed, head and events, and the walk's own rows are made to say that all is well."""
    city.attest(LATER - DAY)
    city.post.messages.clear()
    days = {str((NOW - number * DAY).date()): 1 for number in range(1, 5)}
    for segment in range(4):
        preset = city.table.get("attestation", f"segment#{segment:02d}")
        body = {**json.loads(preset.body or "{}"), "number": 2, "days": days if segment == 0 else {}, "done": False}
        preset.body = json.dumps(body)
        preset.save()
    remove_case(city, case)
    assert city.found() == GONE


@pytest.mark.parametrize("what", ["held", "held_segment"])
def test_what_is_dated_into_the_future_is_not_heard(city: City, case: str, what: str) -> None:
    """R-AUD-4: it would stand above every later pass, and what is gone would never be looked for again."""
    remove_case(city, case)
    far = LATER + 70 * 365 * DAY
    city.attest(far)
    forged = next(each for each in city.post.messages if f'"kind":"{what}",' in each)
    city.post.messages.clear()
    for ahead in (far - LATER, timedelta(minutes=6)):
        with pytest.raises(FutureTestimonyError):
            checking.handle(forged, functions.HANDLERS, far - ahead)
    assert wiring.scales().attested.passes() == []
    measured()
    verified()
    city.attest()
    assert city.weigh(LATER + timedelta(hours=1)) == GONE


def test_a_pass_that_never_comes_whole_is_silence_too(city: City) -> None:
    """A service that is heard of week after week, and of which a message is missing each time."""
    week = 7 * DAY
    measured(LATER + 9 * week)
    verified()
    for turn in range(4):
        city.attest(LATER + turn * week)
        if turn:
            city.post.messages.remove(next(each for each in city.post.messages if '"kind":"held",' in each))
        city.weigh(LATER + turn * week + timedelta(hours=1))
        city.post.messages.clear()
        overdue = attesting.overdue_services(wiring.scales(), week, LATER + turn * week + timedelta(hours=23))
        assert overdue == (turn > 2)


def told(step: str, follows: str | None = None, part: int = 0, parts: int = 1, events: int = 1) -> Told:
    names = {"step": f"stp_000000000{step}", "follows": follows and f"stp_000000000{follows}"}
    return Told.model_validate({**names, "part": part, "parts": parts, "days": {NOW.date(): events}, "held": ""})


@pytest.mark.parametrize(
    ("arrived", "events"),
    [
        ([told("1"), told("2", "1")], 2),
        ([told("2", "1"), told("1")], 2),
        ([told("2", "1")], None),
        ([told("1")], None),
        ([], None),
        ([told("1", part=0, parts=2), told("2", "1")], None),
        ([told("1", part=1, parts=2), told("2", "1")], None),
        ([told("1", part=1, parts=2), told("2", "1"), told("1", part=0, parts=2)], 3),
        ([told("1"), told("3", "1", events=9), told("2", "1"), told("3", "1", events=9)], 2),
    ],
    ids=["all", "in any order", "the first is missing", "the last is missing", "nothing", "a part is missing",
         "the first part is missing", "all parts", "a step was done twice and the other followed"],
)  # fmt: skip
def test_what_a_segment_told_is_counted_once_when_all_of_it_is_there(arrived: list[Told], events: int | None) -> None:
    days = counted(["stp_0000000002", None], arrived)
    assert days == (None if events is None else {NOW.date(): events})


def test_counts_of_an_older_pass_never_come_back(city: City) -> None:
    measured()
    city.attest(LATER - DAY)
    city.attest(LATER)
    older, newer = city.post.segments()[0], city.post.segments()[-1]
    city.weigh()
    attested = wiring.scales().attested
    attested.hear(older)
    assert [each.pass_id for each in attested.passes()] == [newer.pass_id]


def test_an_auditor_killed_at_any_moment_finds_the_same_when_it_is_told_again(
    city: City, case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before and after every call to AWS, comparing and judging."""
    cut_off(city, case)
    measured()
    verified()
    city.attest()
    at, moment = LATER + timedelta(hours=1), 0
    while True:
        try:
            with Wire(moment).cut(monkeypatch):
                city.weigh(at)
        except Killed:
            moment += 7
        else:
            break
    assert moment > 14
    assert city.weigh(at) == [*GONE[:2], *GONE[-2:], "held_less"]
    assert [each.judged for each in wiring.scales().attested.passes()] == [True]


def test_two_who_judge_at_once_find_it_once(city: City, case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    remove_case(city, case)
    measured()
    verified()
    city.attest()
    scales = wiring.scales()
    tallies = scales.tallies.all_of
    at = LATER + timedelta(hours=1)

    def overtaken(source: str) -> Any:
        monkeypatch.setattr(scales.tallies, "all_of", tallies)
        city.weigh(at)
        return tallies(source)

    monkeypatch.setattr(scales.tallies, "all_of", overtaken)
    assert city.weigh(at) == GONE
    assert len(all_rows(wiring.store().journal.table)) > 0


def test_a_forged_first_event_of_a_case_nobody_logged_is_found_and_not_its_head_twice(city: City) -> None:
    count_up(city.table, new_id("case"), act(now=NOW - DAY))
    assert city.found() == ["held_more_of_a_day", "held_never_logged"]
    assert GENESIS not in findings()


def test_the_function_takes_what_services_attest_and_only_its_poison_comes_back(city: City, case: str) -> None:
    remove_case(city, case)
    measured()
    verified()
    city.attest(NOW)
    texts = [*city.post.messages, '{"kind": "held", "source": 1}']
    answer = checking.check(sqs_batch(*texts), None)
    assert answer == {"batchItemFailures": [{"itemIdentifier": f"message-{len(texts) - 1}"}]}
    for _ in range(2):
        functions.reckon(TICK, None)
    assert findings() == GONE
    found, _ = wiring.faults().page(200, None)
    said = [each.zh for each in found if each.fault.fault.value == GONE[0]]
    days = sorted(str((NOW - number * DAY).date()) for number in range(1, 5))
    assert sorted(text[: len("业务库中tests 2026-02-26")] for text in said) == [f"业务库中tests {day}" for day in days]


def test_a_service_that_does_not_attest_any_more_is_counted(
    city: City, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Silence would hide what it does not hold."""
    city.attest(NOW)
    for text in city.post.messages:
        checking.handle(text, functions.HANDLERS, NOW)
    for days, after, overdue in (("7", 14, 0), ("7", 15, 1), ("0", 99, 0)):
        wiring.settings.cache_clear()
        monkeypatch.setenv("ATTEST_DAYS", days)
        monkeypatch.setattr(functions, "utc_now", lambda after=after: NOW + after * DAY + timedelta(seconds=1))
        functions.reckon(TICK, None)
        (line,) = [each for each in capsys.readouterr().out.splitlines() if "AttestationsOverdue" in each]
        assert json.loads(line)["AttestationsOverdue"] == [overdue]


def test_a_note_is_a_chain_of_one_and_a_refusal_like_any_other_event(city: City) -> None:
    city.journal.note(REFUSED, context(NOW))
    city.relay()
    assert city.found() == []
