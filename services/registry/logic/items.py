"""Drafting items (R-REG-1, R-REG-2): what every use case of items begins with."""

from collections.abc import Mapping, Sequence

from services.registry.domain import SOURCE
from services.registry.domain.content import check_documents, check_item, check_known, departments_of, warnings_of
from services.registry.domain.departments import answering_for
from services.registry.domain.items import (
    EDIT,
    ItemFile,
    check_author,
    check_code,
    check_move,
    check_named,
    check_revision,
    with_draft,
)
from services.registry.domain.jurisdiction import Jurisdiction
from services.registry.domain.readers import check_reader
from services.registry.ports.documents import StoredDocuments
from services.registry.ports.items import Items
from services.registry.schemas.items import ItemAnswer, ItemRequest
from shared.contracts.chain import ChainHead
from shared.contracts.change import Change, Context, Stored, Taken, change
from shared.contracts.departments import Department
from shared.contracts.items import DutyDocument, Item, ItemContent
from shared.kernel.errors import Refused
from shared.kernel.ids import new_id
from shared.kernel.permissions import Principal


def draft_item(
    items: Items, documents: StoredDocuments, jurisdiction: Jurisdiction, context: Context, asked: ItemRequest
) -> ItemAnswer:
    """Draft a new item (R-REG-1).

    Raises Refused: "not_your_department", "department_unknown", "invalid_fields", "code_taken".
    """
    return _write_draft(items, documents, jurisdiction, context, new_id("item"), None, asked)


def edit_draft(
    items: Items,
    documents: StoredDocuments,
    jurisdiction: Jurisdiction,
    context: Context,
    item_id: str,
    revision: int,
    asked: ItemRequest,
) -> ItemAnswer:
    """Replace an item's draft, or begin the draft of its next version (R-REG-4).

    The consultation about the draft before ends: nobody was asked about this one.

    Raises Refused: "not_found", "version_stale", "wrong_state", and as draft_item.
    """
    stored = own_item(items, context, item_id)
    check_revision(stored.state.revision, revision)
    return _write_draft(items, documents, jurisdiction, context, item_id, stored, asked)


def show_item(items: Items, principal: Principal, item_id: str) -> ItemFile:
    """An item with its draft and current versions. Raises Refused: "not_found", "not_your_department"."""
    found = stored_item(items, item_id).state
    check_reader(principal, found)
    return found


# --- What every use case begins with ---------------------------------------------------------------


def stored_item(items: Items, item_id: str) -> Stored[ItemFile]:
    """An item as it stands. Raises Refused("not_found")."""
    found = items.item(item_id)
    if found is None:
        raise Refused("not_found", id=item_id)
    return found


def own_item(items: Items, context: Context, item_id: str) -> Stored[ItemFile]:
    """An item of the registrar's own bureau, or of one that was merged into it (R-ORG-1).

    Raises Refused: "not_found", "not_your_department".
    """
    found = stored_item(items, item_id)
    bureau = found.state.newest.approval_department
    if not is_of(items, context.principal, bureau):
        raise Refused("not_your_department")
    return found


def is_of(items: Items, principal: Principal, department: str) -> bool:
    """Whether the principal is of a department, or of the one that answers for it since it was merged (R-ORG-1)."""

    def read(identifier: str) -> Department | None:
        return states_of(items.departments([identifier])).get(identifier)

    own = principal.department
    return own is not None and (own == department or own == answering_for(department, read))


def departments_named(items: Items, item: ItemContent) -> Mapping[str, Stored[Department]]:
    """Every department an item names, by id. Raises Refused("department_unknown")."""
    named = departments_of(item)
    found = items.departments(set(named.values()))
    check_known(named, found)
    return found


def states_of(stored: Mapping[str, Stored[Department]]) -> dict[str, Department]:
    """The departments themselves."""
    return {identifier: found.state for identifier, found in stored.items()}


# --- Drafts ----------------------------------------------------------------------------------------


def _write_draft(
    items: Items,
    documents: StoredDocuments,
    jurisdiction: Jurisdiction,
    context: Context,
    item_id: str,
    stored: Stored[ItemFile] | None,
    asked: ItemRequest,
) -> ItemAnswer:
    head = stored.head if stored else ChainHead()
    before = stored.state if stored else None
    item = _drafted(item_id, before, context, asked, _documents(documents, asked.documents))
    check_author(context.principal, item.approval_department)
    departments = states_of(departments_named(items, item))
    check_item(item, departments, jurisdiction)
    if before is not None:
        check_move(before, EDIT, context.now)
        check_code(before, item)
    check_named(before, item)
    after, told = with_draft(before, item, head.sequence + 1)
    answer = ItemAnswer.of(after, warnings_of(item, departments, item.documents))
    _save_draft(items, change(SOURCE, item_id, head, after, [told], context, answer), before)
    return answer


def _drafted(
    item_id: str, before: ItemFile | None, context: Context, asked: ItemRequest, documents: tuple[DutyDocument, ...]
) -> Item:
    content = asked.model_dump(include=set(ItemContent.model_fields))
    return Item(
        item_id=item_id,
        version=before.next_version if before else 1,
        # In force from when it is published: until then the day it was written stands there.
        effective_from=context.now,
        documents=documents,
        **content,
    )


def _documents(documents: StoredDocuments, asked: Sequence[str]) -> tuple[DutyDocument, ...]:
    stored = documents.stored(asked) if asked else {}
    check_documents(asked, stored)
    return tuple(stored[each] for each in asked)


def _save_draft(items: Items, made: Change[ItemFile], before: ItemFile | None) -> None:
    try:
        items.save_item(made, before)
    except Taken:
        code = made.state.newest.code
        raise Refused("code_taken", code=code, id=items.item_of_code(code) or "?") from None
