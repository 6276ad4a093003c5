"""The two halves of a hand-over record, for those who may read the case or have, had or sent the push (R-HND-8)."""

from services.handover.domain.readers import pushes_of
from services.handover.logic.access import readable_part
from services.handover.logic.office import Office
from services.handover.schemas.receipts import HandoverRecord
from shared.contracts.change import Context
from shared.kernel.errors import Refused
from shared.kernel.ids import case_of


def show_record(office: Office, context: Context, push_id: str) -> HandoverRecord:
    """Every receipt given for a push. Raises Refused: "not_found", "not_your_department"."""
    case_id = case_of(push_id)
    if case_id is None:
        raise Refused("not_found", id=push_id)
    stored, part = readable_part(office, context.principal, case_id)
    if part is not None and push_id not in {push.push_id for push in pushes_of(stored.state, part)}:
        raise Refused("not_your_department")
    receipts = office.cases.receipts(case_id, push_id)
    if not receipts:
        raise Refused("not_found", id=push_id)
    return HandoverRecord(push_id=push_id, receipts=tuple(receipts))
