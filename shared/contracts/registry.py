"""What the registry tells: departments and published items, each as a whole snapshot with its version.

A consumer keeps the snapshot with the highest version it has seen, so order and repetition do not matter.
"""

from typing import ClassVar

from shared.contracts.event import Body
from shared.contracts.model import Code, Contract, Identifier, Instant, LongText, Phone, ShortText
from shared.contracts.vocabulary import (
    ApprovalMode,
    ClaimMode,
    DepartmentKind,
    DivisionCode,
    Level,
    OnOverdue,
    Stage,
    SupervisorPart,
    TimeLimit,
)


class Liaison(Contract):
    """A liaison (联络员): the person a department answers through (R-ORG-2)."""

    name: ShortText
    phone: Phone
    active: bool = True


class Department(Contract):
    """A department as others need to know it (R-ORG-1, R-ORG-2)."""

    department_id: Identifier
    version: int
    name: ShortText
    kind: DepartmentKind
    level: Level
    division_code: DivisionCode
    credit_code: Code | None = None
    superior: Identifier | None = None
    leader: ShortText
    coordinating_section: ShortText
    liaisons: tuple[Liaison, ...]


class Supervisor(Contract):
    """One supervision department of an item and the people there (R-REG-1)."""

    department: Identifier
    part: SupervisorPart
    supervision_item: ShortText
    section: ShortText
    person: ShortText
    contact: Phone


class ClaimRule(Contract):
    """How a push of the item is claimed, how fast, and what happens past the limit (R-HND-5)."""

    mode: ClaimMode = ClaimMode.CONFIRM
    limit: TimeLimit = TimeLimit(amount=2)
    on_overdue: OnOverdue = OnOverdue.ESCALATE


class Item(Contract):
    """One published version of a linkage item (审管联动事项) (R-REG-1, R-REG-2)."""

    item_id: Identifier
    version: int
    code: Code
    name: ShortText
    item_type: Code
    level: Level
    division_code: DivisionCode
    legal_basis: LongText
    approval_department: Identifier
    approval_section: ShortText
    approval_person: ShortText
    approval_contact: Phone
    approval_mode: ApprovalMode
    statutory_limit: TimeLimit
    committed_limit: TimeLimit
    push_stages: tuple[Stage, ...]
    claim: ClaimRule
    supervisors: tuple[Supervisor, ...]
    effective_from: Instant


class DepartmentChanged(Body):
    """A department was registered or edited (`department.changed`)."""

    TYPE: ClassVar[str] = "department.changed.v1"
    department: Department


class ItemDrafted(Body):
    """A draft of an item was written; not yet in force (`item.drafted`)."""

    TYPE: ClassVar[str] = "item.drafted.v1"
    item: Item


class ItemPublished(Body):
    """A version of an item came into force (`item.published`, R-REG-4)."""

    TYPE: ClassVar[str] = "item.published.v1"
    item: Item
    reason: LongText | None = None
