"""A department's side of a push: opening it, claiming it, taking the claim back (R-HND-4 to R-HND-6, R-HND-12)."""

from collections.abc import Callable
from datetime import datetime
from functools import partial

from services.handover.domain import claims, terms
from services.handover.domain.cases import CaseFile, Outcome
from services.handover.domain.readers import case_told, up_to_end_of_part
from services.handover.logic.access import acts_for, reads
from services.handover.logic.known import could_claim
from services.handover.logic.materials import check_materials
from services.handover.logic.office import Office, case_with, save
from services.handover.schemas.pushes import ClaimAnswer, ClaimWithdrawalRequest, OfflineClaimRequest, PushView
from shared.contracts.cases import Case, OfflineRecord
from shared.contracts.change import Context, Stored
from shared.contracts.pushes import Push
from shared.kernel.errors import Refused, refuse_fields
from shared.kernel.permissions import Principal, Role, department_of

BUREAU_DESK = frozenset({Role.APPROVER, Role.REGISTRAR})
"""Who acts for a bureau on pushes that are out."""


def view_push(office: Office, context: Context, push_id: str) -> PushView:
    """Show a push to its department and record the first time it is opened (R-HND-4).

    The case is shown as it is; to a department whose part in it has ended, as it was then. Raises Refused: "not_found",
    "not_your_department", "payload_erased".
    """
    stored, push = own_push(office, context, push_id)
    now = stored.head.not_before(context.now)
    outcome = moved(office, stored, push, now, lambda file, push: claims.view(file, push, now))
    case = _case_shown(office, context.principal, outcome.file, push)
    return save(office, context, stored, outcome, lambda file, _: PushView(push=seen(file, push_id), case=case))


def _case_shown(office: Office, principal: Principal, file: CaseFile, push: Push) -> Case:
    if reads(office, principal, file):
        return file.case
    return case_told(up_to_end_of_part(office.cases.past(push.case_id), {push.department}))


def claim_push(office: Office, context: Context, push_id: str) -> ClaimAnswer:
    """Claim a push: exactly one claim wins, the others are told who and when (R-HND-6)."""
    stored, push = own_push(office, context, push_id)
    return _claim(office, context, stored, push)


def claim_offline(office: Office, context: Context, push_id: str, request: OfflineClaimRequest) -> ClaimAnswer:
    """Record a claim that was made outside the system; it counts like any other (R-HND-12).

    Its department records it, or the bureau that its letter reached. Raises Refused: "not_found",
    "not_your_department", "already_claimed", "wrong_state", "invalid_fields".
    """
    stored, push = find_push(office, push_id)
    if not _may_record_claim(office, context.principal, push):
        raise Refused("not_your_department")
    department = department_of(context.principal)
    refuse_fields(check_materials(office.materials, {department}, (), "", request.offline))
    return _claim(office, context, stored, push, request.offline)


def withdraw_claim(office: Office, context: Context, push_id: str, request: ClaimWithdrawalRequest) -> Push:
    """Take a claim back in time, with its reason; both stay on record (R-HND-4)."""
    stored, push = own_push(office, context, push_id)
    now, by = stored.head.not_before(context.now), context.principal.client_id
    outcome = moved(
        office, stored, push, now, lambda file, push: claims.withdraw_claim(file, push, request.reason, by, now)
    )
    return save(office, context, stored, outcome, lambda file, _: seen(file, push_id))


def find_push(office: Office, push_id: str) -> tuple[Stored[CaseFile], Push]:
    """A push with its case. Raises Refused("not_found")."""
    stored = case_with(office, push_id)
    push = stored.state.push(push_id)
    if push is None:
        raise Refused("not_found", id=push_id)
    return stored, push


def own_push(office: Office, context: Context, push_id: str) -> tuple[Stored[CaseFile], Push]:
    """A push to the caller's department, or to one that was merged into it (R-ORG-1).

    Raises Refused: "not_found", "not_your_department".
    """
    stored, push = find_push(office, push_id)
    if not acts_for(office, context.principal, push.department):
        raise Refused("not_your_department")
    return stored, push


def moved(
    office: Office, stored: Stored[CaseFile], push: Push, now: datetime, move: Callable[[CaseFile, Push], Outcome]
) -> Outcome:
    """What a move leaves, after every limit of the push that has passed: every move goes through here (R-HND-5)."""
    return terms.moved(stored.state, push, now, move, partial(could_claim, office.directory))


def seen(file: CaseFile, push_id: str) -> Push:
    """A push as it stands in a case that is known to hold it."""
    return next(push for push in file.pushes if push.push_id == push_id)


def _claim(
    office: Office, context: Context, stored: Stored[CaseFile], push: Push, offline: OfflineRecord | None = None
) -> ClaimAnswer:
    now, by = stored.head.not_before(context.now), context.principal.client_id
    outcome = moved(office, stored, push, now, lambda file, push: claims.claim(file, push, by, now, offline))
    return save(
        office,
        context,
        stored,
        outcome,
        lambda file, receipts: ClaimAnswer(**dict(seen(file, push.push_id)), receipt=receipts[0]),
    )


def _may_record_claim(office: Office, principal: Principal, push: Push) -> bool:
    if Role.LIAISON in principal.roles and acts_for(office, principal, push.department):
        return True
    return not principal.roles.isdisjoint(BUREAU_DESK) and acts_for(office, principal, push.bureau)
