"""Pushes as their departments see and answer them."""

from shared.contracts.cases import Case
from shared.contracts.model import Contract
from shared.contracts.pushes import Push
from shared.contracts.receipts import SignedReceipt


class PushView(Contract):
    """A push with the case it carries: what was approved, on which materials, with what promises."""

    push: Push
    case: Case


class ClaimAnswer(Push):
    """The push as claimed, with the claim half of its hand-over record (R-HND-8)."""

    receipt: SignedReceipt
