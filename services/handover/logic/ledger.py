"""Lists of what was pushed: a department's inbox, a bureau's unrouted parts (R-HND-15, R-HND-16)."""

from collections.abc import Sequence

from services.handover.logic.office import Office, department_of
from services.handover.ports.cases import Position
from shared.contracts.change import Context
from shared.contracts.pushes import Push, Unrouted
from shared.kernel.errors import Refused
from shared.kernel.permissions import Role


def inbox(
    office: Office,
    context: Context,
    *,
    claimed: bool,
    limit: int,
    position: Position | None,
) -> tuple[Sequence[Push], Position | None]:
    """A page of my department's pushes (R-HND-16)."""
    department = department_of(context.principal)
    return office.cases.inbox(department, claimed=claimed, limit=limit, position=position)


def unrouted(
    office: Office, context: Context, asked: str | None, *, limit: int, position: Position | None
) -> tuple[Sequence[Unrouted], Position | None]:
    """A page of what waits for a bureau's coordinator (R-HND-15): the own bureau's, for oversight any bureau's."""
    oversees = Role.OVERSIGHT in context.principal.roles
    bureau = asked if asked and oversees else department_of(context.principal)
    if asked not in {None, bureau}:
        raise Refused("not_your_department")
    return office.cases.unrouted(bureau, limit=limit, position=position)
