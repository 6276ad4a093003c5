"""The transfer catalogue (划转目录): which item moved to whom, when, under which document (R-REG-8)."""

from collections.abc import Mapping
from datetime import datetime

from services.registry.domain.faults import fault
from shared.contracts.model import Instant, LongText
from shared.contracts.transfers import Transfer
from shared.kernel.calendar import beijing_date
from shared.kernel.errors import Fault, Refused, refuse_fields
from shared.kernel.permissions import Principal


class TransferEntry(Transfer):
    """One version of an entry, with when and, for a correction, why it was written."""

    recorded_at: Instant
    reason: LongText | None = None

    @property
    def identity(self) -> str:
        """What makes it this transfer and no other: the item, the day, who got it."""
        return f"{self.code}#{self.transferred_on.isoformat()}#{self.taker}"

    def told(self) -> Transfer:
        """The entry as others need to know it."""
        return Transfer.model_validate({name: getattr(self, name) for name in Transfer.model_fields})


def parties(entry: Transfer) -> Mapping[str, str]:
    """Both departments, by the JSON Pointer that names each."""
    return {"/giver": entry.giver, "/taker": entry.taker}


def check_recorder(principal: Principal, *takers: str) -> None:
    """Raises Refused("not_your_department") for a registrar of anybody but the taker; the city's own may record any."""
    if principal.department is not None and {principal.department} != set(takers):
        raise Refused("not_your_department")


def check_transfer(entry: Transfer, now: datetime) -> None:
    """Raises Refused("invalid_fields") naming everything that makes it no transfer (R-REG-8)."""
    faults: list[Fault] = []
    if entry.giver == entry.taker:
        faults.append(fault("/taker", "transfer_to_itself"))
    if entry.transferred_on > beijing_date(now):
        faults.append(fault("/transferred_on", "transferred_in_future"))
    refuse_fields(faults)
