"""Who waits for news of the registry, and who is to be woken by it (R-HND-15).

| pk | sk | what |
|---|---|---|
| `waits#<subject>` | `unr_…` | an unrouted part that waits for an item or a department, until it is placed |
| `wake#<subject>#<version>` | `due#wake` | the list is to be walked once the version is in force; how far it was |

No news is missed: a part is left waiting only while what it was judged by is as it was read, and whatever makes it
another writes a wake row in the same transaction. So a part is in the list before it is walked, or is judged anew.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

from services.handover.domain.waits import WAKE, Wait
from services.handover.ports.waits import Walk
from shared.aws.due import due_key, due_row
from shared.aws.journal import Journal
from shared.aws.table import Row
from shared.aws.transactions import ConditionFailed, Write, client_of, transact


def wake_row(table: type[Row], subject: str, version: int, at: datetime) -> Row:
    """The row that has a subject's list walked, from an instant on."""
    return due_row(table, WAKE, _wake(subject, version), at)


def wait_writes(journal: Journal, waits: Sequence[Wait]) -> Iterator[Write]:
    """What leaves parts waiting, on condition that everything they were judged by is as it was read."""
    seen = {each.subject: each for wait in waits for each in wait.seen}
    for each in seen.values():
        yield journal.as_read(each.subject, "known", each.version)
        for version in each.upcoming:
            yield journal.still_there(_wake(each.subject, version), due_key(WAKE))
    for wait in waits:
        for subject in {each.subject for each in wait.seen}:
            key = _waits(subject)
            yield Write(f"{key}#{wait.unrouted_id}", "Put", journal.table(pk=key, sk=wait.unrouted_id))


class WaitStore:
    """Waiting parts on handover's table; see ports.waits.Waits for what each method promises."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self.table = journal.table

    def walk(self, wake: str) -> Walk | None:
        """How far the walk that a wake row asks for has come, or None where it is over."""
        row = self.table.find(wake, due_key(WAKE))
        return Walk.model_validate_json(row.body or "{}") if row else None

    def waiting(self, wake: str, after: str, limit: int) -> Sequence[str]:
        """The next parts in the list of a wake's subject."""
        rows = self.table.query(
            _waits(_subject(wake)), self.table.sk > after, consistent_read=True, limit=limit, page_size=limit
        )
        return [row.sk for row in rows]

    def keep(self, waits: Sequence[Wait]) -> bool:
        """Leave parts waiting for what else they were judged by; False when that has changed meanwhile."""
        try:
            transact(client_of(self.table), list(wait_writes(self.journal, waits)))
        except ConditionFailed:
            return False
        return True

    def forget(self, wake: str, unrouted_id: str) -> None:
        """A part that is placed waits no more."""
        self.table(pk=_waits(_subject(wake)), sk=unrouted_id).delete()

    def go_on(self, wake: str, walk: Walk) -> None:
        """Note how far a walk has come, unless it is over."""
        body = {":body": {"S": walk.model_dump_json()}}
        row = self.table(pk=wake, sk=due_key(WAKE))
        try:
            noted = Write("wake", "Update", row, "attribute_exists(pk)", body, update="SET body = :body")
            transact(client_of(self.table), [noted])
        except ConditionFailed:
            return

    def end(self, wake: str) -> None:
        """The list was walked to its end."""
        self.table(pk=wake, sk=due_key(WAKE)).delete()


def _wake(subject: str, version: int) -> str:
    return f"{WAKE}#{subject}#{version:06d}"


def _subject(wake: str) -> str:
    return wake.removeprefix(f"{WAKE}#").rpartition("#")[0]


def _waits(subject: str) -> str:
    return f"waits#{subject}"
