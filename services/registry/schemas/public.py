"""What the public pages take and give."""

from services.registry.domain.items import PublishedItem
from shared.contracts.model import Code, Contract, Identifier
from shared.http.pages import PageQuery


class PublicQuery(PageQuery):
    """The published list: whole, or what one department approves or supervises, or the one item with a code."""

    code: Code | None = None
    approval_department: Identifier | None = None
    supervision_department: Identifier | None = None


class PublicPage(Contract):
    """Some published items, and the cursor of the next page (null at the end)."""

    items: tuple[PublishedItem, ...]
    next: str | None
