"""What the endpoints for the transfer catalogue take and give."""

from typing import Any

from pydantic import ConfigDict

from services.registry.domain.transfers import TransferEntry
from shared.contracts.model import Code, Contract, Day, Identifier, LongText, ShortText
from shared.http.pages import PageQuery

_TRANSFER: dict[str, Any] = {
    "code": "000131016000",
    "item_name": "食品经营许可",
    "giver": "dept_01J9ZQ3V6W7X8Y9Z0A1B2C3D4F",
    "taker": "dept_01J9ZQ3V6W7X8Y9Z0A1B2C3D4E",
    "transferred_on": "2019-09-01",
    "document_name": "临江市相对集中行政许可权改革实施方案",
    "document_number": "临政办发〔2019〕22号",
    "remark": None,
}


class TransferRequest(Contract):
    """Which item moved from whom to whom, when, under which document (R-REG-8)."""

    model_config = ConfigDict(json_schema_extra={"examples": [_TRANSFER]})

    code: Code
    item_name: ShortText
    giver: Identifier
    taker: Identifier
    transferred_on: Day
    document_name: ShortText
    document_number: ShortText
    remark: LongText | None = None


class TransferCorrection(TransferRequest):
    """The entry as it should have been, and why it was wrong; the old version stays readable."""

    model_config = ConfigDict(json_schema_extra={"examples": [_TRANSFER | {"reason": "文号录入有误"}]})

    reason: LongText


class TransferQuery(PageQuery):
    """The catalogue: whole, or what was transferred from or to a department, or what became of one item."""

    giver: Identifier | None = None
    taker: Identifier | None = None
    code: Code | None = None


class TransferPage(Contract):
    """Some entries, the latest transfers first, and the cursor of the next page (null at the end)."""

    transfers: tuple[TransferEntry, ...]
    next: str | None
