"""Pages of a list: how a caller asks for one and goes on to the next."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any

from pydantic import Field

from shared.contracts.model import Contract
from shared.http.cursor import read_cursor, sign_cursor

PAGE_LIMIT = 200


class PageQuery(Contract):
    """`limit` rows (1 to 200) from where `cursor` points, or from the beginning."""

    limit: Annotated[int, Field(ge=1, le=PAGE_LIMIT)] = 50
    cursor: Annotated[str, Field(max_length=2000)] | None = None


def position_of(query: PageQuery, scope: str, key: Callable[[], bytes]) -> dict[str, Any] | None:
    """Where the page starts. Raises Refused("cursor_invalid") for a cursor not made for this scope."""
    return read_cursor(key(), scope, query.cursor) if query.cursor else None


def cursor_for(position: Mapping[str, Any] | None, scope: str, key: Callable[[], bytes]) -> str | None:
    """The cursor of the next page, or None at the end of the list."""
    return sign_cursor(key(), scope, position) if position else None
