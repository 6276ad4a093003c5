"""Work in the background, in DynamoDB: what is asked for, how far it is, what comes of it (R-HND-16, R-HND-17).

| pk | sk | what |
|---|---|---|
| the job's id | `head`, `event#n` | the job and its chain |
| the job's id | `due#<kind>` | there is work to be done on it, in `jobs#<shard>` of the due index |
| the job's id | `progress` | how far it is; `version` counts its steps |
| the job's id | `row#…` | what came of it |
| `asked#<kind>#<owner>` | the job's id | that the owner asked for it; ids are in order of time |
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Generic

from services.handover.ports.cases import Position
from services.handover.ports.jobs import J, P
from shared.aws.due import due_key, due_row
from shared.aws.journal import Journal
from shared.aws.progress import note_progress, read_progress
from shared.aws.transactions import Write, put_new
from shared.contracts.change import Change, Stored
from shared.contracts.model import Contract
from shared.kernel.ids import is_id

LANE = "jobs#"
"""Jobs are due by a clock of their own: one may work for minutes, while limits of cases pass by the minute."""


class JobStore(Generic[J]):
    """Jobs of one kind on handover's table; see ports.jobs.Jobs for what each method promises."""

    def __init__(self, journal: Journal, model: type[J], prefix: str, kind: str, owner: Callable[[J], str]) -> None:
        self.journal = journal
        self.table = journal.table
        self.model = model
        self.prefix = prefix
        self.kind = kind
        self.owner = owner

    def job(self, identifier: str) -> Stored[J] | None:
        """A job as it stands now."""
        return self.journal.read(identifier, self.model) if is_id(identifier, self.prefix) else None

    def save(self, change: Change[J], due: datetime | None) -> None:
        """Write a change, and when there is work to be done next."""
        if due is None:
            row = Write("due", "Delete", self.table(pk=change.aggregate, sk=due_key(self.kind)))
        else:
            row = Write("due", "Put", due_row(self.table, self.kind, change.aggregate, due, LANE))
        asked = self.table(pk=self._asked(self.owner(change.state)), sk=change.aggregate)
        self.journal.commit(change, [row] if change.before.sequence else [row, put_new("asked", asked)])

    def asked_by(self, owner: str, limit: int, position: Position | None) -> tuple[Sequence[J], Position | None]:
        """A page of an owner's jobs, newest first."""
        found = self.table.query(
            self._asked(owner),
            consistent_read=True,
            scan_index_forward=False,
            limit=limit,
            page_size=limit,
            last_evaluated_key=dict(position) if position else None,
        )
        identifiers = [row.sk for row in found]
        jobs = self.journal.read_all(identifiers, self.model)
        return [jobs[each].state for each in identifiers], found.last_evaluated_key

    def progress(self, identifier: str, model: type[P]) -> tuple[int, P]:
        """How many steps were done, and how far they came."""
        return read_progress(self.table, identifier, model)

    def note(self, identifier: str, steps: int, progress: Contract) -> bool:
        """Note how far the steps came."""
        return note_progress(self.table, identifier, steps, progress)

    def put_rows(self, identifier: str, rows: Iterable[tuple[str, Contract]]) -> None:
        """Keep rows of a job's result."""
        with self.table.batch_write() as batch:
            for key, each in rows:
                batch.save(self.table(pk=identifier, sk=f"row#{key}", body=each.model_dump_json()))

    def rows(
        self, identifier: str, begins: str, limit: int, position: Position | None
    ) -> tuple[Sequence[str], Position | None]:
        """A page of rows by the beginning of their keys."""
        found = self.table.query(
            identifier,
            self.table.sk.startswith(f"row#{begins}"),
            consistent_read=True,
            limit=limit,
            page_size=limit,
            last_evaluated_key=dict(position) if position else None,
        )
        return [row.body or "{}" for row in found], found.last_evaluated_key

    def _asked(self, owner: str) -> str:
        return f"asked#{self.kind}#{owner}"
