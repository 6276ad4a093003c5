"""The public lists: what an item shows in them, and which of them it is in (R-REG-5)."""

from collections.abc import Sequence
from datetime import datetime

from services.registry.domain.items import PublishedItem
from shared.contracts.model import Contract
from shared.contracts.vocabulary import SharingScope

WHOLE = "public"
"""The list of every public item; spread over the index's shards, as the list of a type is."""


class Listed(Contract):
    """What a list shows of an item: the version in force, then those still to come, oldest first."""

    versions: tuple[PublishedItem, ...]

    def at(self, instant: datetime) -> PublishedItem | None:
        """The version in force at an instant, or None before the first one is."""
        begun = [each for each in self.versions if each.item.effective_from <= instant]
        return begun[-1] if begun else None

    def to_come(self, instant: datetime) -> tuple[PublishedItem, ...]:
        """The versions that come into force after an instant."""
        return tuple(each for each in self.versions if each.item.effective_from > instant)


def is_public(published: PublishedItem) -> bool:
    """Whether anybody may see a version (R-REG-2, sharing scope)."""
    return published.item.sharing.scope is SharingScope.PUBLIC


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
