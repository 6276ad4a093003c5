"""What the endpoints for holds take and give."""

from pydantic import ConfigDict

from services.audit.domain.holds import Hold
from shared.contracts.model import Contract, ShortText


class HoldRequest(Contract):
    """Why a case's records are to be kept: the order and who gave it, and no party."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"reason": "示例市中级人民法院 (2026) 示01行初15号 调取证据"}]}
    )

    reason: ShortText


class ReleaseQuery(Contract):
    """Why a hold is released."""

    reason: ShortText


class HoldAnswer(Hold):
    """A hold. `objects`: of the locked copy so far kept for it; `through`: entries of the log looked through."""

    objects: int
    through: int


class HoldList(Contract):
    """Every hold that lasts, and those not yet let go in the copy."""

    holds: tuple[HoldAnswer, ...]
