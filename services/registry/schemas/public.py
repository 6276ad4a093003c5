"""What the public pages take and give."""

from typing import Annotated

from pydantic import Field

from services.registry.domain.lists import PublicItem, VersionSummary
from shared.contracts.model import Code, Contract, Identifier
from shared.contracts.vocabulary import DivisionCode, ItemStanding, Level
from shared.http.pages import PageQuery


class PublicQuery(PageQuery):
    """The published list, as far as every field given agrees.

    `q` is a part of the name, a part of its pinyin initials (拼音首字母), or the beginning of the code: 2 to 40
    letters, digits or Chinese characters; case, width, blanks and punctuation do not matter. Retired items are shown
    only with `standing=retired`.

    A request looks at no more than a bounded number of items, so with filters a page may hold fewer than `limit`,
    even none, while `next` is not null: go on until it is.
    """

    code: Code | None = None
    q: Annotated[str, Field(max_length=200)] | None = None
    approval_department: Identifier | None = None
    supervision_department: Identifier | None = None
    item_type: Annotated[str, Field(pattern=r"^[0-9]{2}$")] | None = None
    level: Level | None = None
    division_code: DivisionCode | None = None
    standing: ItemStanding | None = None

    def asked(self) -> dict[str, str]:
        """The fields given, but for the page asked for."""
        given = self.model_dump(mode="json", exclude_none=True, exclude=set(PageQuery.model_fields))
        return {name: str(value) for name, value in given.items()}


class PublicPage(Contract):
    """Some published items, and the cursor of the next page (null at the end)."""

    items: tuple[PublicItem, ...]
    next: str | None


class VersionPage(Contract):
    """Some versions of an item, newest first, and the cursor of the next page (null at the end)."""

    versions: tuple[VersionSummary, ...]
    next: str | None


class InForceQuery(Contract):
    """An instant with its offset, or a day, which stands for its last moment in Asia/Shanghai; now, if not given."""

    at: Annotated[str, Field(max_length=40)] | None = None
