"""A department's own items: those it approves, or those that name it."""

from collections.abc import Sequence
from datetime import datetime

from services.registry.domain.items import ItemFile, standing_of
from services.registry.logic.items import is_of
from services.registry.ports.departments import Position
from services.registry.ports.items import Items
from services.registry.schemas.items import ItemLine, ItemsQuery
from shared.contracts.vocabulary import DepartmentKind
from shared.kernel.errors import Refused
from shared.kernel.permissions import Principal

MOST_READS = 10
"""How many pages of the index one answer may look through; a thinly filled page still says where the next begins."""


def list_items(
    items: Items, principal: Principal, asked: ItemsQuery, position: Position | None, now: datetime
) -> tuple[Sequence[ItemLine], Position | None]:
    """One page of the items a department approves or, being no approval department, supervises (R-REG-1).

    Who answers for a merged department sees what there is to take over (R-ORG-1).

    Raises Refused: "not_your_department", "not_found" for a department nobody registered.
    """
    own = principal.department
    wanted = asked.department or own
    if wanted is None or not (own is None or is_of(items, principal, wanted)):
        raise Refused("not_your_department")
    known = items.departments([wanted]).get(wanted)
    if known is None:
        raise Refused("not_found", id=wanted)
    approving = known.state.kind is DepartmentKind.APPROVAL
    found: list[ItemLine] = []
    for _ in range(MOST_READS):
        page, position = items.of_department(
            wanted, approving=approving, limit=asked.limit - len(found), position=position
        )
        found += [_line(each, now) for each in page if asked.state in {None, standing_of(each, now)}]
        if position is None or len(found) >= asked.limit:
            break
    return found, position


def _line(file: ItemFile, now: datetime) -> ItemLine:
    item = file.newest
    return ItemLine(
        item_id=file.item_id,
        revision=file.revision,
        code=item.code,
        name=item.name,
        state=standing_of(file, now),
        version=file.published.item.version if file.published else None,
        drafted=file.draft is not None,
        awaited=file.consultation.awaited() if file.consultation else (),
    )
