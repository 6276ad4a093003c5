"""The bureau's acts: accepting, deciding, what becomes of a licence; each recorded and pushed at once (R-HND)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from services.handover.domain import licences, routing
from services.handover.domain.acts import document_faults, time_faults
from services.handover.domain.cases import CaseFile, StageRecord
from services.handover.domain.ledger import normal_code
from services.handover.domain.routes import ways_to
from services.handover.domain.routing import Submission
from services.handover.logic.access import merged_into
from services.handover.logic.known import known_departments, what_is_known
from services.handover.logic.materials import check_materials
from services.handover.logic.office import Office, save
from services.handover.ports.directory import Directory
from services.handover.schemas.cases import Route
from services.handover.schemas.stages import AcceptanceRequest, DecisionRequest, LaterActRequest, StageAnswer
from shared.contracts.cases import Applicant, Case, Decision, LaterAct
from shared.contracts.change import Context, Stored
from shared.contracts.receipts import SignedReceipt
from shared.contracts.vocabulary import Stage
from shared.kernel.errors import Fault, Refused, Unavailable, refuse_fields
from shared.kernel.ids import new_id
from shared.kernel.permissions import department_of

_Request = AcceptanceRequest | DecisionRequest | LaterActRequest


class Recorded(NamedTuple):
    """What a bureau is answered for an act; `again`: it had been recorded before, and this is the first answer."""

    answer: StageAnswer
    again: bool = False


class _Act(NamedTuple):
    """An act of the bureau: what it is, when it was done, and what the case says from then on."""

    stage: Stage
    done_at: datetime
    says: Mapping[str, Any]
    later: LaterAct | None = None


def push_acceptance(office: Office, context: Context, request: AcceptanceRequest) -> Recorded:
    """Record an accepted case and push it at once (R-HND-1). The same content again gets the first answer."""
    says = request.model_dump(include={"approval_mode", "received_at", "accepted_at", "promises", "credit_lookup"})
    return _push_stage(office, context, request, _Act(Stage.ACCEPTANCE, request.accepted_at, says))


def push_decision(office: Office, context: Context, request: DecisionRequest) -> Recorded:
    """Record a decision and push the result in the same act (R-HND-2)."""
    decision = Decision.model_validate(request.decision.model_dump())
    return _push_stage(office, context, request, _Act(Stage.DECISION, decision.decided_at, {"decision": decision}))


def push_later_act(office: Office, context: Context, request: LaterActRequest) -> Recorded:
    """Record what was done to a licence and push it in the same act; its decision stays as it was (R-HND-3)."""
    later = LaterAct.model_validate(request.act.model_dump())
    return _push_stage(office, context, request, _Act(later.stage, later.done_at, {}, later))


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


def _push_stage(office: Office, context: Context, request: _Request, act: _Act) -> Recorded:
    bureau = department_of(context.principal)
    stored = _case_of(office, bureau, request)
    before = stored.state if stored else None
    submission = Submission(
        stage=act.stage,
        document_number=act.later.document_number if act.later else None,
        case_number=request.case_number,
        fields=_given(request),
    )
    recorded = routing.check_same(before, submission)
    if before is not None and recorded is not None:
        return _first_answer(office, context, before.case.case_id, recorded)
    office.gate(context.now)
    case = before.case if before else _new_case(bureau, request)
    refuse_fields(
        [
            *_act_faults(before, act, context.now),
            *document_faults(request.offline, context.now),
            *check_materials(office.materials, {bureau, case.bureau}, request.materials, "/materials", request.offline),
        ]
    )
    if act.later is not None:
        licences.check_act(before, act.later)
    known = what_is_known(office.directory, case.item_code, context.now, before)
    now = stored.head.not_before(context.now) if stored else context.now
    says = {**act.says, **routing.version_of(known.item), "materials": request.materials or case.materials}
    case = case.model_copy(update=says)
    case = case.model_copy(update=licences.told(before, case, act.later, now))
    outcome = routing.record_stage(before, case, submission, known, now, act=act.later, offline=request.offline)

    def answer(file: CaseFile, receipts: Sequence[SignedReceipt]) -> StageAnswer:
        return _answer(before, file, submission.key, receipts)

    return Recorded(save(office, context, stored, outcome, answer, first=submission.key))


def _case_of(office: Office, bureau: str, request: _Request) -> Stored[CaseFile] | None:
    """The case of that number: the bureau's own, else one of a bureau that was merged into it (R-ORG-1, R-HND-13)."""
    own = office.cases.case_by_number(bureau, request.case_number)
    if own is not None:
        return own
    merged = merged_into(office.directory, bureau)
    found = (office.cases.case_by_number(each, request.case_number) for each in merged)
    return next((each for each in found if each is not None and _may_be_of(each.state.case, request)), None)


def _may_be_of(case: Case, request: _Request) -> bool:
    # Two bureaus may have numbered alike: what names another item or applicant is a case of its own.
    if request.applicant is not None and normal_code(request.applicant.code) != normal_code(case.applicant.code):
        return False
    return request.item_code in {None, case.item_code}


def _first_answer(office: Office, context: Context, case_id: str, recorded: StageRecord) -> Recorded:
    """The first answer, from now on under this request's key as well (R-HND-13)."""
    given = office.cases.first_answer(case_id, recorded.key)
    if given is None:
        # Written with the stage, but the rows of a transaction need not be seen at once.
        raise Unavailable
    answer = StageAnswer.model_validate_json(given)
    office.cases.remember(context, answer)
    return Recorded(answer, again=True)


def _act_faults(before: CaseFile | None, act: _Act, now: datetime) -> list[Fault]:
    faults = time_faults(before, act.stage, act.done_at, now)
    if act.later is not None:
        return faults + licences.act_faults(before, act.later)
    decision = act.says.get("decision")
    return faults + licences.decision_faults(before, decision) if decision else faults


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


def _new_case(bureau: str, request: _Request) -> Case:
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


def _given(request: _Request) -> dict[str, Any]:
    """What was sent, field by field, those of the act itself one by one, so that a difference names just what differs.

    What was left out and what was given its default are one content, also after we add a field.
    """
    given: dict[str, Any] = request.model_dump(mode="json", exclude_defaults=True)
    for whole in {"decision", "act"} & given.keys():
        parts = given.pop(whole)
        given |= {f"{whole}.{name}": value for name, value in parts.items()}
    return given
