"""What an operator's command asks before it erases anything: whether the case is under a legal hold (R-AUD-7)."""

from typing import Any

from chalice.app import Blueprint

from services.audit import wiring
from services.audit.domain.holds import names_a_case

events = Blueprint(__name__)


@events.lambda_function(name="held")
def held(event: dict[str, Any], _: object) -> dict[str, bool]:
    """Whether a case is held now. Raises ValueError for what names no case: no answer would be an answer then."""
    case_id = str(event["case_id"])
    if not names_a_case(case_id):
        raise ValueError("this names no case")
    stored = wiring.keeping().holds.hold(case_id)
    return {"held": stored is not None and stored.state.held}
