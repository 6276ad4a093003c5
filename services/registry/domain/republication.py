"""Publishing the registry's past again, so that a consumer can be rebuilt from nothing: the walk, step by step.

A walk goes department by department: the department's own chain, then those of the items it approves and of the
notices it sent. Each has one bureau or one sender, so nothing is told twice and nothing is left out.
"""

from collections.abc import Mapping
from typing import Any

from shared.contracts.departments import DepartmentChanged
from shared.contracts.event import Body
from shared.contracts.items import VERSION_EVENTS
from shared.contracts.model import Contract
from shared.contracts.notices import NoticeAcknowledged, NoticeAnswered, NoticeOverdue, NoticeSent

LISTS = ("items#of", "notices#sent")
"""What a department's things are found by; the store's pointer lists have these names."""

_TOLD: tuple[type[Body], ...] = (
    DepartmentChanged,
    *VERSION_EVENTS,
    NoticeSent,
    NoticeAcknowledged,
    NoticeAnswered,
    NoticeOverdue,
)

TOLD = frozenset(body.TYPE for body in _TOLD)
"""What consumers keep. Drafts, imports and documents are the registry's own affair."""


class Walk(Contract):
    """Where a walk stands; the first step begins with none."""

    department: str | None = None
    """Whose lists are being walked; None: the next department is due."""
    listing: int = 0
    after: Mapping[str, Any] | None = None
    departments: Mapping[str, Any] | None = None
    last: bool = False
    """No department comes after this one."""


class Step(Contract):
    """What one step told, and where the next begins; no walk: everything has been told."""

    aggregates: int
    events: int
    walk: Walk | None
