"""The bureau's acts: accepting, deciding, what becomes of a licence; each recorded and pushed at once (R-HND)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from services.handover.domain import routing
from services.handover.domain.cases import CaseFile, StageRecord
from services.handover.domain.routes import LONGEST_CHAIN, successors, ways_to
from services.handover.domain.routing import Known, Submission
from services.handover.logic.materials import check_materials
from services.handover.logic.office import Office, department_of, save
from services.handover.ports.directory import Directory
from services.handover.schemas.cases import Route
from services.handover.schemas.stages import AcceptanceRequest, DecisionRequest, StageAnswer
from shared.contracts.cases import Applicant, Case, Decision
from shared.contracts.change import Context
from shared.contracts.departments import Department
from shared.contracts.items import Item
from shared.contracts.receipts import SignedReceipt
from shared.contracts.vocabulary import Stage
from shared.kernel.errors import Fault, Refused, refuse_fields
from shared.kernel.ids import new_id

CLOCKS_DIFFER = timedelta(minutes=5)
"""How far a bureau's clock may be ahead of ours."""

IN_FUTURE = ("不得晚于当前时间", "Not later than now")
_BEFORE_ACCEPTANCE = ("不得早于该办件的受理时间", "Not before the case was accepted")


def push_acceptance(office: Office, context: Context, request: AcceptanceRequest) -> StageAnswer:
    """Record an accepted case and push it at once (R-HND-1). The same content again gets the first answer."""
    given = request.model_dump(include={"approval_mode", "received_at", "accepted_at", "promises", "credit_lookup"})
    return _push_stage(office, context, Stage.ACCEPTANCE, request, given)


def push_decision(office: Office, context: Context, request: DecisionRequest) -> StageAnswer:
    """Record a decision and push the result in the same act (R-HND-2)."""
    given = {"decision": Decision.model_validate(request.decision.model_dump())}
    return _push_stage(office, context, Stage.DECISION, request, given)


def preview_route(directory: Directory, context: Context, item_code: str) -> Route:
    """Where a push of this item would go at this instant, so that a bureau can look before it pushes."""
    item = directory.item_in_force(item_code, context.now)
    if item is None:
        raise Refused("not_found", id=item_code)
    ways = ways_to(item.supervisors, known_departments(directory, item))
    return Route(
        item_code=item.code,
        item_name=item.name,
        item_version=item.version,
        standing=item.standing,
        push_stages=item.push_stages,
        claim=item.claim,
        supervisors=ways.reached,
        unreached=tuple(map(str, ways.unreached)),
    )


def known_departments(directory: Directory, item: Item | None) -> Sequence[Department]:
    """What is known of the departments an item names, and of those that answer for the merged ones (R-HND-15)."""
    known: dict[str, Department] = {}
    asked = {item.approval_department, *(each.department for each in item.supervisors)} if item else set()
    for _ in range(LONGEST_CHAIN + 1):
        found = directory.departments(sorted(asked))
        known |= {each.department_id: each for each in found}
        asked = set(successors(found) - known.keys())
    return tuple(known.values())


def _push_stage(
    office: Office,
    context: Context,
    stage: Stage,
    request: AcceptanceRequest | DecisionRequest,
    given: dict[str, Any],
) -> StageAnswer:
    bureau = department_of(context.principal)
    stored = office.cases.case_by_number(bureau, request.case_number)
    before = stored.state if stored else None
    submission = Submission(stage=stage, case_number=request.case_number, fields=_given(request))
    recorded = routing.check_same(before, submission)
    if before is not None and recorded is not None:
        return _first_answer(office, before.case.case_id, recorded)
    case = before.case if before else _new_case(bureau, request)
    faults = _time_faults(request, case, context.now)
    refuse_fields(faults + check_materials(office.materials, bureau, request.materials, "/materials", request.offline))
    item = office.directory.item_in_force(case.item_code, context.now)
    known = Known(item, known_departments(office.directory, item))
    case = case.model_copy(update={**given, **_version(item), "materials": request.materials or case.materials})
    now = stored.head.not_before(context.now) if stored else context.now
    outcome = routing.record_stage(before, case, submission, known, now, offline=request.offline)

    def answer(file: CaseFile, receipts: Sequence[SignedReceipt]) -> StageAnswer:
        return _answer(before, file, submission.key, receipts)

    return save(office, context, stored, outcome, answer, first=submission.key)


def _first_answer(office: Office, case_id: str, recorded: StageRecord) -> StageAnswer:
    given = office.cases.first_answer(case_id, recorded.key)
    if given is None:
        raise ValueError(f"{case_id} has recorded {recorded.key} without an answer")
    return StageAnswer.model_validate_json(given)


def _answer(before: CaseFile | None, file: CaseFile, key: str, receipts: Sequence[SignedReceipt]) -> StageAnswer:
    record = next(each for each in file.stages if each.key == key)
    known = before or CaseFile(case=file.case)
    return StageAnswer(
        case_id=file.case.case_id,
        case_number=file.case.case_number,
        stage=record.stage,
        recorded_at=record.recorded_at,
        content_hash=record.content_hash,
        item_version=record.item_version,
        pushes=file.pushes[len(known.pushes) :],
        unrouted=file.unrouted[len(known.unrouted) :],
        receipts=tuple(receipts),
    )


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


def _time_faults(request: AcceptanceRequest | DecisionRequest, known: Case, now: datetime) -> list[Fault]:
    """Nothing is pushed before it was done, nor decided before it was accepted (R-HND-1, R-HND-2)."""
    latest = now + CLOCKS_DIFFER
    if isinstance(request, AcceptanceRequest):
        return [Fault("/accepted_at", "in_future", *IN_FUTURE)] if request.accepted_at > latest else []
    decided = request.decision.decided_at
    faults = [Fault("/decision/decided_at", "in_future", *IN_FUTURE)] if decided > latest else []
    if known.accepted_at and decided < known.accepted_at:
        faults.append(Fault("/decision/decided_at", "before_acceptance", *_BEFORE_ACCEPTANCE))
    return faults


def _given(request: AcceptanceRequest | DecisionRequest) -> dict[str, Any]:
    # What was left out and what was given its default are one content, also after we add a field.
    given: dict[str, Any] = request.model_dump(mode="json", exclude_defaults=True)
    return given


def _version(item: Item | None) -> dict[str, Any]:
    """What a case says of the item's version that applied at its latest stage (R-REG-4)."""
    return {"item_id": item.item_id, "item_name": item.name, "item_version": item.version} if item else {}
