"""Legal holds in DynamoDB.

| pk | sk | what |
|---|---|---|
| `hold_…` | `head`, `event#n` | a case's hold, and how it came to be |
| `hold` | case id | what is to be done for it: `version` the number of its last change, `body` the hold |
| `held#<path>` | `held` | `marks`: the cases that hold an object of the locked copy |
"""

from collections.abc import Sequence
from typing import Final

from pydantic import BaseModel

from services.audit.domain.holds import Hold, Task, hold_id
from shared.aws.journal import Journal
from shared.aws.table import Row
from shared.aws.transactions import ConditionFailed, Write, client_of, transact
from shared.contracts.change import Change, Once, Stored

_HOLD: Final = "hold"
_HELD: Final = "held"


class HoldStore:
    """Holds on audit's table; see ports.holds.Holds for what each method promises."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._table = journal.table

    def hold(self, case_id: str) -> Stored[Hold] | None:
        """The hold of a case."""
        return self._journal.read(hold_id(case_id), Hold)

    def save(self, change: Change[Hold]) -> None:
        """Write a hold, with what is to be done for it."""
        hold = change.state
        task = self._table(pk=_HOLD, sk=hold.case_id, version=change.after.sequence, body=hold.model_dump_json())
        self._journal.commit(change, [Write("task", "Put", task)])

    def remember(self, once: Once, response: BaseModel) -> None:
        """Keep an answer where nothing else is to be written."""
        self._journal.remember(once, response)

    def tasks(self) -> Sequence[Task]:
        """What is to be done."""
        rows = self._table.query(_HOLD, consistent_read=True)
        holds = ((Hold.model_validate_json(row.body or "{}"), int(row.version or 0)) for row in rows)
        return [Task(hold.case_id, number, hold.held) for hold, number in holds]

    def finish(self, task: Task) -> None:
        """Nothing is left to be done for a hold, unless it was changed meanwhile."""
        row = self._table(pk=_HOLD, sk=task.case_id)
        number = {":number": {"N": str(task.number)}}
        try:
            transact(client_of(self._table), [Write("task", "Delete", row, "version = :number", number)])
        except ConditionFailed:
            return

    def claim(self, path: str, case_id: str) -> None:
        """A case holds an object."""
        self._mark("ADD", path, case_id)

    def let_go(self, path: str, case_id: str) -> bool:
        """A case holds an object no more; whether another does."""
        self._mark("DELETE", path, case_id)
        return self.is_claimed(path)

    def is_claimed(self, path: str) -> bool:
        """Whether any case holds an object."""
        row = self._table.find(f"{_HELD}#{path}", _HELD)
        return bool(row and row.marks)

    def _mark(self, action: str, path: str, case_id: str) -> None:
        row: Row = self._table(pk=f"{_HELD}#{path}", sk=_HELD)
        case = {":case": {"SS": [case_id]}}
        transact(client_of(self._table), [Write("held", "Update", row, None, case, update=f"{action} marks :case")])
