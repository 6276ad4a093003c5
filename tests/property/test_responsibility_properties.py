"""The law of responsibility (R-HND-7): from a case's first event on, exactly one body is answerable at any time."""

from datetime import datetime, timedelta
from itertools import pairwise
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from services.handover.domain import SOURCE, claims, routing
from services.handover.domain.cases import CaseFile, Outcome
from services.handover.domain.responsibility import departments_of, responsibilities, responsibility_at
from services.handover.domain.routing import Known, Submission
from services.handover.domain.waits import Seen, item_subject
from shared.contracts import chain
from shared.contracts.cases import Applicant, Case, Decision
from shared.contracts.chain import ChainHead
from shared.contracts.event import Actor, Event
from shared.contracts.items import ClaimRule, Item
from shared.contracts.vocabulary import (
    ApplicantKind,
    ApprovalMode,
    ClaimMode,
    DecisionResult,
    OnOverdue,
    Stage,
    SupervisorPart,
    TimeLimit,
)
from shared.kernel.clock import from_text, to_text
from shared.kernel.errors import Refused
from tests.support.handover_builders import BUREAU, HEALTH, MARKET, item, supervisor

START = from_text("2026-03-02T01:30:00.000Z")
CASE = Case(
    case_id="case_01J00000000000000000000000",
    case_number="SP-1",
    bureau=BUREAU,
    item_code="000131001000",
    item_id=None,
    item_name=None,
    item_version=None,
    applicant=Applicant(name="示例面馆", kind=ApplicantKind.ORGANISATION, code="91990100MA00000017"),
    approval_mode=ApprovalMode.ORDINARY,
)
DECISION = Decision(result=DecisionResult.GRANTED, document_number="1", decided_at=START)

# One step of a history: what is tried, on which push, and how far the acting server's clock is from the last one's.
steps = st.tuples(
    st.sampled_from(["accept", "decide", "view", "claim", "lapse"]),
    st.integers(min_value=0, max_value=3),
    st.integers(min_value=-5, max_value=40).map(lambda minutes: timedelta(minutes=minutes)),
)
rules = st.builds(
    ClaimRule,
    mode=st.sampled_from(ClaimMode),
    limit=st.just(TimeLimit(amount=30, unit="minute")),
    on_overdue=st.sampled_from(OnOverdue),
)
histories = st.tuples(rules, st.lists(steps, min_size=1, max_size=14))


Step = tuple[str, int, timedelta]
History = tuple[ClaimRule, list[Step]]


def played(rule: ClaimRule, tried: list[Step]) -> tuple[list[Event], ChainHead]:
    """The chain a history leaves; whatever a rule refuses leaves nothing."""
    known = item(claim=rule, supervisors=(supervisor(), supervisor(HEALTH, SupervisorPart.ASSISTING)))
    file: CaseFile | None = None
    head, events, now = ChainHead(), list[Event](), START
    for act, number, drift in tried:
        now += drift
        try:
            outcome = _act(act, number, file, known, head.not_before(now))
        except Refused:
            continue
        if outcome is None or not outcome.bodies:
            continue
        added, head = chain.append(
            head,
            outcome.bodies,
            source=SOURCE,
            subject=CASE.case_id,
            actor=Actor(client_id="somebody"),
            correlation_id="correlation",
            now=now,
        )
        file, events = outcome.file, [*events, *added]
    return events, head


def _act(act: str, number: int, file: CaseFile | None, known_item: Item, now: datetime) -> Outcome | None:
    if act in {"accept", "decide"}:
        stage = Stage.ACCEPTANCE if act == "accept" else Stage.DECISION
        submission = Submission(stage=stage, case_number=CASE.case_number, fields={"stage": stage})
        if routing.check_same(file, submission):
            return None
        case = (file.case if file else CASE).model_copy(update={"decision": DECISION} if act == "decide" else {})
        return routing.record_stage(
            file, case, submission, Known(known_item, [], Seen(item_subject("000131001000"), None)), now
        )
    if file is None or number >= len(file.pushes):
        return None
    push = file.pushes[number]
    if act == "view":
        return claims.view(file, push, now)
    if act == "lapse":
        return claims.lapse(file, push, now)
    return claims.claim(file, push, "cli_liaison", now)


@given(histories)
def test_responsibility_has_neither_gap_nor_overlap(
    history: History,
) -> None:
    """R-HND-7."""
    events, _ = played(*history)
    for department in (MARKET, HEALTH):
        story = responsibilities(events, department)
        assert bool(story) == bool(events)
        if not story:
            continue
        assert story[0].since == events[0].time
        assert story[-1].until is None
        for earlier, later in pairwise(story):
            assert earlier.until == later.since
            assert earlier.since < later.since
        for instant in {edge for each in story for edge in (each.since, each.until) if edge}:
            holders = [each for each in story if each.since <= instant and (each.until is None or instant < each.until)]
            assert [responsibility_at(events, department, instant)] == holders


@given(histories)
def test_nobody_is_answerable_before_the_case_and_every_answer_is_proven_by_its_events(
    history: History,
) -> None:
    """R-HND-7: proven by which events."""
    events, _ = played(*history)
    known = {event.id for event in events}
    for department in departments_of(events):
        assert responsibility_at(events, department, START - timedelta(days=365)) is None
        for stretch in responsibilities(events, department):
            assert stretch.proven_by
            assert set(stretch.proven_by) <= known


@given(histories, st.randoms(use_true_random=False))
def test_the_answer_does_not_depend_on_the_order_or_repetition_in_which_events_arrive(
    history: History, random: Random
) -> None:
    """R-HND-7: the chain's sequence rules, not the order of arrival."""
    events, _ = played(*history)
    shuffled = [*events, *events[: len(events) // 2]]
    random.shuffle(shuffled)
    assert responsibilities(shuffled, MARKET) == responsibilities(events, MARKET)


@given(histories)
def test_time_never_runs_backwards_in_a_chain_whatever_the_servers_clocks_say(
    history: History,
) -> None:
    """R-HND-7: the server's clock rules."""
    events, head = played(*history)
    assert [event.time for event in events] == sorted(event.time for event in events)
    for event in events:
        if event.type == "push.claimed.v1":
            assert event.data.body["push"]["claimed_at"] == to_text(event.time)
    assert chain.verify(events, head) == []


def test_a_damaged_nonce_or_number_is_a_finding_and_not_a_failure() -> None:
    """R-AUD-4: whatever was done to an event, verification says so."""
    events, head = played(ClaimRule(), [("accept", 0, timedelta())])
    for damage in ({"nonce": "zz"}, {"nonce": "00"}, {"sequence": 2**60}):
        damaged = [events[0].model_copy(update=damage), *events[1:]]
        assert chain.verify(damaged, head) != []


@given(histories, st.data())
def test_the_chain_breaks_when_any_byte_of_any_event_changes(history: History, data: st.DataObject) -> None:
    """R-AUD-2, R-AUD-4."""
    events, head = played(*history)
    if not events:
        return
    number = data.draw(st.integers(0, len(events) - 1))
    text = bytearray(events[number].model_dump_json().encode())
    text[data.draw(st.integers(0, len(text) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        changed = Event.model_validate_json(bytes(text))
    except ValueError:
        return  # no longer an event at all: it could not even be read
    if changed == events[number]:
        return  # the byte was white space or an escape that means the same
    damaged = [*events[:number], changed, *events[number + 1 :]]
    assert chain.verify(damaged, head) != []
