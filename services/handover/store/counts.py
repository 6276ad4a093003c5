"""How many pushes each department has in each state, and how many it must decide on (R-HND-15, R-HND-16).

They are counted as they change, never by reading them.

| pk | sk | what |
|---|---|---|
| `count#<department>` | `<state>#<shard>` | `version` is the number; a case always counts in the same shard |
| `count#decide#<department>` | `<shard>` | the same of the decisions that the department owes as a sender |

The numbers are added to in the transaction that changes the pushes: they are exact. Shards keep two cases that change
at once from getting in each other's way.
"""

import zlib
from collections import Counter
from collections.abc import Iterator, Mapping

from services.handover.domain.cases import CaseFile
from services.handover.domain.ledger import counted, decisions_counted
from shared.aws.journal import Journal
from shared.aws.table import Row
from shared.aws.transactions import Write
from shared.contracts.vocabulary import PushState

SHARDS = 16


def count_writes(table: type[Row], file: CaseFile, before: CaseFile | None) -> Iterator[Write]:
    """What a change adds to the counts and takes from them."""
    shard = f"{zlib.crc32(file.case.case_id.encode()) % SHARDS:02d}"
    for (department, state), change in counted(file, before).items():
        yield _added(table(pk=f"count#{department}", sk=f"{state}#{shard}"), change)
    for sender, change in decisions_counted(file, before).items():
        yield _added(table(pk=_decisions(sender), sk=shard), change)


def _added(row: Row, change: int) -> Write:
    values = {":change": {"N": str(change)}}
    return Write(f"{row.pk}#{row.sk}", "Update", row, values=values, update="ADD version :change")


def _decisions(sender: str) -> str:
    return f"count#decide#{sender}"


class CountStore:
    """Counts on handover's table; see ports.ledger.Counts for what each method promises."""

    def __init__(self, journal: Journal) -> None:
        self.table = journal.table

    def counts(self, department: str) -> Mapping[PushState, int]:
        """A department's counts, in one query; states of which it has none are left out."""
        found: Counter[PushState] = Counter()
        for row in self.table.query(f"count#{department}", consistent_read=True):
            found[PushState(row.sk.partition("#")[0])] += int(row.version or 0)
        return {state: number for state, number in found.items() if number}

    def decisions_owed(self, sender: str) -> int:
        """How many pushes a sender must decide on, in one query."""
        return sum(int(row.version or 0) for row in self.table.query(_decisions(sender), consistent_read=True))
