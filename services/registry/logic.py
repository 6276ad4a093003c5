"""The registry's use cases: register departments, draft and publish items, read the list."""

from collections.abc import Mapping, Sequence

from services.registry.domain import (
    SOURCE,
    ItemFile,
    PublishedItem,
    check_author,
    check_code,
    check_department,
    check_item,
    check_known,
    check_liaisons,
    check_revision,
    departments_of,
    effective_instant,
    next_version,
)
from services.registry.ports import Position, Registry
from services.registry.schemas import DepartmentRequest, ItemRequest, PublicQuery, PublishRequest
from shared.contracts.chain import ChainHead
from shared.contracts.change import Change, Context, Stored, Taken, change
from shared.contracts.registry import Department, DepartmentChanged, Item, ItemDrafted, ItemPublished
from shared.kernel.errors import Refused
from shared.kernel.ids import new_id

# --- Departments ---------------------------------------------------------------------------------


def register_department(registry: Registry, context: Context, asked: DepartmentRequest) -> Department:
    """Register a department (R-ORG-1, R-ORG-2). Raises Refused("invalid_fields"), Refused("department_unknown")."""
    return _write_department(registry, context, ChainHead(), new_id("dept"), asked)


def edit_department(
    registry: Registry, context: Context, department_id: str, version: int, asked: DepartmentRequest
) -> Department:
    """Replace what is known of a department; the old state stays in its events (R-ORG-2).

    A registrar edits the own department; one without a department, the city's own, edits any.

    Raises Refused: "not_your_department", "not_found", "version_stale", and as register_department.
    """
    stored = _stored_department(registry, department_id)
    if context.principal.department not in {None, department_id}:
        raise Refused("not_your_department")
    check_revision(stored.state.version, version)
    return _write_department(registry, context, stored.head, department_id, asked)


def show_department(registry: Registry, department_id: str) -> Department:
    """A department as it stands now. Raises Refused("not_found")."""
    return _stored_department(registry, department_id).state


def list_departments(
    registry: Registry, limit: int, position: Position | None
) -> tuple[Sequence[Department], Position | None]:
    """One page of all departments, in a stable order."""
    return registry.list_departments(limit, position)


def _write_department(
    registry: Registry, context: Context, before: ChainHead, department_id: str, asked: DepartmentRequest
) -> Department:
    given = dict(asked)
    department = check_department(Department(department_id=department_id, version=before.sequence + 1, **given))
    if department.superior is not None:
        check_known({"/superior": department.superior}, registry.departments([department.superior]))
    body = DepartmentChanged(department=department)
    registry.save_department(change(SOURCE, department_id, before, department, [body], context, department))
    return department


def _stored_department(registry: Registry, department_id: str) -> Stored[Department]:
    found = registry.department(department_id)
    if found is None:
        raise Refused("not_found", id=department_id)
    return found


# --- Items ---------------------------------------------------------------------------------------


def draft_item(registry: Registry, context: Context, asked: ItemRequest) -> ItemFile:
    """Draft a new item (R-REG-1).

    Raises Refused: "not_your_department", "department_unknown", "invalid_fields", "code_taken".
    """
    return _write_draft(registry, context, new_id("item"), None, asked)


def edit_draft(registry: Registry, context: Context, item_id: str, revision: int, asked: ItemRequest) -> ItemFile:
    """Replace an item's draft, or begin the draft of its next version (R-REG-4).

    Raises Refused: "not_found", "version_stale", and as draft_item.
    """
    stored = _stored_item(registry, context, item_id)
    check_revision(stored.state.revision, revision)
    return _write_draft(registry, context, item_id, stored, asked)


