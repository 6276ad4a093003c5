"""Legal holds on the log's copy (保全): what audit tells of them (R-AUD-7)."""

from typing import ClassVar

from shared.contracts.event import Body
from shared.contracts.model import Identifier, ShortText


class HoldPlaced(Body):
    """`log.hold_placed`: what is recorded of a case is kept beyond its retention until the hold is released.

    While it lasts no payload of the case is erased either. `reason` names the order and who gave it, and no party.
    """

    TYPE: ClassVar[str] = "log.hold_placed.v1"
    case_id: Identifier
    reason: ShortText


class HoldReleased(Body):
    """`log.hold_released`: the case's records are kept as long as any other's again."""

    TYPE: ClassVar[str] = "log.hold_released.v1"
    case_id: Identifier
    reason: ShortText


HOLD_EVENTS: tuple[type[Body], ...] = (HoldPlaced, HoldReleased)
