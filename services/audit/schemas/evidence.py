"""Evidence, as it is asked for and answered; the file is a contract of its own, since others judge it."""

from typing import Annotated

from pydantic import Field

from shared.contracts.evidence import EvidenceFile
from shared.contracts.model import Contract
from shared.contracts.receipts import SignedReceipt

__all__ = ["EvidenceFile", "ReceiptsRequest"]

MOST_RECEIPTS = 20


class ReceiptsRequest(Contract):
    """Receipts whose events are to be proven."""

    receipts: Annotated[tuple[SignedReceipt, ...], Field(min_length=1, max_length=MOST_RECEIPTS)]
