"""Histories of a case as several servers with unlike clocks write it, through the real rules of the domain."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from hypothesis import strategies as st

from services.handover.domain import SOURCE, claims, licences, returns, routing, terms, unrouted
from services.handover.domain.cases import CaseFile, Outcome
from services.handover.domain.routing import Addressee, Known, Submission
from services.handover.domain.waits import Seen, item_subject
from shared.contracts import chain
from shared.contracts.cases import Applicant, Case, Decision, LaterAct
from shared.contracts.chain import ChainHead
from shared.contracts.departments import DepartmentState
from shared.contracts.event import Actor, Event
from shared.contracts.items import ClaimRule, Item
from shared.contracts.pushes import Push, Referral, Return, ReturnDecision
from shared.contracts.vocabulary import (
    ApplicantKind,
    ApprovalMode,
    ClaimMode,
    DecisionResult,
    OnOverdue,
    PushStage,
    ReturnReason,
    Stage,
    SupervisorPart,
    TimeLimit,
)
from shared.kernel.clock import from_text
from shared.kernel.errors import Refused
from tests.support.handover_builders import BUREAU, HEALTH, MARKET, STRANGER, department, item, supervisor

START = from_text("2026-03-02T01:30:00.000Z")
SOMEBODY = "cli_somebody_0000"
DEPARTMENTS = (MARKET, HEALTH, STRANGER)

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
_SAYS: Mapping[Stage, Mapping[str, object]] = {
    Stage.ACCEPTANCE: {"accepted_at": START},
    Stage.DECISION: {
        "decision": Decision(result=DecisionResult.GRANTED, document_number="1", decided_at=START),
    },
}
"""What a case says from a stage on."""


class Registry(NamedTuple):
    """What is known of the registry while a step is taken: whether the item is, whom it names, who can be reached.

    `merged`: departments that were merged, each into which.
    """

    listed: bool
    supervisors: tuple[str, ...]
    unreachable: frozenset[str]
    stages: tuple[PushStage, ...]
    merged: tuple[tuple[str, str], ...] = ()


class Step(NamedTuple):
    """What is tried, on which push or part, for whom, and how far the server's clock is from the last one's."""

    act: str
    number: int
    department: str
    drift: timedelta
    registry: Registry
    twice: bool


@dataclass(frozen=True)
class History:
    """What a history left: the file as it is kept, the chain, and its head."""

    file: CaseFile | None = None
    events: tuple[Event, ...] = ()
    head: ChainHead = field(default_factory=ChainHead)


def played(rule: ClaimRule, steps: list[Step]) -> History:
    """The history that steps leave. Whatever a rule refuses leaves nothing.

    What comes twice was decided twice on the same file: the second finds its file outdated and decides on the new one.
    """
    history, now = History(), START
    for step in steps:
        now += step.drift
        for _ in range(1 + step.twice):
            history = _taken(history, step, rule, now)
    return history


def _taken(history: History, step: Step, rule: ClaimRule, now: datetime) -> History:
    try:
        outcome = _ACTS[step.act](history.file, step, _known(step.registry, rule), history.head.not_before(now))
    except Refused:
        return history
    if outcome is None or not outcome.bodies:
        return history
    settled = terms.settle(history.file, outcome)
    added, head = chain.append(
        history.head,
        settled.bodies,
        source=SOURCE,
        subject=CASE.case_id,
        actor=Actor(client_id=SOMEBODY),
        correlation_id="correlation",
        now=now,
    )
    return History(settled.file, (*history.events, *added), head)


def _known(registry: Registry, rule: ClaimRule) -> Known:
    named = tuple(
        supervisor(each, SupervisorPart.ASSISTING if place else SupervisorPart.LEAD)
        for place, each in enumerate(registry.supervisors)
    )
    listed: Item | None = item(claim=rule, supervisors=named, push_stages=registry.stages) if registry.listed else None
    departments = [department(each, active=each not in registry.unreachable) for each in DEPARTMENTS]
    for merged, heir in registry.merged:
        changes = {"state": DepartmentState.MERGED, "successor": heir}
        departments = [
            each.model_copy(update=changes) if each.department_id == merged else each for each in departments
        ]
    return Known(listed, departments, Seen(item_subject(CASE.item_code), 1 if listed else None))


# ── What is tried ───────────────────────────────────────────────────────────────────────────────


def _stage(
    file: CaseFile | None, stage: Stage, known: Known, now: datetime, act: LaterAct | None = None
) -> Outcome | None:
    number = act.document_number if act else None
    submission = Submission(
        stage=stage, document_number=number, case_number=CASE.case_number, fields={"stage": stage, "number": number}
    )
    if routing.check_same(file, submission):
        return None
    if act is not None:
        licences.check_act(file, act)
    case = file.case if file else CASE
    case = case.model_copy(update={**_SAYS.get(stage, {}), **routing.version_of(known.item)})
    case = case.model_copy(update=licences.told(file, case, act, now))
    return routing.record_stage(file, case, submission, known, now, act=act)


def _accept(file: CaseFile | None, step: Step, known: Known, now: datetime) -> Outcome | None:
    del step
    return _stage(file, Stage.ACCEPTANCE, known, now)


def _decide(file: CaseFile | None, step: Step, known: Known, now: datetime) -> Outcome | None:
    del step
    return _stage(file, Stage.DECISION, known, now)


def _later(file: CaseFile | None, step: Step, known: Known, now: datetime) -> Outcome | None:
    stages: tuple[Stage, ...] = (Stage.AMENDMENT, Stage.RENEWAL, Stage.CANCELLATION)
    stage = stages[step.number % len(stages)]
    act = LaterAct.model_validate({"stage": stage, "document_number": str(step.number), "done_at": now})
    return _stage(file, stage, known, now, act)


def _elapse(file: CaseFile | None, step: Step, known: Known, now: datetime) -> Outcome | None:
    del step, known
    return terms.take_course(file, now) if file else None


def _reroute(file: CaseFile | None, step: Step, known: Known, now: datetime) -> Outcome | None:
    if file is None or not file.unrouted:
        return None
    return unrouted.reroute(file, file.unrouted[step.number % len(file.unrouted)], known, now)


def _route(file: CaseFile | None, step: Step, known: Known, now: datetime) -> Outcome | None:
    if file is None or not file.unrouted:
        return None
    part = file.unrouted[step.number % len(file.unrouted)]
    named = [Addressee(step.department, SupervisorPart.LEAD)]
    return unrouted.route_by_hand(file, part, known.item, named, "由其监管", now)


def _decision(now: datetime) -> ReturnDecision:
    return ReturnDecision(text="依三定方案", at=now, by=SOMEBODY, conference_document="示联席纪〔2026〕3号")


def _returned(now: datetime) -> Return:
    return Return(reason=ReturnReason.OTHER, text="不在本辖区", at=now, by=SOMEBODY)


_MOVES: Mapping[str, Callable[[CaseFile, Push, str, datetime], Outcome]] = {
    "view": lambda file, push, _, now: claims.view(file, push, now),
    "claim": lambda file, push, _, now: claims.claim(file, push, SOMEBODY, now),
    "withdraw_claim": lambda file, push, _, now: claims.withdraw_claim(file, push, "不在本辖区", SOMEBODY, now),
    "return": lambda file, push, _, now: returns.send_back(file, push, _returned(now)),
    "refer": lambda file, push, _, now: returns.refer(file, push, Referral(text="提请", at=now, by=SOMEBODY)),
    "uphold": lambda file, push, _, now: returns.uphold(file, push, _decision(now)),
    "reassign": lambda file, push, to, now: returns.reassign(file, push, _decision(now), to, push.sender),
    "relay": lambda file, push, to, now: returns.relay(file, push, push.department, to, "由上级监管", now),
    "withdraw": lambda file, push, _, now: returns.withdraw(file, push, push.sender, "推送有误", now),
    "give_up": lambda file, push, _, now: returns.withdraw(
        file, push, push.sender, "无须监管", now, nobody_instead=True
    ),
}


def _move(file: CaseFile | None, step: Step, known: Known, now: datetime) -> Outcome | None:
    del known
    if file is None or not file.pushes:
        return None
    push = file.pushes[step.number % len(file.pushes)]
    return terms.moved(file, push, now, lambda file, push: _MOVES[step.act](file, push, step.department, now))


Act = Callable[[CaseFile | None, Step, Known, datetime], Outcome | None]

_ACTS: Mapping[str, Act] = {
    "accept": _accept,
    "decide": _decide,
    "later_act": _later,
    "elapse": _elapse,
    "reroute": _reroute,
    "route": _route,
    **dict.fromkeys(_MOVES, _move),
}

# ── Random ones ─────────────────────────────────────────────────────────────────────────────────

REGISTRIES = st.builds(
    Registry,
    st.sampled_from([True, True, True, False]),
    st.sampled_from([(MARKET,), (HEALTH,), (MARKET, HEALTH)]),
    st.sampled_from([frozenset[str](), frozenset[str](), frozenset({MARKET}), frozenset({HEALTH, MARKET})]),
    st.sampled_from(
        [
            (PushStage.ACCEPTANCE, PushStage.DECISION),
            (PushStage.ACCEPTANCE, PushStage.DECISION),
            (PushStage.DECISION,),
            (PushStage.ACCEPTANCE,),
        ]
    ),
)
OFTEN = ("return", "return", "return", "uphold", "reassign", "claim", "elapse", "relay", "later_act", "later_act")

STEPS = st.builds(
    Step,
    # What needs something before it is tried more often, so that it happens at all.
    st.sampled_from([*sorted(_ACTS), *OFTEN]),
    st.integers(0, 12),
    st.sampled_from(DEPARTMENTS),
    st.sampled_from([-300, -1, 0, 0, 1, 60, 3600, 3 * 86400]).map(lambda seconds: timedelta(seconds=seconds)),
    REGISTRIES,
    st.booleans(),
)
RULES = st.builds(
    ClaimRule,
    mode=st.sampled_from([ClaimMode.CONFIRM, ClaimMode.CONFIRM, ClaimMode.ON_PUSH]),
    limit=st.sampled_from([TimeLimit(amount=30, unit="minute"), TimeLimit(amount=2)]),
    on_overdue=st.sampled_from(OnOverdue),
)


def _begun(first: Step, steps: list[Step]) -> list[Step]:
    # Most histories go as far as a decision, so that there is something to hand over.
    return [first._replace(act="decide"), *steps] if first.number % 4 else [first, *steps]


def _merging(steps: list[Step], at: int) -> list[Step]:
    # A merger stays: from some step on everybody who reads the registry finds it.
    merged = ((MARKET, STRANGER),)
    return [*steps[:at], *(each._replace(registry=each.registry._replace(merged=merged)) for each in steps[at:])]


LONG = st.builds(_begun, STEPS, st.lists(STEPS, min_size=5, max_size=24))
HISTORIES = st.builds(played, RULES, LONG)
MERGING_HISTORIES = st.builds(played, RULES, st.builds(_merging, LONG, st.integers(1, 12)))
