"""Lists of what was pushed."""

from shared.contracts.model import Contract
from shared.contracts.pushes import Push
from shared.http.pages import PageQuery


class InboxQuery(PageQuery):
    """`claimed=false` (the default) lists what still waits to be claimed."""

    claimed: bool = False


class InboxPage(Contract):
    """One page of a department's pushes, newest first."""

    pushes: tuple[Push, ...]
    next: str | None
