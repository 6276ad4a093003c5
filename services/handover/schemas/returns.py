"""Returns, decisions on them, relays and withdrawals as they are asked for (R-HND-4, R-HND-9)."""

from pydantic import ConfigDict

from shared.contracts.model import Contract, Identifier, LongText, ShortText
from shared.contracts.pushes import Push
from shared.contracts.receipts import SignedReceipt
from shared.contracts.vocabulary import ReturnReason

_DEPARTMENT = "dept_01K0EXAMPLE0000000000000000"


class ReturnRequest(Contract):
    """Why a push is not the department's duty (退回)."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"reason": "other_area", "text": "经营地址在高新区,应由高新区分局监管。"}]}
    )

    reason: ReturnReason
    text: LongText


class ReferralRequest(Contract):
    """Why a return goes to the joint conference (提请联席会议)."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"text": "两部门均认为不属本部门职责,提请议定。"}]})

    text: LongText


class UpholdRequest(Contract):
    """Why a push stays with the department that returned it (维持).

    `conference_document`: the number of the document in which the joint conference decided; due where it was asked.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"text": "依三定方案属贵部门职责。", "conference_document": "示联席纪〔2026〕3号"}]
        }
    )

    text: LongText
    conference_document: ShortText | None = None


class ReassignRequest(Contract):
    """Which department gets a push instead that was returned or withdrawn, and why (重新指派).

    One that is claimed moves by the joint conference alone: with the number of its document.
    """

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"department": _DEPARTMENT, "text": "经营地址在高新区,改由高新区分局监管。"}]}
    )

    department: Identifier
    text: LongText
    conference_document: ShortText | None = None


class RelayRequest(Contract):
    """Which department of the same line a push is passed on to, and why (转送, R-HND-9)."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"department": _DEPARTMENT, "reason": "该类许可由省级部门监管,转报省局。"}]}
    )

    department: Identifier
    reason: LongText


class PushWithdrawalRequest(Contract):
    """Why a push is taken back by its sender (撤回推送).

    What the bureau withdraws it owes to another department, and gives it by `reassign`; unless `nobody_instead`: then
    the reason says why nobody is to have it. That can also be said of what is withdrawn already.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "该办件推送有误。"}]})

    reason: LongText
    nobody_instead: bool = False


class MoveAnswer(Contract):
    """The push as it now stands; where it was passed on, the push that took its place, and what was signed for that."""

    push: Push
    successor: Push | None = None
    receipts: tuple[SignedReceipt, ...] = ()
