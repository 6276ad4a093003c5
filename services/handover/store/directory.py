"""What handover keeps of the registry: published versions of items, departments with their liaisons.

| pk | sk | what |
|---|---|---|
| `item#<code>` | `version#n` | a published version of an item |
| `department#<id>` | `known` | a department and its liaisons |
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from shared.aws.journal import Journal
from shared.aws.transactions import put_newer
from shared.contracts.change import Context
from shared.contracts.departments import Department
from shared.contracts.items import Item
from shared.contracts.model import LONGEST_CODE


class DirectoryStore:
    """Items and departments on handover's table; see ports.directory.Directory for what each method promises."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self.table = journal.table

    def item_in_force(self, code: str, at: datetime) -> Item | None:
        """The version of an item in force at an instant, or None (R-REG-4)."""
        if len(code) > LONGEST_CODE:
            return None  # it is no code, and may be too long for a key
        versions = self.table.query(
            f"item#{code}",
            self.table.sk.startswith("version#"),
            scan_index_forward=False,
            consistent_read=True,
            page_size=2,
        )
        items = (Item.model_validate_json(row.body or "{}") for row in versions)
        return next((item for item in items if item.effective_from <= at), None)

    def departments(self, identifiers: Iterable[str]) -> Sequence[Department]:
        """What is known of these departments; those never heard of are left out."""
        keys = [(f"department#{identifier}", "known") for identifier in identifiers]
        if not keys:
            return []
        rows = self.table.batch_get(keys, consistent_read=True)
        return [Department.model_validate_json(row.body or "{}") for row in rows]

    def keep_item(self, item: Item, context: Context) -> None:
        """Keep a published version, once per event."""
        row = self.table(
            pk=f"item#{item.code}",
            sk=f"version#{item.version:06d}",
            version=item.version,
            body=item.model_dump_json(),
        )
        self.journal.keep(context.event, [put_newer("item", row)])

    def keep_department(self, department: Department, context: Context) -> None:
        """Keep a department unless a newer version is known, once per event."""
        row = self.table(
            pk=f"department#{department.department_id}",
            sk="known",
            version=department.version,
            body=department.model_dump_json(),
        )
        self.journal.keep(context.event, [put_newer("department", row)])
