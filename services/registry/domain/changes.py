"""The change log (变更记录): what was done to an item, when, why, and what it changed in words (R-REG-4, R-REG-5)."""

from services.registry.domain.differences import NO_NAMES, Difference, Names, differences
from services.registry.domain.items import ItemAct, PublishedItem
from shared.contracts.items import Item
from shared.contracts.model import Code, Contract, Identifier, Instant, LongText, ShortText
from shared.contracts.vocabulary import SharingScope
from shared.kernel.clock import BEIJING


class ChangeEntry(Contract):
    """One version as the change log tells of it."""

    code: Code
    name: ShortText
    version: int
    act: ItemAct
    reason: LongText | None
    published_at: Instant
    effective_from: Instant
    scope: SharingScope
    """Who may see the entry: whoever may see the version."""
    approval_department: Identifier
    differences: tuple[Difference, ...] = ()
    """To the version before; none where there is none, or where it was shared with others than this one."""


def change_entry(before: Item | None, made: PublishedItem, names: Names = NO_NAMES) -> ChangeEntry:
    """The entry of a version, beside the version made before it."""
    item = made.item
    # What was kept from the public must not become known by a later version that is not.
    compared = before if before and before.sharing.scope is item.sharing.scope else None
    return ChangeEntry(
        code=item.code,
        name=item.name,
        version=item.version,
        act=made.act,
        reason=made.reason,
        published_at=made.published_at,
        effective_from=item.effective_from,
        scope=item.sharing.scope,
        approval_department=item.approval_department,
        differences=differences(compared, item, names) if compared else (),
    )


def month_of(entry: ChangeEntry) -> str:
    """The month of the log an entry stands in, in Asia/Shanghai: 2026-03."""
    return entry.published_at.astimezone(BEIJING).strftime("%Y-%m")
