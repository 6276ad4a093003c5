"""The registry's past in DynamoDB: found by the lists of departments, items and notices, never by a scan."""

from collections.abc import Sequence

from services.registry.ports.departments import Position
from services.registry.store.departments import DEPARTMENTS
from services.registry.store.shards import walk
from shared.aws.journal import Journal
from shared.aws.listing import read_page
from shared.contracts.event import Event


class PastStore:
    """What the registry once told; see ports.republication.Past for what each method promises."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self.table = journal.table

    def departments(self, limit: int, position: Position | None) -> tuple[Sequence[str], Position | None]:
        """Ids of departments, in a stable order."""
        rows, following = walk(self.table, DEPARTMENTS, limit, position)
        return [row.pk for row in rows], following

    def of_department(
        self, listing: str, department: str, limit: int, position: Position | None
    ) -> tuple[Sequence[str], Position | None]:
        """Ids of what a department's list of a kind holds, in a stable order."""
        page = read_page(self.table, f"{listing}#{department}", limit=limit, position=position, newest_first=False)
        return [row.pk for row in page.rows], page.position

    def events(self, aggregate: str) -> Sequence[Event]:
        """The chain of one of them (strongly consistent)."""
        return [each for each in self.journal.past(aggregate) if isinstance(each, Event)]
