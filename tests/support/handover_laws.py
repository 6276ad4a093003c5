"""What holds of every case at every moment, and of everything once nothing more is to come (R-HND-4 to 8, 13 to 15)."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby, pairwise

from services.handover import wiring
from services.handover.domain import terms, unrouted
from services.handover.domain.claims import ClaimRuleCited
from services.handover.domain.ledger import decision_owed_since
from services.handover.domain.pushes import ENDED, INSTEAD, LAPSING, MOVES, Move
from services.handover.domain.responsibility import responsibilities
from services.handover.logic.known import what_is_known
from services.handover.store.cases import number_key
from services.notification.events import HANDLERS as TOLD_BY_SMS
from services.oversight.wiring import store as oversight
from shared.contracts import chain
from shared.contracts.event import Event, body_of
from shared.contracts.public_notices import PublicNoticeOutcome, PublicNoticeState
from shared.contracts.pushes import (
    PUSH_EVENTS,
    Push,
    PushBody,
    PushClaimed,
    PushClaimWithdrawn,
    PushDelivered,
    PushOverdue,
    PushReassigned,
    PushReferred,
    PushRelayed,
    PushRescheduled,
    PushReturned,
    PushUnroutable,
    PushUpheld,
    PushViewed,
    PushWithdrawn,
)
from shared.contracts.receipt_checks import verify_handover, verify_receipt
from shared.contracts.receipts import ReceiptKind
from shared.contracts.reviews import ReviewState
from shared.kernel.clock import to_text
from tests.support.faulty_city import Asked, CaseTruth, FaultyCity
from tests.support.receipt_builders import ROOT

MOVED_BY: Mapping[str, frozenset[Move]] = {
    PushViewed.TYPE: frozenset({Move.VIEW}),
    # Where silence is the claim, its limit's end is.
    PushClaimed.TYPE: frozenset({Move.CLAIM, Move.LAPSE}),
    PushOverdue.TYPE: frozenset({Move.LAPSE}),
    PushClaimWithdrawn.TYPE: frozenset({Move.WITHDRAW_CLAIM}),
    PushReturned.TYPE: frozenset({Move.RETURN}),
    PushReferred.TYPE: frozenset({Move.REFER}),
    PushUpheld.TYPE: frozenset({Move.UPHOLD}),
    PushReassigned.TYPE: frozenset({Move.REASSIGN}),
    PushRelayed.TYPE: frozenset({Move.RELAY}),
    PushWithdrawn.TYPE: frozenset({Move.WITHDRAW, Move.WITHDRAW_NOBODY_INSTEAD}),
}
"""The moves that each event of a push may tell of."""

STAMPED: Mapping[str, str] = {
    PushDelivered.TYPE: "delivered_at",
    PushViewed.TYPE: "viewed_at",
    PushClaimed.TYPE: "claimed_at",
}
"""What a push says of the instant of an event (R-HND-7)."""

MAY_BE_KNOWN = frozenset({"/v1/acceptances", "/v1/decisions", "/v1/later-acts"})
"""What may have been done under another key before: then it is answered as it was then (R-HND-13)."""

DECIDE = "decide"
"""Beside the states of pushes: what a sender must decide on is counted for it."""

LISTS_OF_A_CASE = 5
"""By number, by the applicant's code and name, by bureau and by item; decided, it is in one more."""

_PUSH_TYPES = {body.TYPE for body in PUSH_EVENTS}


# ── At every moment ──────────────────────────────────────────────────────────────────────────────


def check_case(case: CaseTruth) -> None:
    """Everything that a case promises while anything may still happen to it."""
    check_chain(case)
    check_pushes(case)
    check_receipts(case)
    check_terms(case)
    check_reviews(case)
    check_responsibility(case)


def check_chain(case: CaseTruth) -> None:
    """R-AUD-2: nobody wrote half of anything; time never runs backwards (R-HND-7)."""
    assert chain.verify(case.events, case.stored.head) == []
    assert len(case.events) == case.stored.head.sequence
    for earlier, later in pairwise(case.events):
        assert earlier.time <= later.time


