"""Which cases wait for a year's official calendar: a sparse row for each, in shards of the due index (R-HND-14).

| pk | sk | what |
|---|---|---|
| `case_…` | `due#calendar` | in `calendar#<shard>` of the due index, at the year it waits for |

The year is the range key, so one query of each shard finds everything that waits for a year announced by now, even if
two were announced since it was last asked; and nothing else is read.
"""

from collections.abc import Iterator
from datetime import datetime

from services.handover.domain.announced import CALENDAR, awaited
from services.handover.domain.cases import CaseFile
from shared.aws.due import Owed, due_key
from shared.aws.journal import Journal
from shared.aws.table import ALL_SHARDS, Row, shard_of
from shared.aws.transactions import ConditionFailed, Write, client_of, transact
from shared.kernel.calendar import official_until


class CalendarStore:
    """Cases by the calendar they wait for, as deadlines of the kind `calendar`."""

    def __init__(self, journal: Journal) -> None:
        self.table = journal.table

    def due(self, now: datetime) -> Iterator[Owed]:
        """Every case that waits for a year whose calendar is announced; `now` decides nothing."""
        del now
        announced = str(official_until().year)
        for shard in ALL_SHARDS:
            for row in self.table.due_index.query(f"{CALENDAR}#{shard}", self.table.due_at <= announced):
                yield Owed(CALENDAR, row.pk)

    def put_off(self, owed: Owed, now: datetime, until: datetime) -> None:
        """Nothing: a run sees everything that waits, so that what fails hides nothing."""

    def wait_on(self, case_id: str, year: int | None) -> None:
        """Let a case wait for a later year, or (None) for none; nothing where it has come to wait for one meanwhile."""
        seen = {":announced": {"S": str(official_until().year)}}
        row = _row(self.table, case_id, year) if year else self.table(pk=case_id, sk=due_key(CALENDAR))
        write = Write(CALENDAR, "Put" if year else "Delete", row, "due_at <= :announced", seen)
        try:
            transact(client_of(self.table), [write])
        except ConditionFailed:
            return


def calendar_writes(table: type[Row], file: CaseFile, before: CaseFile | None) -> Iterator[Write]:
    """What a change of a case changes in what it waits for."""
    year, was = awaited(file), awaited(before) if before else None
    if year is not None and was is None:
        yield Write(CALENDAR, "Put", _row(table, file.case.case_id, year))
    elif year is None and was is not None:
        yield Write(CALENDAR, "Delete", table(pk=file.case.case_id, sk=due_key(CALENDAR)))


def _row(table: type[Row], case_id: str, year: int) -> Row:
    return table(pk=case_id, sk=due_key(CALENDAR), due_shard=f"{CALENDAR}#{shard_of(case_id)}", due_at=str(year))
