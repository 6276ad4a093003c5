"""Use cases of handover: read, let the domain decide, write once."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from services.handover.domain import SOURCE, pushes, routing
from services.handover.domain.cases import CaseFile, Outcome, Receipt, Unrouted
from services.handover.domain.responsibility import (
    Responsibility,
    departments_of,
    responsibilities,
    responsibility_at,
)
from services.handover.domain.routes import LONGEST_CHAIN, successors, ways_to
from services.handover.domain.routing import Submission
from services.handover.ports import Cases, Position
from services.handover.schemas import (
    AcceptanceRequest,
    CaseView,
    DecisionRequest,
    PushView,
    ResponsibilityAnswer,
    ResponsibilityQuery,
    Route,
    Timeline,
    TimelineEntry,
)
from shared.contracts import chain
from shared.contracts.chain import ChainHead
from shared.contracts.change import Context, Outdated, Stored, change
from shared.contracts.departments import Department
from shared.contracts.event import Event
from shared.contracts.handover import Applicant, Case, Decision, Push
from shared.contracts.items import Item
from shared.contracts.vocabulary import Stage
from shared.kernel.errors import Fault, Refused
from shared.kernel.ids import case_of_push, new_id
from shared.kernel.permissions import Principal, Role
from shared.observability import count, logger

CLOCKS_DIFFER = timedelta(minutes=5)
"""How far a bureau's clock may be ahead of ours."""

_IN_FUTURE = ("不得晚于当前时间", "Not later than now")
_BEFORE_ACCEPTANCE = ("不得早于该办件的受理时间", "Not before the case was accepted")

_READS_EVERY_CASE = frozenset({Role.OVERSIGHT, Role.AUDIT_ADMIN})


def push_acceptance(store: Cases, context: Context, request: AcceptanceRequest) -> Receipt:
    """Record an accepted case and push it at once (R-HND-1). The same content again gets the first answer."""
    given = request.model_dump(include={"approval_mode", "received_at", "accepted_at", "promises", "credit_lookup"})
    return _push_stage(store, context, Stage.ACCEPTANCE, request, given)


def push_decision(store: Cases, context: Context, request: DecisionRequest) -> Receipt:
    """Record a decision and push the result in the same act (R-HND-2)."""
    given = {"decision": Decision.model_validate(request.decision.model_dump())}
    return _push_stage(store, context, Stage.DECISION, request, given)


def preview_route(store: Cases, context: Context, item_code: str) -> Route:
    """Where a push of this item would go at this instant, so that a bureau can look before it pushes."""
    item = store.item_in_force(item_code, context.now)
    if item is None:
        raise Refused("not_found", id=item_code)
    ways = ways_to(item.supervisors, _departments(store, item))
    return Route(
        item_code=item.code,
        item_name=item.name,
        item_version=item.version,
        standing=item.standing,
        push_stages=item.push_stages,
        claim=item.claim,
        supervisors=ways.reached,
        unreached=ways.unreached,
    )


def view_push(store: Cases, context: Context, push_id: str) -> PushView:
    """Show a push to its department and record the first time it is opened (R-HND-4)."""
    stored, push = _own_push(store, context, push_id)
    outcome = pushes.view(stored.state, push, stored.head.not_before(context.now))
    _save(store, context, stored, outcome)
    seen = outcome.file.push(push_id)
    return PushView(push=seen or push, case=outcome.file.case)


def claim_push(store: Cases, context: Context, push_id: str) -> Push:
    """Claim a push: exactly one claim wins, the others are told who and when (R-HND-6)."""
    stored, push = _own_push(store, context, push_id)
    claimant, now = context.principal.client_id, stored.head.not_before(context.now)
    outcome = pushes.claim(stored.state, push, claimant, now, pushes.ClaimRuleCited.CONFIRMED)
    claimed = outcome.file.push(push_id) or push
    _save(store, context, stored, outcome, response=claimed)
    return claimed


def lapse_due(store: Cases, context: Context) -> int:
    """Let every push whose limit has passed become deemed claimed or visibly overdue (R-HND-5); returns how many.

    A push that moves between the look and the write is left to the next run, which sees what it became. One that fails
    is logged and counted; it never holds up the rest.
    """
    lapsed = 0
    for push_id in store.due(context.now):
        try:
            stored, push = _push(store, push_id)
            now = stored.head.not_before(context.now)
            _save(store, context, stored, pushes.lapse(stored.state, push, now))
            lapsed += 1
        except Outdated:
            continue
        except Exception:  # noqa: BLE001 - whatever ails one push, the others lapse
            logger().exception("a push could not lapse", extra={"push": push_id})
            count("LapsesFailed")
    return lapsed


