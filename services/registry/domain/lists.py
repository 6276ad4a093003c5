"""The public lists: what an item shows in them, which of them it is in, and which one answers a question (R-REG-5)."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from services.registry.domain.items import ItemAct, PublishedItem
from shared.contracts.items import Item
from shared.contracts.model import Contract, Identifier, Instant, LongText, ShortText
from shared.contracts.vocabulary import ItemStanding, SharingScope

WHOLE = "public"
"""The list of every public item; spread over the index's shards, as the list of a type is."""


class PublicVersion(Contract):
    """A version as anybody sees it: what it says, what was done, when, why and by which department (R-REG-4).

    Who there did it, and what each supervision department answered when it was asked, stays among the departments.
    """

    item: Item
    act: ItemAct
    reason: LongText | None
    published_at: Instant
    department: Identifier | None
    """The department that made it; None: the city's own registrar."""
    consultation_waived: LongText | None
    objections_settled: LongText | None

    @classmethod
    def of(cls, made: PublishedItem) -> "PublicVersion":
        """The same version, for everybody."""
        return cls(
            item=made.item,
            act=made.act,
            reason=made.reason,
            published_at=made.published_at,
            department=made.author.department,
            consultation_waived=made.consultation_waived,
            objections_settled=made.objections_settled,
        )


class Listed(Contract):
    """What a list shows of an item: the version in force, then those still to come, oldest first.

    `notices` are the open notices that flag it (R-REG-7); they stand beside the rest, since others write them.
    """

    versions: tuple[PublicVersion, ...]
    notices: tuple[Identifier, ...] = ()

    @classmethod
    def of(cls, current: Iterable[PublishedItem]) -> "Listed":
        """What the list shows of the versions in force and to come."""
        return cls(versions=tuple(PublicVersion.of(each) for each in current))

    def at(self, instant: datetime) -> PublicVersion | None:
        """The version in force at an instant, or None before the first one is."""
        begun = [each for each in self.versions if each.item.effective_from <= instant]
        return begun[-1] if begun else None

    def to_come(self, instant: datetime) -> tuple[PublicVersion, ...]:
        """The versions that come into force after an instant."""
        return tuple(each for each in self.versions if each.item.effective_from > instant)


class VersionToCome(Contract):
    """A version that is published and not yet in force."""

    version: int
    effective_from: Instant
    standing: ItemStanding


class PublicItem(PublicVersion):
    """An item as anybody sees it: the version in force, or the first to come where none is yet (`in_force` says so)."""

    standing: ItemStanding
    in_force: bool
    to_come: tuple[VersionToCome, ...] = ()
    open_notices: tuple[Identifier, ...] = ()
    """Notices of changed law, policy or standards that the bureau has not answered yet (R-REG-7)."""


class VersionSummary(Contract):
    """One version of an item in the list of its versions; the version itself is read by its number."""

    version: int
    act: ItemAct
    name: ShortText
    standing: ItemStanding
    published_at: Instant
    effective_from: Instant
    reason: LongText | None

    @classmethod
    def of(cls, made: PublishedItem) -> "VersionSummary":
        """The summary of a version."""
        item = made.item
        return cls(
            version=item.version,
            act=made.act,
            name=item.name,
            standing=item.standing,
            published_at=made.published_at,
            effective_from=item.effective_from,
            reason=made.reason,
        )


def is_public(published: PublishedItem | PublicVersion) -> bool:
    """Whether anybody may see a version (R-REG-2, sharing scope)."""
    return published.item.sharing.scope is SharingScope.PUBLIC


def shown(listed: Listed, now: datetime) -> PublicItem | None:
    """What anybody sees of an item now, or None where the version in force, or the first to come, is not public."""
    current, coming = listed.at(now), listed.to_come(now)
    version = current or next(iter(coming), None)
    if version is None or not is_public(version):
        return None
    later = (each.item for each in coming if is_public(each))
    return PublicItem(
        **dict(version),
        standing=version.item.standing,
        in_force=current is not None,
        to_come=tuple(
            VersionToCome(version=each.version, effective_from=each.effective_from, standing=each.standing)
            for each in later
        ),
        open_notices=listed.notices,
    )


# --- Which lists an item is in -------------------------------------------------------------------


def public_lists(item_code_shard: str, versions: Sequence[PublishedItem]) -> dict[str, str]:
    """The public lists an item is in: a short name for each, unique for the item, and the list.

    Lists that may hold every item (the whole one, one for a type) are spread over shards, as `item_code_shard` says.
    """
    found: dict[str, str] = {}
    for item in (each.item for each in versions if is_public(each)):
        found["all"] = f"{WHOLE}#{item_code_shard}"
        found[f"type#{item.item_type}"] = f"{of_type(item.item_type)}#{item_code_shard}"
        found[f"approval#{item.approval_department}"] = approved_by(item.approval_department)
        found |= {f"supervision#{each.department}": supervised_by(each.department) for each in item.supervisors}
    return found


def of_type(item_type: str) -> str:
    """The list of one item type."""
    return f"public#type#{item_type}"


def approved_by(department: str) -> str:
    """The list of what a department approves."""
    return f"public#approval#{department}"


def supervised_by(department: str) -> str:
    """The list of what a department supervises."""
    return f"public#supervision#{department}"


# --- Which list answers a question, and what the others leave out of it --------------------------


class ListChoice(NamedTuple):
    """A list, and whether it is spread over the index's shards."""

    listing: str
    sharded: bool


_LISTS: Sequence[tuple[str, Callable[[str], str], bool]] = (
    ("supervision_department", supervised_by, False),
    ("approval_department", approved_by, False),
    ("item_type", of_type, True),
)
"""Which list a question's field names, and whether it is sharded; the shortest first."""


def list_for(asked: Mapping[str, str]) -> ListChoice:
    """The shortest list that holds every answer to a question, given its fields by name."""
    for field, listing, sharded in _LISTS:
        if field in asked:
            return ListChoice(listing(asked[field]), sharded)
    return ListChoice(WHOLE, sharded=True)


FILTERS: Mapping[str, Callable[[Item, str], bool]] = {
    "code": lambda item, code: item.code == code,
    "approval_department": lambda item, department: item.approval_department == department,
    "supervision_department": lambda item, department: department in {each.department for each in item.supervisors},
    "item_type": lambda item, item_type: item.item_type == item_type,
    "level": lambda item, level: item.level == level,
    "division_code": lambda item, division: item.division_code == division,
    "standing": lambda item, standing: item.standing == standing,
}
"""How the version shown must meet each field of a question."""


def answers(item: Item, asked: Mapping[str, str]) -> bool:
    """Whether the version shown meets a question. What is retired is shown only to who asks for it."""
    if "standing" not in asked and item.standing is ItemStanding.RETIRED:
        return False
    return all(meets(item, asked[field]) for field, meets in FILTERS.items() if field in asked)