def publish_item(registry: Registry, context: Context, item_id: str, revision: int, asked: PublishRequest) -> ItemFile:
    """Make the draft a version that is in force from now, or from later, and stays readable for ever (R-REG-4).

    Raises Refused: "not_found", "not_your_department", "version_stale", "wrong_state" without a draft,
    "liaison_missing" (R-ORG-2), "invalid_fields".
    """
    stored = _stored_item(registry, context, item_id)
    before, draft = stored.state, stored.state.draft
    check_revision(before.revision, revision)
    if draft is None:
        raise Refused("wrong_state", state="published", move="publish", legal="edit")
    departments = _departments(registry, draft)
    states = _states(departments)
    check_item(draft, states)
    check_liaisons(draft, states)
    effective_from = effective_instant(asked.effective_from, context.now)
    item = draft.model_copy(update={"version": next_version(before), "effective_from": effective_from})
    published = PublishedItem(item=item, reason=asked.reason, published_at=context.now)
    after = ItemFile(item_id=item_id, revision=before.revision + 1, draft=None, published=published)
    body = ItemPublished(item=item, reason=asked.reason)
    made = change(SOURCE, item_id, stored.head, after, [body], context, after)
    registry.publish_item(made, before, tuple(departments.values()))
    return after


def show_item(registry: Registry, item_id: str) -> ItemFile:
    """An item with its draft and what was published last. Raises Refused("not_found")."""
    found = registry.item(item_id)
    if found is None:
        raise Refused("not_found", id=item_id)
    return found.state


def _write_draft(
    registry: Registry, context: Context, item_id: str, stored: Stored[ItemFile] | None, asked: ItemRequest
) -> ItemFile:
    before = stored.state if stored else None
    head = stored.head if stored else ChainHead()
    # In force from when it is published: until then the day it was written stands there.
    item = Item(item_id=item_id, version=next_version(before), effective_from=context.now, **dict(asked))
    check_author(context.principal, item)
    check_item(item, _states(_departments(registry, item)))
    if before is not None:
        check_code(before, item)
    published = before.published if before else None
    after = ItemFile(item_id=item_id, revision=head.sequence + 1, draft=item, published=published)
    _save_draft(registry, change(SOURCE, item_id, head, after, [ItemDrafted(item=item)], context, after), before)
    return after


def _save_draft(registry: Registry, made: Change[ItemFile], before: ItemFile | None) -> None:
    try:
        registry.save_item(made, before)
    except Taken:
        code = made.state.newest.code
        raise Refused("code_taken", code=code, id=registry.item_of_code(code) or "?") from None


def _stored_item(registry: Registry, context: Context, item_id: str) -> Stored[ItemFile]:
    found = registry.item(item_id)
    if found is None:
        raise Refused("not_found", id=item_id)
    check_author(context.principal, found.state.newest)
    return found


def _departments(registry: Registry, item: Item) -> Mapping[str, Stored[Department]]:
    named = departments_of(item)
    found = registry.departments(set(named.values()))
    check_known(named, found)
    return found


def _states(stored: Mapping[str, Stored[Department]]) -> dict[str, Department]:
    return {identifier: found.state for identifier, found in stored.items()}


# --- The published list --------------------------------------------------------------------------


def list_published(
    registry: Registry, asked: PublicQuery, position: Position | None
) -> tuple[Sequence[PublishedItem], Position | None]:
    """One page of the published list: whole, of one department, or the one item with a code (R-REG-5)."""
    if asked.code is None:
        return registry.list_published(asked.department, asked.limit, position)
    found = registry.published(asked.code)
    if found is None or asked.department not in {None, *departments_of(found.item).values()}:
        return (), None
    return (found,), None


def show_published(registry: Registry, code: str) -> PublishedItem:
    """The version of an item that was published last. Raises Refused("not_found")."""
    found = registry.published(code)
    if found is None:
        raise Refused("not_found", id=code)
    return found


def show_published_version(registry: Registry, code: str, version: str) -> PublishedItem:
    """A version as it was published, for ever (R-REG-4). Raises Refused("not_found")."""
    found = registry.published_version(code, int(version)) if _is_version(version) else None
    if found is None:
        raise Refused("not_found", id=f"{code}/{version}")
    return found


def _is_version(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= len("999999")
