"""Exports in DynamoDB: which one is found, and whether another is owed. The files are in the object store.

| pk | sk | what |
|---|---|---|
| `export` | `current` | the export made last; `version` is its instant, so that an older one never takes its place |
| `export` | `due` | only while one is owed: `due_at`, since when (`body`), how often the list changed (`version`) |
| `export` | `planned` | only while versions are to come: when the next one comes into force |

The last two are read by their keys every minute, and so need no place in the due index. Whoever makes the export first
moves `due_at` ahead, which keeps others away and brings them back should the maker die.
"""

from datetime import datetime

from pynamodb.exceptions import DeleteError, UpdateError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from services.registry.domain.exports import Export, Owed
from shared.aws.failures import condition_failed
from shared.aws.journal import Journal
from shared.aws.transactions import put_if_newer
from shared.kernel.clock import from_text, to_text

_PK, _CURRENT, _DUE, _PLANNED = "export", "current", "due", "planned"


class ExportStore:
    """Exports on the registry's table; see ports.exports.Exports for what each method promises."""

    def __init__(self, journal: Journal) -> None:
        self.table = journal.table

    def mark(self, now: datetime, due_at: datetime) -> None:
        """Note that the list changed (one update): later changes are counted and postpone nothing."""
        table = self.table
        table(_PK, _DUE).update(
            actions=[
                table.due_at.set(table.due_at | to_text(due_at)),
                table.body.set(table.body | to_text(now)),
                table.version.add(1),
            ]
        )

    def owed(self) -> Owed | None:
        """The export that is owed (strongly consistent), or None."""
        row = self.table.find(_PK, _DUE)
        if row is None:
            return None
        return Owed(since=from_text(row.body or ""), due_at=from_text(row.due_at or ""), changes=int(row.version or 0))

    def take(self, owed: Owed, until: datetime) -> Owed | None:
        """Keep others from making it until then (a conditional update); None where another took it before."""
        table = self.table
        unmoved = table.due_at == to_text(owed.due_at)
        return owed.model_copy(update={"due_at": until}) if self._moved(until, None, unmoved) else None

    def publish(self, export: Export) -> None:
        """Make an export the one that is found, unless a later one is."""
        version = int(export.as_of.timestamp() * 1000)
        row = self.table(pk=_PK, sk=_CURRENT, version=version, body=export.model_dump_json())
        put_if_newer(self.table, row)

    def done(self, owed: Owed, now: datetime, due_at: datetime) -> None:
        """Owe nothing more; where the list changed meanwhile, another is due then."""
        table = self.table
        try:
            table(_PK, _DUE).delete(condition=table.version == owed.changes)
        except DeleteError as error:
            if not condition_failed(error):
                raise
            self._moved(due_at, now, table.due_at == to_text(owed.due_at))

    def plan(self, at: datetime | None) -> None:
        """Note when the list changes next by itself, or that it does not."""
        row = self.table(pk=_PK, sk=_PLANNED, due_at=to_text(at) if at else None)
        if at:
            row.save()
        else:
            row.delete()

    def planned(self) -> datetime | None:
        """When the list changes next by itself, or None."""
        row = self.table.find(_PK, _PLANNED)
        return from_text(row.due_at) if row and row.due_at else None

    def current(self) -> Export | None:
        """The export made last, or None."""
        row = self.table.find(_PK, _CURRENT)
        return Export.model_validate_json(row.body or "{}") if row else None

    def _moved(self, due_at: datetime, since: datetime | None, condition: Condition) -> bool:
        table = self.table
        actions: list[Action] = [table.due_at.set(to_text(due_at))]
        if since:
            actions.append(table.body.set(to_text(since)))
        try:
            table(_PK, _DUE).update(actions=actions, condition=condition)
        except UpdateError as error:
            if not condition_failed(error):
                raise
            return False
        return True
