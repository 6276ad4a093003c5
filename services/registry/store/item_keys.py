"""Where an item's rows lie, and in which lists its pointers stand (see store.items for the table of them)."""

from collections.abc import Mapping
from datetime import datetime

from services.registry.domain.items import ItemFile, PublishedItem
from services.registry.domain.lists import public_lists
from shared.aws.table import Row, shard_of
from shared.contracts.model import LONGEST_CODE
from shared.kernel.clock import to_text

CODE = "code"
PUBLIC = "public"

Pointers = Mapping[tuple[str, str], tuple[str, str]]
"""Keys of pointer rows, and the list and the place in it that each stands for."""


def pointers_of(file: ItemFile) -> Pointers:
    """Every pointer row an item has: in the lists of the departments it names, and in the public lists."""
    drafted = [file.draft] if file.draft else []
    items = [*(each.item for each in file.current), *drafted]
    named = {each.department for item in items for each in item.supervisors}
    rows = {(file.item_id, "of"): (approved(file.newest.approval_department), file.item_id)}
    rows |= {(file.item_id, f"naming#{each}"): (naming(each), file.item_id) for each in named}
    if file.consultation:
        at = f"{to_text(file.consultation.opened_at)}#{file.item_id}"
        rows |= {(file.item_id, f"asked#{each}"): (asked_of(each), at) for each in file.consultation.awaited()}
    code = file.newest.code
    for name, listing in public_lists(shard_of(code), file.current).items():
        rows[code_key(code), f"list#{name}"] = (listing, code)
    return rows


def approved(department: str) -> str:
    """The list of the items a department approves."""
    return f"items#of#{department}"


def naming(department: str) -> str:
    """The list of the items that name a department as a supervisor."""
    return f"items#naming#{department}"


def asked_of(department: str) -> str:
    """The list of the items whose drafts await a department's answer."""
    return f"consultations#{department}"


def changes_key(month: str) -> str:
    """Where the change log of a month (2026-03) lies."""
    return f"changes#{month}"


def code_key(code: str) -> str:
    """Where everything found by a code lies."""
    return f"{CODE}#{code}"


def version_key(version: int) -> str:
    """Where one version lies."""
    return f"version#{version:06d}"


def force_key(published: PublishedItem) -> str:
    """Where a version lies by when it comes into force."""
    return f"force#{to_text(published.item.effective_from)}#{published.item.version:06d}"


def force_until(at: datetime) -> str:
    """Up to where the versions lie that have come into force by an instant."""
    return f"force#{to_text(at)}#~"


def row_of(table: type[Row], code: str, sk: str) -> Row | None:
    """One row found by a code (strongly consistent), or None."""
    if len(code) > LONGEST_CODE:
        return None  # it is no code, and may be too long for a key
    return table.find(code_key(code), sk)
