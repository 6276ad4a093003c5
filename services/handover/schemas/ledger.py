"""Lists of what was pushed."""

from shared.contracts.model import Contract, Identifier
from shared.contracts.pushes import Push, Unrouted
from shared.http.pages import PageQuery


class InboxQuery(PageQuery):
    """`claimed=false` (the default) lists what still waits to be claimed."""

    claimed: bool = False


class InboxPage(Contract):
    """One page of a department's pushes, newest first."""

    pushes: tuple[Push, ...]
    next: str | None


class UnroutedQuery(PageQuery):
    """`bureau`: whose queue; oversight must say, a bureau sees its own."""

    bureau: Identifier | None = None


class UnroutedPage(Contract):
    """One page of what waits for the bureau's coordinator, oldest first (R-HND-15)."""

    unrouted: tuple[Unrouted, ...]
    next: str | None
