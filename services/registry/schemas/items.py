"""What the endpoints for items take and give."""

from typing import Annotated, Any

from pydantic import ConfigDict, Field

from shared.contracts.items import MOST_DOCUMENTS, ItemContent
from shared.contracts.model import Contract, Identifier, Instant, LongText

_ITEM: dict[str, Any] = {
    "code": "000131016000",
    "name": "食品经营许可",
    "item_type": "01",
    "level": "city",
    "division_code": "999900",
    "legal_basis": "《中华人民共和国食品安全法》第三十五条",
    "approval_department": "dept_01J9ZQ3V6W7X8Y9Z0A1B2C3D4E",
    "approval_section": "市场准入科",
    "approval_person": "王静",
    "approval_contact": "0999-5550100",
    "approval_mode": "informed_commitment",
    "statutory_limit": {"amount": 20},
    "committed_limit": {"amount": 8},
    "push_stages": ["acceptance", "decision"],
    "claim": {"mode": "confirm", "limit": {"amount": 2}, "on_overdue": "escalate"},
    "supervisors": [
        {
            "department": "dept_01J9ZQ3V6W7X8Y9Z0A1B2C3D4F",
            "part": "lead",
            "supervision_item": "食品经营监督检查",
            "section": "食品经营监管科",
            "person": "李敏",
            "contact": "0999-5550101",
        }
    ],
}


class ItemRequest(ItemContent):
    """An item as its registrar drafts it (R-REG-1, R-REG-2); the code is opaque, only its characters are checked."""

    model_config = ConfigDict(json_schema_extra={"examples": [_ITEM]})

    documents: Annotated[tuple[Identifier, ...], Field(max_length=MOST_DOCUMENTS)] = ()
    """Ids of duty documents uploaded before (R-REG-3)."""


class PublishRequest(Contract):
    """Why the draft is published and from when it is in force; now, if nothing is said (R-REG-4)."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"reason": "首次发布", "effective_from": "2027-01-01T00:00:00+08:00"}]}
    )

    reason: LongText | None = None
    effective_from: Instant | None = None
