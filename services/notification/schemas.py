"""What notification is asked and answers."""

from typing import Literal

from shared.contracts.model import Contract, Identifier
from shared.contracts.notification import Delivery
from shared.http.pages import PageQuery


class DeliveryQuery(PageQuery):
    """One department's deliveries; `state=abandoned` is the queue a person has to work off (R-NTF-3)."""

    department: Identifier
    state: Literal["abandoned"] | None = None


class DeliveryPage(Contract):
    """Deliveries, newest first; phones are masked."""

    deliveries: tuple[Delivery, ...]
    next: str | None
