"""What the endpoints for items take and give."""

from collections.abc import Iterable
from typing import Annotated, Any

from pydantic import ConfigDict, Field

from services.registry.domain.differences import Difference
from services.registry.domain.items import ItemFile, PublishedItem, Standing
from shared.contracts.items import MOST_DOCUMENTS, ItemContent
from shared.contracts.model import Code, Contract, Identifier, Instant, LongText, ShortText
from shared.http.pages import PageQuery
from shared.kernel.errors import Fault

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
    """Required from the second version on."""
    effective_from: Instant | None = None
    consultation_waived: LongText | None = None
    """Why the supervision departments need not be asked: the document that fixed the list, for example."""
    objections_settled: LongText | None = None
    """How the objections were settled, where there are any."""


class ActRequest(Contract):
    """Why an item is suspended, reinstated or retired, and from when; now, if nothing is said (R-REG-4)."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "依据文件修订,暂停办理"}]})

    reason: LongText
    effective_from: Instant | None = None


class Remark(Contract):
    """Something odd that was no reason to refuse (R-REG-2): where, a stable code, words in both languages."""

    pointer: str
    code: str
    zh: str
    en: str


class ItemAnswer(ItemFile):
    """An item's file as it is now, and what about it is odd."""

    warnings: tuple[Remark, ...] = ()

    @classmethod
    def of(cls, file: ItemFile, warnings: Iterable[Fault] = ()) -> "ItemAnswer":
        """The answer for a file."""
        remarks = tuple(Remark(pointer=each.pointer, code=each.code, zh=each.zh, en=each.en) for each in warnings)
        return cls(**dict(file), warnings=remarks)


class ItemsQuery(PageQuery):
    """The items of the own department, those of one standing if named.

    The city's own operators may name any department, others one that was merged into their own.
    """

    department: Identifier | None = None
    state: Standing | None = None


class ItemLine(Contract):
    """One item in a department's list."""

    item_id: Identifier
    revision: int
    code: Code
    name: ShortText
    state: Standing
    version: int | None
    """The version made last."""
    drafted: bool
    awaited: tuple[Identifier, ...]
    """Departments whose answer to the draft is awaited."""


class ItemPage(Contract):
    """Some items, and the cursor of the next page (null at the end)."""

    items: tuple[ItemLine, ...]
    next: str | None


class ItemVersionPage(Contract):
    """Some versions of an item, newest first, and the cursor of the next page (null at the end)."""

    versions: tuple[PublishedItem, ...]
    next: str | None


_VersionNumber = Annotated[int, Field(ge=1, le=999_999)]


class PublicDifferencesQuery(Contract):
    """Two versions by their numbers."""

    before: Annotated[_VersionNumber, Field(alias="from")]
    after: Annotated[_VersionNumber, Field(alias="to")]


class DifferencesQuery(Contract):
    """Two versions by their numbers; `to=draft` is the draft."""

    before: Annotated[_VersionNumber, Field(alias="from")]
    after: Annotated[str, Field(alias="to", pattern=r"^(draft|[1-9][0-9]{0,5})$")]


class Differences(Contract):
    """What differs between two versions of an item, in words (R-REG-4)."""

    code: Code
    from_version: int
    to_version: int | None
    """None: the draft."""
    differences: tuple[Difference, ...]
