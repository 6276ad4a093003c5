"""What every service tells when it erases a payload because law requires it (R-AUD-1, R-AUD-2)."""

from typing import ClassVar

from shared.contracts.event import Body
from shared.contracts.model import Identifier, ShortText


class PayloadErased(Body):
    """The payload of an event was erased (`payload.erased`); the ground names the law or decision, and no person.

    `operator`: who asked for it, as AWS knows him.

    Without such an event in the log, a payload that is gone is damage (R-AUD-4).
    """

    TYPE: ClassVar[str] = "payload.erased.v1"
    event_id: Identifier
    subject: Identifier
    sequence: int
    ground: ShortText
    operator: ShortText
