"""A department's side of a push: opening it, claiming it (R-HND-4 to R-HND-6)."""

from services.handover.domain import claims
from services.handover.domain.cases import CaseFile
from services.handover.logic.office import Office, case_with, save
from services.handover.schemas.pushes import ClaimAnswer, PushView
from shared.contracts.change import Context, Stored
from shared.contracts.pushes import Push
from shared.kernel.errors import Refused


def view_push(office: Office, context: Context, push_id: str) -> PushView:
    """Show a push to its department and record the first time it is opened (R-HND-4)."""
    stored, push = own_push(office, context, push_id)
    outcome = claims.view(stored.state, push, stored.head.not_before(context.now))
    return save(office, context, stored, outcome, lambda file, _: PushView(push=seen(file, push_id), case=file.case))


def claim_push(office: Office, context: Context, push_id: str) -> ClaimAnswer:
    """Claim a push: exactly one claim wins, the others are told who and when (R-HND-6)."""
    stored, push = own_push(office, context, push_id)
    now = stored.head.not_before(context.now)
    outcome = claims.claim(stored.state, push, context.principal.client_id, now)
    return save(
        office,
        context,
        stored,
        outcome,
        lambda file, receipts: ClaimAnswer(**dict(seen(file, push_id)), receipt=receipts[0]),
    )


def find_push(office: Office, push_id: str) -> tuple[Stored[CaseFile], Push]:
    """A push with its case. Raises Refused("not_found")."""
    stored = case_with(office, push_id)
    push = stored.state.push(push_id)
    if push is None:
        raise Refused("not_found", id=push_id)
    return stored, push


def own_push(office: Office, context: Context, push_id: str) -> tuple[Stored[CaseFile], Push]:
    """A push to the caller's department. Raises Refused: "not_found", "not_your_department"."""
    stored, push = find_push(office, push_id)
    if push.department != context.principal.department:
        raise Refused("not_your_department")
    return stored, push


def seen(file: CaseFile, push_id: str) -> Push:
    """A push as it stands in a case that is known to hold it."""
    return next(push for push in file.pushes if push.push_id == push_id)