def check_pushes(case: CaseTruth) -> None:
    """R-HND-4, R-HND-6: each push is in the one state that its events lead to, by legal moves; one claim at a time."""
    histories = push_histories(case.events)
    assert histories.keys() == {push.push_id for push in case.file.pushes}
    for push in case.file.pushes:
        told = histories[push.push_id]
        assert told[0][0] == PushDelivered.TYPE, "delivered first"
        assert [type_ for type_, _ in told].count(PushDelivered.TYPE) == 1, "delivered once"
        for (_, before), (type_, after) in pairwise(told):
            assert _is_legal(before, type_, after), f"{before.state} —{type_}→ {after.state}"
        assert told[-1][1] == push, "where the last event left it"
    for event in case.events:
        if event.type in STAMPED:
            assert getattr(body_of(event, PushBody).push, STAMPED[event.type]) == event.time, "the chain's own clock"
    check_limits(case.events)
    live = Counter((push.place, push.stage, push.content_hash) for push in case.file.pushes if push.state not in ENDED)
    assert all(count == 1 for count in live.values()), f"two live pushes of one act in one place: {live}"


def check_limits(events: Iterable[Event]) -> None:
    """R-HND-4, R-HND-5: late is a fact by the limit; once it has passed nothing else is told of a push before that."""
    known: dict[str, Push] = {}
    for event in events:
        if event.type in _PUSH_TYPES:
            push = body_of(event, PushBody).push
            before = known.get(push.push_id)
            if before and before.state in LAPSING and event.time >= before.claim_due_at:
                silence = event.type == PushClaimed.TYPE and push.claim_rule == ClaimRuleCited.DEEMED
                assert silence or event.type in {PushOverdue.TYPE, PushRescheduled.TYPE}, f"{event.type} past the limit"
            known[push.push_id] = push


def push_histories(events: Iterable[Event]) -> dict[str, list[tuple[str, Push]]]:
    """What was told of each push, in order."""
    histories: dict[str, list[tuple[str, Push]]] = {}
    for event in events:
        if event.type in _PUSH_TYPES:
            push = body_of(event, PushBody).push
            histories.setdefault(push.push_id, []).append((event.type, push))
    return histories


def _is_legal(before: Push, type_: str, after: Push) -> bool:
    leads_to = MOVES[before.state]
    return any(move in leads_to and after.state in {leads_to[move], INSTEAD.get(move)} for move in MOVED_BY[type_])


def check_receipts(case: CaseTruth) -> None:
    """R-HND-8: one valid half for each delivery and each claim, and none for anything else."""
    receipts = list(case.receipts())
    owed = [event for event in case.events if event.type in {PushDelivered.TYPE, PushClaimed.TYPE}]
    assert sorted(each.body.event_id for each in receipts) == sorted(event.id for event in owed)
    events = {event.id: event for event in owed}
    halves = {each.body.push_id: each for each in receipts if each.body.kind is ReceiptKind.PUSH}
    for receipt in receipts:
        body = receipt.body
        event = events[body.event_id]
        assert (body.event_hash, body.event_sequence, body.at) == (event.hash(), event.sequence, event.time)
        if body.kind is ReceiptKind.PUSH:
            verify_receipt(receipt, ROOT.key)
        else:
            verify_handover(halves[body.push_id], receipt, ROOT.key)


def check_terms(case: CaseTruth) -> None:
    """R-HND-14: what is owed is what the case says, and its next moment is in the due index, or nothing is."""
    said = [term.model_copy(update={"told": None}) for term in case.file.terms]
    assert said == list(terms.owed(case.file))
    due, row = terms.due_at(case.file), case.rows.get("due#case")
    assert (row["due_at"] if row else None) == (to_text(due) if due else None)


def check_responsibility(case: CaseTruth) -> None:
    """R-HND-7: from the case's first event on, exactly one body is answerable in each place, proven by events."""
    known = {event.id for event in case.events}
    story = responsibilities(case.events)
    for _, told in groupby(story, key=lambda each: each.place):
        stretches = list(told)
        assert stretches[0].since == case.events[0].time
        assert stretches[-1].until is None
        for earlier, later in pairwise(stretches):
            assert earlier.until == later.since, "no gap, no overlap"
            assert earlier.since < later.since
        assert all(each.proven_by and known.issuperset(each.proven_by) for each in stretches)


