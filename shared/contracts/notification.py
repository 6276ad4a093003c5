"""What notification tells: every attempt to reach a person, with its result (R-NTF-3)."""

from typing import ClassVar, Literal

from shared.contracts.event import Body
from shared.contracts.model import Contract, Identifier, Instant, LongText, ShortText


class Delivery(Contract):
    """One message to one liaison; the phone is masked (R-NTF-1). Both are None while nobody to address is known.

    `about`: the push, or what the term is about that somebody is reminded of.
    """

    delivery_id: Identifier
    about: Identifier
    department: Identifier
    liaison: ShortText | None
    phone_masked: ShortText | None
    text: LongText
    state: Literal["pending", "sent", "abandoned"]
    attempts: int
    created_at: Instant
    last_attempt_at: Instant | None = None
    last_result: ShortText | None = None


class DeliveryAttempted(Body):
    """An SMS was tried, with what came of it (`delivery.attempted`)."""

    TYPE: ClassVar[str] = "delivery.attempted.v1"
    delivery: Delivery
