"""Deadlines in DynamoDB: a row `due#<kind>` beside whatever waits, in the sparse index only while it waits."""

from collections.abc import Iterator
from datetime import datetime

from services.registry.ports.due import Owed
from shared.aws.journal import Journal
from shared.aws.listing import read_due
from shared.aws.table import Row, shard_of
from shared.kernel.clock import to_text

_DUE = "due#"


class DeadlineStore:
    """Deadlines of every kind on the registry's table; see ports.due.Deadlines for what it promises."""

    def __init__(self, journal: Journal) -> None:
        self.table = journal.table

    def due(self, now: datetime) -> Iterator[Owed]:
        """What is due, oldest first within each shard of the index."""
        return (Owed(row.sk.removeprefix(_DUE), row.pk) for row in read_due(self.table, now))


def due_row(table: type[Row], kind: str, subject: str, at: datetime) -> Row:
    """The row that makes `subject` due at an instant; delete it by its keys when nothing is owed any more."""
    return table(pk=subject, sk=due_key(kind), due_shard=shard_of(subject), due_at=to_text(at))


def due_key(kind: str) -> str:
    """The sort key of a deadline of one kind; a thing waits for one instant of each kind at a time."""
    return f"{_DUE}{kind}"