def view_case(store: Cases, context: Context, case_id: str) -> CaseView:
    """A case for somebody who may read it."""
    stored = _readable_case(store, context.principal, case_id)
    return CaseView(case=stored.state.case, pushes=stored.state.pushes)


def timeline(store: Cases, context: Context, case_id: str) -> Timeline:
    """A case's chain of events, verified on the way out (R-AUD-2). Raises Outdated while it is being written."""
    stored = _readable_case(store, context.principal, case_id)
    events = store.events(case_id)
    now = store.case(case_id)
    if now is None or now.head != stored.head:
        # Head and events are two reads: what was appended between them is no damage, and must not be told as one.
        raise Outdated
    findings = chain.verify(events, stored.head)
    return Timeline(
        case_id=case_id,
        intact=not findings,
        findings=tuple(f"{each.fault} at {each.sequence}" for each in findings),
        entries=tuple(_entry(event) for event in events),
    )


def responsibility(store: Cases, context: Context, case_id: str, query: ResponsibilityQuery) -> ResponsibilityAnswer:
    """Who is answerable at an instant, from the chain alone (R-HND-7)."""
    stored = _readable_case(store, context.principal, case_id)
    events = store.events(case_id)
    at = query.at or context.now
    if at > context.now + CLOCKS_DIFFER:
        raise Refused("invalid_fields", [Fault("query:at", "in_future", *_IN_FUTURE)], count=1)
    # A case that reached nobody is still its bureau's.
    pushed_to = departments_of(events) or (stored.state.case.bureau,)
    departments = (query.department,) if query.department else pushed_to
    stories = {each: responsibilities(events, each) for each in departments}
    then = (responsibility_at(events, each, at) for each in departments)
    return ResponsibilityAnswer(
        case_id=case_id,
        at=at,
        now=tuple(each for each in then if each is not None),
        story=_flat(stories.values()),
    )


def inbox(
    store: Cases,
    context: Context,
    *,
    claimed: bool,
    limit: int,
    position: Position | None,
) -> tuple[Sequence[Push], Position | None]:
    """A page of my department's pushes (R-HND-16)."""
    department = _department_of(context.principal)
    return store.inbox(department, claimed=claimed, limit=limit, position=position)


def unrouted(
    store: Cases, context: Context, asked: str | None, *, limit: int, position: Position | None
) -> tuple[Sequence[Unrouted], Position | None]:
    """A page of what waits for a bureau's coordinator (R-HND-15): the own bureau's, for oversight any bureau's."""
    oversees = Role.OVERSIGHT in context.principal.roles
    bureau = asked if asked and oversees else _department_of(context.principal)
    if asked not in {None, bureau}:
        raise Refused("not_your_department")
    return store.unrouted(bureau, limit=limit, position=position)


def keep_item(store: Cases, context: Context, item: Item) -> None:
    """Remember a published version of an item."""
    store.keep_item(item, context)


def keep_department(store: Cases, context: Context, department: Department) -> None:
    """Remember a department and its liaisons."""
    store.keep_department(department, context)


def _push_stage(
    store: Cases,
    context: Context,
    stage: Stage,
    request: AcceptanceRequest | DecisionRequest,
    given: dict[str, Any],
) -> Receipt:
    bureau = _department_of(context.principal)
    stored = store.case_by_number(bureau, request.case_number)
    before = stored.state if stored else None
    submission = Submission(stage=stage, case_number=request.case_number, fields=_given(request))
    first = routing.first_receipt(before, submission)
    if first is not None:
        return first
    known = before.case if before else _new_case(bureau, request)
    _check_times(request, known, context.now)
    item = store.item_in_force(known.item_code, context.now)
    case = known.model_copy(update={**given, **_version(item), "materials": request.materials or known.materials})
    departments = _departments(store, item)
    head = stored.head if stored else ChainHead()
    outcome = routing.record_stage(before, case, submission, item, departments, head.not_before(context.now))
    receipt = outcome.file.stages[stage].receipt
    store.save(change(SOURCE, case.case_id, head, outcome.file, outcome.bodies, context, receipt), before)
    return receipt


