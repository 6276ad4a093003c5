"""Pushes as their departments see and claim them, one by one and in batches."""

from typing import Annotated

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from shared.contracts.cases import Case, OfflineRecord
from shared.contracts.model import Checked, Contract, Disagreement, Identifier, LongText, ShortText
from shared.contracts.pushes import Push
from shared.contracts.receipts import SignedReceipt

LARGEST_BATCH = 50

_OFFLINE: JsonDict = {
    "channel": "letter",
    "document_number": "示市监函〔2026〕12号",
    "dated": "2026-03-09",
    "scan": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
}

_TWICE = Disagreement("push_ids", "同一推送只列一次", "Name each push once")


class PushView(Contract):
    """A push with the case it carries: what was approved, on which materials, with what promises.

    To a department that answers for nothing of the case any more, it is shown as it was when that ended.
    """

    push: Push
    case: Case


class ClaimAnswer(Push):
    """The push as claimed, with the claim half of its hand-over record (R-HND-8)."""

    receipt: SignedReceipt


class OfflineClaimRequest(Contract):
    """A claim that was made by letter, in the department's own system or at the joint conference (R-HND-12)."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"offline": _OFFLINE}]})

    offline: OfflineRecord


class ClaimWithdrawalRequest(Contract):
    """Why a claim is taken back (撤回认领, R-HND-4)."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "经核实,该经营地址不在本辖区。"}]})

    reason: LongText


class ClaimsRequest(Checked):
    """Pushes to be claimed in one go (批量认领, R-HND-16)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "push_ids": [
                        "push_01K0EXAMPLE0000000000000000_001",
                        "push_01K0EXAMPLE0000000000000000_002",
                    ]
                }
            ]
        }
    )

    push_ids: Annotated[tuple[Identifier, ...], Field(min_length=1, max_length=LARGEST_BATCH)]

    def disagreements(self) -> list[Disagreement]:
        """No push is named twice."""
        return [_TWICE] if len(set(self.push_ids)) < len(self.push_ids) else []


class ClaimProblem(Contract):
    """Why one push of a batch was not claimed, as its own request would have been told."""

    code: ShortText
    status: int
    zh: LongText
    en: LongText


class ClaimResult(Contract):
    """What became of one push of a batch: the claim with its receipt, or the problem."""

    push_id: Identifier
    claimed: ClaimAnswer | None = None
    problem: ClaimProblem | None = None


class ClaimsAnswer(Contract):
    """A result for every push of the batch, in the order asked."""

    results: tuple[ClaimResult, ...]
