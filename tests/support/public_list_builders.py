"""Items of the public list, written by the registry's own store: as many, as old and as private as a test wants."""

from datetime import UTC, datetime, timedelta
from typing import Any

from services.registry.domain import SOURCE
from services.registry.domain.changes import change_entry
from services.registry.domain.items import ItemAct, ItemFile, PublishedItem
from services.registry.domain.versions import make_version, told, with_version
from services.registry.store.items import ItemStore
from shared.aws.journal import Journal
from shared.aws.table import Row
from shared.contracts.chain import ChainHead
from shared.contracts.change import Context, change
from shared.contracts.event import Event
from shared.contracts.items import Item, Sharing
from shared.contracts.vocabulary import SharingScope
from shared.kernel.clock import utc_now
from shared.kernel.ids import new_id
from shared.kernel.permissions import Principal, Role
from tests.support import handover_builders as city

BUREAU, MARKET, HEALTH = city.BUREAU, city.MARKET, "dept_01HEALTH0000000000000000000"
LONG_AGO = datetime(2026, 1, 5, 1, 30, tzinfo=UTC)
GOVERNMENT = Sharing(scope=SharingScope.GOVERNMENT)
_REGISTRAR = Principal("cli_registrar_0001", BUREAU, frozenset({Role.REGISTRAR}))


def store_of(table: type[Row]) -> ItemStore:
    """The registry's items on a table."""
    return ItemStore(Journal(table, SOURCE))


def version_of(
    table: type[Row],
    code: str,
    act: ItemAct = ItemAct.PUBLISH,
    *,
    made_at: datetime = LONG_AGO,
    effective_from: datetime | None = None,
    **changed: Any,
) -> PublishedItem:
    """Make an item's next version, its first included, as its bureau would; `changed` are fields of its content."""
    made, _ = told_version_of(table, code, act, made_at=made_at, effective_from=effective_from, **changed)
    return made


def told_version_of(
    table: type[Row],
    code: str,
    act: ItemAct = ItemAct.PUBLISH,
    *,
    made_at: datetime = LONG_AGO,
    effective_from: datetime | None = None,
    **changed: Any,
) -> tuple[PublishedItem, Event]:
    """The same, with the event that tells of it."""
    items = store_of(table)
    held = items.item_of_code(code)
    stored = items.item(held) if held else None
    item_id = held or new_id("item")
    before = stored.state if stored else ItemFile(item_id=item_id, revision=0, draft=None, published=None)
    last = before.published.item if before.published else city.item(item_id=item_id, code=code)
    file = before.model_copy(update={"draft": last.model_copy(update=changed)})
    context = Context(_REGISTRAR, made_at, "correlation-1")
    made = make_version(
        file,
        act,
        author=context.actor,
        now=made_at,
        effective_from=effective_from or made_at,
        reason="按上级要求调整",
    )
    after = with_version(file, made, made_at).model_copy(update={"draft": None})
    head = stored.head if stored else ChainHead()
    written = change(SOURCE, item_id, head, after, [told(made)], context)
    items.publish_item(written, stored.state if stored else None, [], change_entry(_item(before), made))
    return made, written.events[0]


def minutes_ago(minutes: int) -> datetime:
    """An instant shortly before now."""
    return utc_now() - timedelta(minutes=minutes)


def days_ahead(days: int) -> datetime:
    """An instant some days from now."""
    return utc_now() + timedelta(days=days)


def _item(file: ItemFile) -> Item | None:
    return file.published.item if file.published else None
