"""Which pushes their senders must decide on: a row for each, in that sender's list (R-HND-4, R-HND-15).

| pk | sk | what |
|---|---|---|
| `case_…` | `decide#push_…` | a push that waits for its sender, in its list; gone once it waits no more |
"""

from collections.abc import Iterator, Mapping, Sequence

from services.handover.domain.cases import CaseFile
from services.handover.domain.ledger import decision_owed_since
from services.handover.ports.cases import Position
from services.handover.store.lists import Waiting, list_writes
from shared.aws.journal import Journal
from shared.aws.listing import read_page
from shared.aws.table import Row
from shared.aws.transactions import Write
from shared.contracts.pushes import Push


class DecisionStore:
    """Pushes by the sender they wait for; see ports.ledger.Decisions."""

    def __init__(self, journal: Journal) -> None:
        self.table = journal.table

    def owed(self, sender: str, *, limit: int, position: Position | None) -> tuple[Sequence[Push], Position | None]:
        """A page of the pushes that a sender must decide on, those that have waited longest first."""
        page = read_page(self.table, _owed(sender), limit=limit, position=position, newest_first=False)
        return [Push.model_validate_json(row.body or "{}") for row in page.rows], page.position


def decision_writes(table: type[Row], file: CaseFile, known: CaseFile) -> Iterator[Write]:
    """What a change of a case changes in the lists of those who must decide."""
    return list_writes(table, file.case.case_id, _waiting(file), _waiting(known))


def _waiting(file: CaseFile) -> Mapping[str, Waiting]:
    waiting = ((push, decision_owed_since(push)) for push in file.pushes)
    return {
        f"decide#{push.push_id}": Waiting(_owed(push.sender), since, push.push_id, push)
        for push, since in waiting
        if since is not None
    }


def _owed(sender: str) -> str:
    return f"decisions#{sender}"
