"""Making versions of items, and reading them (R-REG-4): publish, suspend, reinstate, retire."""

from collections.abc import Collection, Mapping, Sequence

from services.registry.domain import SOURCE
from services.registry.domain.changes import change_entry
from services.registry.domain.consultation import check_consulted
from services.registry.domain.content import check_able, check_duty_documents, check_item, departments_of, warnings_of
from services.registry.domain.differences import Names, differences
from services.registry.domain.items import ItemAct, ItemFile, PublishedItem, check_move, check_revision
from services.registry.domain.jurisdiction import Jurisdiction
from services.registry.domain.readers import may_see
from services.registry.domain.versions import (
    check_reason,
    check_to_come,
    effective_instant,
    make_version,
    told,
    with_version,
)
from services.registry.logic.items import departments_named, own_item, states_of, stored_item
from services.registry.ports.departments import Position
from services.registry.ports.items import Items
from services.registry.schemas.items import (
    ActRequest,
    Differences,
    DifferencesQuery,
    ItemAnswer,
    PublicDifferencesQuery,
    PublishRequest,
)
from shared.contracts.change import Context, Stored, change
from shared.contracts.departments import Department
from shared.contracts.items import Item
from shared.contracts.vocabulary import SharingScope
from shared.kernel.errors import Fault, Refused
from shared.kernel.permissions import Principal

DRAFT = "draft"


def publish_item(
    items: Items, jurisdiction: Jurisdiction, context: Context, item_id: str, revision: int, asked: PublishRequest
) -> ItemAnswer:
    """Make the draft a version that is in force from now, or from later, and stays readable for ever (R-REG-4).

    Raises Refused: "not_found", "not_your_department", "version_stale", "wrong_state" without a draft,
    "department_inactive", "liaison_missing" (R-ORG-2), "consultation_missing", "consultation_open", "objections_open",
    "invalid_fields".
    """
    stored = own_item(items, context, item_id)
    before = stored.state
    check_revision(before.revision, revision)
    check_move(before, ItemAct.PUBLISH, context.now)
    draft = before.newest
    departments = departments_named(items, draft)
    states = states_of(departments)
    check_item(draft, states, jurisdiction)
    check_able(draft, states)
    check_duty_documents(draft, states, jurisdiction)
    check_consulted(before, draft, waived=asked.consultation_waived, settled=asked.objections_settled)
    check_reason(before, asked.reason)
    now = stored.head.not_before(context.now)
    made = make_version(
        before,
        ItemAct.PUBLISH,
        author=context.actor,
        now=now,
        effective_from=effective_instant(asked.effective_from, now),
        reason=asked.reason,
        waived=asked.consultation_waived,
        settled=asked.objections_settled,
    )
    warnings = warnings_of(draft, states, draft.documents)
    return _write_version(items, jurisdiction, context, stored, made, departments, warnings)


def act_on_item(
    items: Items,
    jurisdiction: Jurisdiction,
    context: Context,
    item_id: str,
    revision: int,
    act: ItemAct,
    asked: ActRequest,
) -> ItemAnswer:
    """Suspend an item until it is reinstated, reinstate it, or retire it for good (R-REG-4).

    Nothing is pushed under what is suspended or retired (R-HND-15). Reinstating also calls back a retirement to come,
    and its departments must still be able to do their part (R-ORG-2).

    Raises Refused: "not_found", "not_your_department", "version_stale", "wrong_state", "invalid_fields"; when
    reinstating also "department_inactive", "liaison_missing".
    """
    stored = own_item(items, context, item_id)
    before = stored.state
    check_revision(before.revision, revision)
    check_move(before, act, context.now)
    now = stored.head.not_before(context.now)
    effective_from = effective_instant(asked.effective_from, now)
    made = make_version(before, act, author=context.actor, now=now, effective_from=effective_from, reason=asked.reason)
    departments: Mapping[str, Stored[Department]] = {}
    if act is ItemAct.REINSTATE:
        departments = departments_named(items, made.item)
        check_able(made.item, states_of(departments))
    return _write_version(items, jurisdiction, context, stored, made, departments)


def list_versions(
    items: Items, principal: Principal, item_id: str, limit: int, position: Position | None
) -> tuple[Sequence[PublishedItem], Position | None]:
    """One page of an item's versions that one may see, newest first. Raises Refused("not_found")."""
    file = stored_item(items, item_id).state
    found, following = items.versions(file.newest.code, limit, position)
    # The draft of an item that was never published may have changed its code, but then there are no versions.
    return [each for each in found if may_see(principal, each.item)], following


def item_differences(
    items: Items, jurisdiction: Jurisdiction, principal: Principal, item_id: str, asked: DifferencesQuery
) -> Differences:
    """What differs between two versions, or a version and the draft, in words (R-REG-4).

    Raises Refused: "not_found", "not_your_department".
    """
    file = stored_item(items, item_id).state
    code = file.newest.code
    before = _version(items, code, asked.before)
    after = _draft(file) if asked.after == DRAFT else _version(items, code, int(asked.after))
    if not (may_see(principal, before) and may_see(principal, after)):
        raise Refused("not_your_department")
    return _compared(items, jurisdiction, before, after, drafted=asked.after == DRAFT)


def public_differences(
    items: Items, jurisdiction: Jurisdiction, code: str, asked: PublicDifferencesQuery
) -> Differences:
    """What differs between two public versions, in words (R-REG-5). Raises Refused("not_found")."""
    before, after = _version(items, code, asked.before), _version(items, code, asked.after)
    if not all(each.sharing.scope is SharingScope.PUBLIC for each in (before, after)):
        raise Refused("not_found", id=code)
    return _compared(items, jurisdiction, before, after, drafted=False)


def _write_version(
    items: Items,
    jurisdiction: Jurisdiction,
    context: Context,
    stored: Stored[ItemFile],
    made: PublishedItem,
    departments: Mapping[str, Stored[Department]],
    warnings: Collection[Fault] = (),
) -> ItemAnswer:
    before = stored.state
    after = with_version(before, made, made.published_at)
    check_to_come(after, made.published_at)
    last = before.published.item if before.published else None
    names = _names(items, jurisdiction, [made.item, last] if last else [made.item], states_of(departments))
    answer = ItemAnswer.of(after, warnings)
    written = change(SOURCE, after.item_id, stored.head, after, [told(made)], context, answer)
    items.publish_item(written, before, tuple(departments.values()), change_entry(last, made, names))
    return answer


def _version(items: Items, code: str, version: int) -> Item:
    found = items.version(code, version)
    if found is None:
        raise Refused("not_found", id=f"{code}/{version}")
    return found.item


def _draft(file: ItemFile) -> Item:
    if file.draft is None:
        raise Refused("not_found", id=f"{file.item_id}/{DRAFT}")
    return file.draft


def _compared(items: Items, jurisdiction: Jurisdiction, before: Item, after: Item, *, drafted: bool) -> Differences:
    return Differences(
        code=before.code,
        from_version=before.version,
        to_version=None if drafted else after.version,
        differences=differences(before, after, _names(items, jurisdiction, [before, after], {})),
    )


def _names(items: Items, jurisdiction: Jurisdiction, named: Collection[Item], known: Mapping[str, Department]) -> Names:
    """The names of every department the items name, beside those known already."""
    wanted = {identifier for item in named for identifier in departments_of(item).values()} - known.keys()
    found = states_of(items.departments(wanted)) if wanted else {}
    departments = {identifier: each.name for identifier, each in {**known, **found}.items()}
    return Names(departments, jurisdiction.item_types)
