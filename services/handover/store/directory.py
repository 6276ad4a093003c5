"""What handover keeps of the registry: published versions of items, departments with their liaisons.

| pk | sk | what |
|---|---|---|
| `item#<code>` | `version#n` | a published version of an item |
| `item#<code>` | `known` | how many versions were told of: who judged by the item is refused if it is another by then |
| `department#<id>` | `known` | a department and its liaisons |
| `department#<id>` | `merged#<other>` | the other was told to be merged into it; its own row says whether it is |
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from services.handover.domain.routes import successors
from services.handover.domain.waits import Seen, department_subject, item_subject
from services.handover.store.waits import wake_row
from shared.aws.journal import Journal
from shared.aws.table import Row
from shared.aws.transactions import Write, put_newer
from shared.contracts.change import Context
from shared.contracts.departments import Department
from shared.contracts.items import Item
from shared.contracts.model import LONGEST_CODE

_KNOWN = "known"
_MERGED = "merged#"


class DirectoryStore:
    """Items and departments on handover's table; see ports.directory.Directory for what each method promises."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self.table = journal.table

    def item_in_force(self, code: str, at: datetime) -> Item | None:
        """The version of an item in force at an instant, or None (R-REG-4)."""
        if len(code) > LONGEST_CODE:
            return None  # it is no code, and may be too long for a key
        return next((item for item in self._newest_first(code) if item.effective_from <= at), None)

    def item_seen(self, code: str, at: datetime) -> tuple[Item | None, Seen]:
        """The same, with the item as it was read."""
        subject = item_subject(code)
        if len(code) > LONGEST_CODE:
            return None, Seen(subject, None)  # as above
        # Read first: a version told of after it makes the count another, however late its number is.
        counted = self.table.find(subject, _KNOWN)
        upcoming: list[int] = []
        in_force = None
        for item in self._newest_first(code):
            if item.effective_from <= at:
                in_force = item
                break
            upcoming.append(item.version)
        return in_force, Seen(subject, _version(counted), tuple(upcoming))

    def departments(self, identifiers: Iterable[str]) -> Sequence[Department]:
        """What is known of these departments; those never heard of are left out."""
        keys = [(department_subject(identifier), _KNOWN) for identifier in identifiers]
        if not keys:
            return []
        rows = self.table.batch_get(keys, consistent_read=True)
        return [Department.model_validate_json(row.body or "{}") for row in rows]

    def merged_into(self, department: str) -> Sequence[str]:
        """The departments that were merged into this one, as is known now."""
        rows = self.table.query(department_subject(department), self.table.sk.startswith(_MERGED), consistent_read=True)
        told = [row.sk.removeprefix(_MERGED) for row in rows]
        return sorted(each.department_id for each in self.departments(told) if successors([each]) == {department})

    def keep_item(self, item: Item, context: Context) -> None:
        """Keep a published version, once per event; when it is in force, whoever waits for the item is woken."""
        subject = item_subject(item.code)
        row = self.table(
            pk=subject,
            sk=f"version#{item.version:06d}",
            version=item.version,
            body=item.model_dump_json(),
        )
        one = {":one": {"N": "1"}}
        counted = Write("counted", "Update", self.table(pk=subject, sk=_KNOWN), None, one, update="ADD version :one")
        wake = wake_row(self.table, subject, item.version, max(context.now, item.effective_from))
        self.journal.keep(context.event, [put_newer("item", row), counted, Write("wake", "Put", wake)])

    def keep_department(self, department: Department, context: Context) -> None:
        """Keep a department unless a newer version is known, once per event; whoever waits for it is woken."""
        subject = department_subject(department.department_id)
        row = self.table(
            pk=subject,
            sk=_KNOWN,
            version=department.version,
            body=department.model_dump_json(),
        )
        wake = wake_row(self.table, subject, department.version, context.now)
        writes = [put_newer("department", row), Write("wake", "Put", wake), *self._merger(department)]
        self.journal.keep(context.event, writes)

    def _merger(self, department: Department) -> Iterator[Write]:
        for heir in successors([department]):
            row = self.table(pk=department_subject(heir), sk=f"{_MERGED}{department.department_id}")
            yield Write("merger", "Put", row)

    def _newest_first(self, code: str) -> Iterator[Item]:
        versions = self.table.query(
            item_subject(code),
            self.table.sk.startswith("version#"),
            scan_index_forward=False,
            consistent_read=True,
            page_size=2,
        )
        return (Item.model_validate_json(row.body or "{}") for row in versions)


def _version(row: Row | None) -> int | None:
    return int(row.version) if row is not None and row.version is not None else None
