"""Lists of what was pushed: a department's inbox (R-HND-16)."""

from collections.abc import Sequence

from services.handover.logic.office import Office
from services.handover.ports.cases import Position
from shared.contracts.change import Context
from shared.contracts.pushes import Push
from shared.kernel.permissions import department_of


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
