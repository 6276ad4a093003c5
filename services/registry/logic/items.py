"""Making items: drafts and the versions that come of them (R-REG-1, R-REG-4)."""

from collections.abc import Mapping

from services.registry.domain import SOURCE
from services.registry.domain.content import check_item, check_known, check_liaisons, departments_of
from services.registry.domain.items import (
    EDIT,
    ItemAct,
    ItemFile,
    check_author,
    check_code,
    check_move,
    check_revision,
    effective_instant,
    make_version,
    told,
    with_version,
)
from services.registry.ports.items import Items
from services.registry.schemas.items import ItemRequest, PublishRequest
from shared.contracts.chain import ChainHead
from shared.contracts.change import Change, Context, Stored, Taken, change
from shared.contracts.departments import Department
from shared.contracts.items import Item, ItemContent, ItemDrafted
from shared.kernel.errors import Refused
from shared.kernel.ids import new_id


def draft_item(items: Items, context: Context, asked: ItemRequest) -> ItemFile:
    """Draft a new item (R-REG-1).

    Raises Refused: "not_your_department", "department_unknown", "invalid_fields", "code_taken".
    """
    return _write_draft(items, context, new_id("item"), None, asked)


def edit_draft(items: Items, context: Context, item_id: str, revision: int, asked: ItemRequest) -> ItemFile:
    """Replace an item's draft, or begin the draft of its next version (R-REG-4).

    Raises Refused: "not_found", "version_stale", and as draft_item.
    """
    stored = _stored_item(items, context, item_id)
    check_revision(stored.state.revision, revision)
    return _write_draft(items, context, item_id, stored, asked)


def publish_item(items: Items, context: Context, item_id: str, revision: int, asked: PublishRequest) -> ItemFile:
    """Make the draft a version that is in force from now, or from later, and stays readable for ever (R-REG-4).

    Raises Refused: "not_found", "not_your_department", "version_stale", "wrong_state" without a draft,
    "liaison_missing" (R-ORG-2), "invalid_fields".
    """
    stored = _stored_item(items, context, item_id)
    before = stored.state
    check_revision(before.revision, revision)
    check_move(before, ItemAct.PUBLISH)
    departments = _departments(items, before.newest)
    states = _states(departments)
    check_item(before.newest, states)
    check_liaisons(before.newest, states)
    effective_from = effective_instant(asked.effective_from, context.now)
    made = make_version(
        before,
        ItemAct.PUBLISH,
        author=context.actor,
        now=context.now,
        effective_from=effective_from,
        reason=asked.reason,
    )
    after = with_version(before, made, context.now)
    written = change(SOURCE, item_id, stored.head, after, [told(made)], context, after)
    items.publish_item(written, before, tuple(departments.values()))
    return after


def show_item(items: Items, item_id: str) -> ItemFile:
    """An item with its draft and what was published last. Raises Refused("not_found")."""
    found = items.item(item_id)
    if found is None:
        raise Refused("not_found", id=item_id)
    return found.state


def _write_draft(
    items: Items, context: Context, item_id: str, stored: Stored[ItemFile] | None, asked: ItemRequest
) -> ItemFile:
    head = stored.head if stored else ChainHead()
    before = stored.state if stored else None
    version = before.next_version if before else 1
    # In force from when it is published: until then the day it was written stands there.
    content = asked.model_dump(include=set(ItemContent.model_fields))
    item = Item(item_id=item_id, version=version, effective_from=context.now, **content)
    check_author(context.principal, item)
    check_item(item, _states(_departments(items, item)))
    if before is not None:
        check_move(before, EDIT)
        check_code(before, item)
    # A draft that changed was not the one the departments were asked about.
    blank = ItemFile(item_id=item_id, revision=0, draft=None, published=None)
    changed = {"revision": head.sequence + 1, "draft": item, "consultation": None}
    after = (before or blank).model_copy(update=changed)
    _save_draft(items, change(SOURCE, item_id, head, after, [ItemDrafted(item=item)], context, after), before)
    return after


def _save_draft(items: Items, made: Change[ItemFile], before: ItemFile | None) -> None:
    try:
        items.save_item(made, before)
    except Taken:
        code = made.state.newest.code
        raise Refused("code_taken", code=code, id=items.item_of_code(code) or "?") from None


def _stored_item(items: Items, context: Context, item_id: str) -> Stored[ItemFile]:
    found = items.item(item_id)
    if found is None:
        raise Refused("not_found", id=item_id)
    check_author(context.principal, found.state.newest)
    return found


def _departments(items: Items, item: Item) -> Mapping[str, Stored[Department]]:
    named = departments_of(item)
    found = items.departments(set(named.values()))
    check_known(named, found)
    return found


def _states(stored: Mapping[str, Stored[Department]]) -> dict[str, Department]:
    return {identifier: found.state for identifier, found in stored.items()}