def check_reviews(case: CaseTruth) -> None:
    """R-HND-10, R-HND-14: a department gives one opinion; the clock stands still while one is awaited."""
    given = {review.review_id: list(review.answered) for review in case.file.reviews if review.answered}
    opinions: dict[str, list[str]] = {}
    for opinion in case.file.opinions:
        opinions.setdefault(opinion.review_id, []).append(opinion.department)
    assert {name: sorted(of) for name, of in opinions.items()} == {name: sorted(of) for name, of in given.items()}
    if case.file.clock is not None:
        stopped = {stop.review for stop in case.file.clock.stops if stop.until is None and stop.review}
        assert stopped == {review.review_id for review in case.file.reviews if review.state is ReviewState.OPEN}


def check_ledger(cases: Mapping[str, CaseTruth], city: FaultyCity) -> None:
    """R-HND-16: every case and push is in its lists once; all pushes and decisions are counted exactly."""
    entered = Counter(row["sk"].rpartition("#")[2] for row in city.rows() if row["pk"].startswith("ledger#"))
    owed = dict.fromkeys(_push_ids(cases), 1)
    decided = {case_id: case.file.case.decision is not None for case_id, case in cases.items()}
    assert entered == owed | {case_id: LISTS_OF_A_CASE + is_decided for case_id, is_decided in decided.items()}
    counts: Counter[tuple[str, str]] = Counter()
    for row in city.rows():
        if row["pk"].startswith("count#"):
            _, _, counted = row["pk"].rpartition("#")
            state = DECIDE if row["pk"].startswith(f"count#{DECIDE}#") else row["sk"].partition("#")[0]
            counts[counted, state] += int(row["version"])
    every = [push for case in cases.values() for push in case.file.pushes]
    pushes = Counter((push.department, str(push.state)) for push in every)
    decisions = Counter((push.sender, DECIDE) for push in every if decision_owed_since(push))
    assert {key: count for key, count in counts.items() if count} == pushes + decisions


def check_objections(cases: Mapping[str, CaseTruth], city: FaultyCity) -> None:
    """R-HND-11: what was said is counted once its notice has ended, and silence is recorded as no objection."""
    said = Counter(row["pk"] for row in city.rows() if row["sk"].startswith("objection#"))
    for case in cases.values():
        for notice in case.file.notices:
            if notice.state is PublicNoticeState.CLOSED:
                assert notice.objections == said[notice.notice_id]
                assert (notice.outcome is PublicNoticeOutcome.NO_OBJECTION) == (notice.objections == 0)


def check_numbers(cases: Mapping[str, CaseTruth], city: FaultyCity) -> None:
    """R-HND-13: a bureau's number is one case, and every case has its number."""
    named = {row["body"]: row["pk"] for row in city.rows() if row["pk"].startswith("number#")}
    assert named == {
        case_id: number_key(case.file.case.bureau, case.file.case.case_number) for case_id, case in cases.items()
    }


# ── Once everything was asked again, heard again and told again ──────────────────────────────────


def check_answers(city: FaultyCity, cases: Mapping[str, CaseTruth]) -> None:
    """What was answered is so; what was refused left nothing; nothing was done twice (R-HND-13)."""
    told: dict[str, list[Event]] = {}
    for event in _events(city):
        # Reads and refusals are told under ids of their own, however often they come.
        if not event.subject.startswith("acc_"):
            told.setdefault(event.data.correlation_id, []).append(event)
    for asked in city.asked:
        events = told.get(asked.request.correlation_id, [])
        if asked.done is None:
            assert events == [], f"{asked} was refused"
        elif not asked.request.path.endswith("/claims"):
            assert _changes(events) <= 1, f"{asked} was done twice"
            assert events or asked.request.path in MAY_BE_KNOWN or asked.request.method == "GET", (
                f"{asked} was not done"
            )
        _check_reflected(asked, events, cases)


def _changes(events: Sequence[Event]) -> int:
    """How many changes these events were written in: those of one follow each other in their chain."""
    places = {(event.subject, event.sequence) for event in events}
    return sum((subject, sequence - 1) not in places for subject, sequence in places)


