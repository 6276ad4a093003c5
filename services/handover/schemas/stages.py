"""Stages as the bureau sends them (R-HND-1 to R-HND-3), and what it gets back."""

from typing import Annotated

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from services.handover.domain import licences
from shared.contracts.cases import Applicant, Decision, LaterAct, Material, OfflineRecord
from shared.contracts.model import Checked, Code, Contract, Disagreement, Identifier, Instant, Sha256, ShortText
from shared.contracts.pushes import Push, Unrouted
from shared.contracts.receipts import SignedReceipt
from shared.contracts.vocabulary import ApplicantKind, ApprovalMode, DecisionResult, Stage
from shared.kernel.codes import check_citizen_id, check_uscc

Materials = Annotated[tuple[Material, ...], Field(max_length=100)]
Promises = Annotated[tuple[ShortText, ...], Field(max_length=50)]

_HASH = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
_APPLICANT: JsonDict = {
    "name": "示例面馆有限公司",
    "kind": "organisation",
    "code": "91990100MA00000017",
    "phone": "0990-5550101",
    "address": "示例市中心区一路 1 号",
}
_CITIZEN_ID_LENGTH = 18
_BIRTH_DATE = slice(6, 14)

_DECISION: JsonDict = {
    "result": "granted",
    "document_number": "示审批〔2026〕101号",
    "decided_at": "2026-03-06T10:00:00+08:00",
    "licence_number": "JY29900000000017",
    "licence_name": "食品经营许可证",
    "valid_from": "2026-03-06",
    "valid_until": "2031-03-05",
}

_ACT: JsonDict = {
    "stage": "suspension",
    "document_number": "示审批〔2027〕12号",
    "done_at": "2027-05-10T15:00:00+08:00",
    "reason": "经查擅自扩大经营场所",
    "legal_basis": "《食品经营许可和备案管理办法》第五十四条",
    "valid_from": "2027-05-11",
    "valid_until": "2027-06-10",
}

_EXPOSED = Disagreement(
    "code", "自然人证件号须先脱敏,用 * 代替出生日期", "Mask a person's id: put * for the date of birth"
)
_BEFORE_RECEIVED = Disagreement("accepted_at", "受理时间不得早于收件时间 received_at", "Not before received_at")
_NO_LICENCE = Disagreement("licence_number", "未准予许可则没有证号", "Only a grant has a licence")
_BACKWARDS = Disagreement("valid_until", "不得早于 valid_from", "Not before valid_from")


class ApplicantGiven(Applicant, Checked):
    """An applicant as the bureau sends it: a person's citizen id must come masked (R-CRD-1)."""

    def disagreements(self) -> list[Disagreement]:
        """A citizen id in the clear never enters the system."""
        return [_EXPOSED] if _is_exposed(self.code, self.kind) else []


def _is_exposed(code: str, kind: ApplicantKind) -> bool:
    if kind is ApplicantKind.PERSON:
        hidden = code[_BIRTH_DATE] == "*" * 8 if len(code) == _CITIZEN_ID_LENGTH else "*" * 6 in code
        return not hidden
    # A citizen id is one whatever it is said to be.
    return check_citizen_id(code).ok and not check_uscc(code).ok


class AcceptanceRequest(Checked):
    """An accepted case (受理) in one call (R-HND-1)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "case_number": "SP-2026-000101",
                    "item_code": "000131001000",
                    "applicant": _APPLICANT,
                    "approval_mode": "ordinary",
                    "received_at": "2026-03-02T09:00:00+08:00",
                    "accepted_at": "2026-03-02T09:30:00+08:00",
                    "materials": [{"name": "食品经营许可申请书.pdf", "sha256": _HASH}],
                    "promises": [],
                }
            ]
        }
    )

    case_number: ShortText
    item_code: Code
    applicant: ApplicantGiven
    approval_mode: ApprovalMode = ApprovalMode.ORDINARY
    received_at: Instant
    accepted_at: Instant
    materials: Materials = ()
    promises: Promises = ()
    credit_lookup: Identifier | None = None
    offline: OfflineRecord | None = None

    def disagreements(self) -> list[Disagreement]:
        """Nothing is accepted before it was received."""
        return [_BEFORE_RECEIVED] if self.accepted_at < self.received_at else []


class DecisionGiven(Decision, Checked):
    """A decision as the bureau sends it (R-HND-2)."""

    def disagreements(self) -> list[Disagreement]:
        """Only a grant has a licence, and its validity runs forwards."""
        granted = self.result is DecisionResult.GRANTED
        backwards = self.valid_from and self.valid_until and self.valid_until < self.valid_from
        faults = {_NO_LICENCE: self.licence_number and not granted, _BACKWARDS: backwards}
        return [fault for fault, found in faults.items() if found]


class OfMaybeNewCase(Contract):
    """An act on a case that may be new here. One never pushed before also needs `item_code` and `applicant`."""

    case_number: ShortText
    materials: Materials = ()
    item_code: Code | None = None
    applicant: ApplicantGiven | None = None
    approval_mode: ApprovalMode = ApprovalMode.ORDINARY
    offline: OfflineRecord | None = None


class DecisionRequest(OfMaybeNewCase):
    """A decided case (办结, R-HND-2). A case never pushed at acceptance also needs `item_code` and `applicant`."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "case_number": "SP-2026-000101",
                    "decision": _DECISION,
                    "materials": [{"name": "食品经营许可证.pdf", "sha256": _HASH}],
                }
            ]
        }
    )

    decision: DecisionGiven


class LaterActGiven(LaterAct, Checked):
    """A later act as the bureau sends it (R-HND-3)."""

    def disagreements(self) -> list[Disagreement]:
        """What an act of its kind needs, and what has no place in it."""
        return licences.disagreements(self)


class LaterActRequest(OfMaybeNewCase):
    """What was done to a licence after it was granted (变更, 延续, 暂扣, 撤销, 撤回, 注销; R-HND-3).

    A licence granted before the linkage, whose case was never pushed, also needs `item_code` and `applicant`.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "case_number": "SP-2026-000101",
                    "act": _ACT,
                    "materials": [{"name": "暂扣决定书.pdf", "sha256": _HASH}],
                }
            ]
        }
    )

    act: LaterActGiven


class StageAnswer(Contract):
    """What the bureau gets back for one act, whatever came of it; the same act again gets the same (R-HND-13).

    `receipts`: a signed push half for every push, and the claim half where delivery is the claim (R-HND-8).
    """

    case_id: Identifier
    case_number: ShortText
    stage: Stage
    recorded_at: Instant
    content_hash: Sha256
    item_version: int | None
    pushes: tuple[Push, ...]
    unrouted: tuple[Unrouted, ...]
    receipts: tuple[SignedReceipt, ...]
