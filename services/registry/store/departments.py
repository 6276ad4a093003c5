"""Departments in DynamoDB.

| pk | sk | what |
|---|---|---|
| `dept_…` | `head` | the department and its chain head |
| `dept_…` | `event#n` | each event; unsent until published |
| `dept_…` | `listed` | the department in the list of departments |
"""

from collections.abc import Collection, Mapping, Sequence

from services.registry.ports.departments import Position
from services.registry.store.shards import walk
from shared.aws.journal import Journal
from shared.aws.table import shard_of
from shared.aws.transactions import Write
from shared.contracts.change import Change, Stored
from shared.contracts.departments import Department
from shared.kernel.ids import is_id

_DEPARTMENTS = "departments"


class DepartmentStore:
    """Departments on the registry's table."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self.table = journal.table

    def department(self, department_id: str) -> Stored[Department] | None:
        """A department as it stands now (strongly consistent), or None."""
        return self.journal.read(department_id, Department) if is_id(department_id, "dept") else None

    def departments(self, department_ids: Collection[str]) -> Mapping[str, Stored[Department]]:
        """Those of the departments that exist, as they stand now (strongly consistent)."""
        found = {identifier: self.department(identifier) for identifier in department_ids}
        return {identifier: stored for identifier, stored in found.items() if stored is not None}

    def save_department(self, change: Change[Department]) -> None:
        """Write a registration or an edit with its place in the list."""
        row = self.table(
            pk=change.aggregate,
            sk="listed",
            version=change.state.version,
            body=change.state.model_dump_json(),
            listing=f"{_DEPARTMENTS}#{shard_of(change.aggregate)}",
            listing_at=change.aggregate,
        )
        # The head guards the transaction; the row in the list needs no condition of its own.
        self.journal.commit(change, [Write("listed", "Put", row)])

    def list_departments(self, limit: int, position: Position | None) -> tuple[Sequence[Department], Position | None]:
        """One page of all departments, in a stable order."""
        rows, following = walk(self.table, _DEPARTMENTS, limit, position)
        return [Department.model_validate_json(row.body or "{}") for row in rows], following