def _check_reflected(asked: Asked, events: Sequence[Event], cases: Mapping[str, CaseTruth]) -> None:
    answer = asked.done
    if answer is None:
        return
    bodies = [event.data.body.get("push") for event in events]
    for claim in [each["claimed"] for each in answer.get("results", ()) if each["claimed"]]:
        _check_claim(claim, bodies, cases)
    if "receipt" in answer:
        _check_claim(answer, bodies, cases)
    elif "stage" in answer and "content_hash" in answer and "pushes" in answer:
        _check_stage(answer, cases)
    elif "push" in answer and asked.request.method == "POST":
        assert answer["push"] in bodies
        assert answer["successor"] is None or answer["successor"]["push_id"] in _push_ids(cases)


def _check_claim(claim: dict[str, object], bodies: Sequence[object], cases: Mapping[str, CaseTruth]) -> None:
    push = {name: value for name, value in claim.items() if name != "receipt"}
    assert push in bodies
    kept = cases[str(claim["case_id"])].receipts()
    assert claim["receipt"] in [receipt.model_dump(mode="json") for receipt in kept]


def _check_stage(answer: Mapping[str, object], cases: Mapping[str, CaseTruth]) -> None:
    case = cases[str(answer["case_id"])]
    recorded = [record for record in case.file.stages if record.content_hash == answer["content_hash"]]
    assert [to_text(record.recorded_at) for record in recorded] == [answer["recorded_at"]]
    delivered = {push["push_id"] for push in answer["pushes"]}  # type: ignore[attr-defined]
    assert delivered <= {push.push_id for push in case.file.pushes}


def _push_ids(cases: Mapping[str, CaseTruth]) -> set[str]:
    return {push.push_id for case in cases.values() for push in case.file.pushes}


def _events(city: FaultyCity) -> Iterator[Event]:
    for row in city.rows():
        if row["sk"].startswith("event#"):
            yield Event.model_validate_json(row["body"])


def check_told(city: FaultyCity, cases: Mapping[str, CaseTruth]) -> None:
    """R-AUD-3: nothing waits in the outbox; every event was told and logged at least once, and none that is not."""
    assert [row["sk"] for row in city.rows() if "outbox_shard" in row] == []
    events = {event.id for event in _events(city)}
    assert city.told().keys() == city.logged().keys() == events
    assert {event.id for case in cases.values() for event in case.events} <= events


def check_hearers(city: FaultyCity, cases: Mapping[str, CaseTruth]) -> None:
    """Each event took effect once at whoever hears it, whatever came twice or out of order (R-NTF-1, R-OVS-1)."""
    said = Counter(row["pk"] for row in city.rows("notification") if row["sk"] == "entry")
    owed = Counter(_messages(cases))
    assert said == owed, f"{said - owed} too many, {owed - said} too few"
    for case in cases.values():
        for push in case.file.pushes:
            watch = oversight().watch(push.push_id)
            assert watch, f"oversight has not heard of {push.push_id}"
            assert watch.push == push


def _messages(cases: Mapping[str, CaseTruth]) -> Iterator[str]:
    """The ids of the messages that liaisons are owed: of each delivery one, and of whatever else they are told."""
    for case in cases.values():
        for event in case.events:
            if event.type == PushDelivered.TYPE:
                yield f"dlv_{body_of(event, PushDelivered).push.push_id.removeprefix('push_')}_000"
            elif event.type in TOLD_BY_SMS:
                yield f"dlv_{event.id.removeprefix('evt_')}_000"


def check_nothing_waits_that_could_go(city: FaultyCity, cases: Mapping[str, CaseTruth]) -> None:
    """R-HND-15: what could not be routed waits only while it still cannot be."""
    for case in cases.values():
        for part in case.file.unrouted:
            code = case.file.case.item_code
            known = what_is_known(wiring.directory(), code, city.clock(), case.file, meant=part.department)
            outcome = unrouted.reroute(case.file, part, known, city.clock())
            told = {body.TYPE for body in outcome.bodies}
            # Another thing may hinder it by now, which it is told once what it waits for has come.
            assert told <= {PushUnroutable.TYPE}, f"{part} could be placed"
