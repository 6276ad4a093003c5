"""The transfer catalogue (划转目录): which item moved to whom, when, under which document (R-REG-8)."""

from typing import ClassVar

from shared.contracts.event import Body
from shared.contracts.model import Code, Contract, Day, Identifier, LongText, ShortText


class Transfer(Contract):
    """One entry: an approval item that left one department for another."""

    transfer_id: Identifier
    version: int
    code: Code
    item_name: ShortText
    giver: Identifier
    """The department that approved before."""
    taker: Identifier
    """The department that approves since: the approval bureau, or whoever got it back."""
    transferred_on: Day
    document_name: ShortText
    document_number: ShortText
    remark: LongText | None = None


class TransferRecorded(Body):
    """An entry was made or corrected; the version says which (`transfer.recorded`)."""

    TYPE: ClassVar[str] = "transfer.recorded.v1"
    transfer: Transfer
    reason: LongText | None = None