def _departments(store: Cases, item: Item | None) -> Sequence[Department]:
    """What is known of the departments an item names, and of those that answer for the merged ones (R-HND-15)."""
    known: dict[str, Department] = {}
    asked = {item.approval_department, *(each.department for each in item.supervisors)} if item else set()
    for _ in range(LONGEST_CHAIN + 1):
        found = store.departments(sorted(asked))
        known |= {each.department_id: each for each in found}
        asked = set(successors(found) - known.keys())
    return tuple(known.values())


def _save(
    store: Cases,
    context: Context,
    stored: Stored[CaseFile],
    outcome: Outcome,
    response: Push | None = None,
) -> None:
    if not outcome.bodies:
        return
    written = change(
        SOURCE,
        stored.state.case.case_id,
        stored.head,
        outcome.file,
        outcome.bodies,
        context,
        response,
    )
    store.save(written, stored.state)


def _push(store: Cases, push_id: str) -> tuple[Stored[CaseFile], Push]:
    case_id = case_of_push(push_id)
    stored = store.case(case_id) if case_id else None
    push = stored.state.push(push_id) if stored else None
    if stored is None or push is None:
        raise Refused("not_found", id=push_id)
    return stored, push


def _own_push(store: Cases, context: Context, push_id: str) -> tuple[Stored[CaseFile], Push]:
    stored, push = _push(store, push_id)
    if push.department != context.principal.department:
        raise Refused("not_your_department")
    return stored, push


def _readable_case(store: Cases, principal: Principal, case_id: str) -> Stored[CaseFile]:
    stored = store.case(case_id)
    if stored is None:
        raise Refused("not_found", id=case_id)
    reads_all = not principal.roles.isdisjoint(_READS_EVERY_CASE)
    if not reads_all and principal.department not in stored.state.departments():
        raise Refused("not_your_department")
    return stored


def _department_of(principal: Principal) -> str:
    if principal.department is None:
        raise Refused("not_your_department")
    return principal.department


def _new_case(bureau: str, request: AcceptanceRequest | DecisionRequest) -> Case:
    if request.item_code is None or request.applicant is None:
        missing = [name for name in ("item_code", "applicant") if getattr(request, name) is None]
        zh = "该办件未在受理环节推送过,须在此给出"
        en = "This case was not pushed at acceptance, so it must be given here"
        faults = [Fault(f"/{name}", "missing", zh, en) for name in missing]
        raise Refused("invalid_fields", faults, count=len(faults))
    return Case(
        case_id=new_id("case"),
        case_number=request.case_number,
        bureau=bureau,
        item_code=request.item_code,
        item_id=None,
        item_name=None,
        item_version=None,
        applicant=Applicant.model_validate(request.applicant.model_dump()),
        approval_mode=request.approval_mode,
    )


def _check_times(request: AcceptanceRequest | DecisionRequest, known: Case, now: datetime) -> None:
    """Nothing is pushed before it was done, nor decided before it was accepted (R-HND-1, R-HND-2)."""
    latest = now + CLOCKS_DIFFER
    if isinstance(request, AcceptanceRequest):
        faults = [Fault("/accepted_at", "in_future", *_IN_FUTURE)] if request.accepted_at > latest else []
    else:
        decided = request.decision.decided_at
        faults = [Fault("/decision/decided_at", "in_future", *_IN_FUTURE)] if decided > latest else []
        if known.accepted_at and decided < known.accepted_at:
            faults.append(Fault("/decision/decided_at", "before_acceptance", *_BEFORE_ACCEPTANCE))
    if faults:
        raise Refused("invalid_fields", faults, count=len(faults))


def _given(request: AcceptanceRequest | DecisionRequest) -> dict[str, Any]:
    # What was left out and what was given its default are one content, also after we add a field.
    given: dict[str, Any] = request.model_dump(mode="json", exclude_defaults=True)
    return given


def _version(item: Item | None) -> dict[str, Any]:
    """What a case says of the item's version that applied at its latest stage (R-REG-4)."""
    return {"item_id": item.item_id, "item_name": item.name, "item_version": item.version} if item else {}


def _entry(event: Event) -> TimelineEntry:
    return TimelineEntry(envelope=event.envelope(), hash=event.hash(), nonce=event.nonce, payload=event.data)


def _flat(stories: Iterable[tuple[Responsibility, ...]]) -> tuple[Responsibility, ...]:
    return tuple(each for story in stories for each in story)
