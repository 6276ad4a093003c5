"""Credit's rows.

| pk | sk | what |
|---|---|---|
| record id | `head`, `event#…` | a record and its chain (Journal) |
| `subject#code` | `record#day#record id` | the record in its subject's file |
| lookup id | `head`, `event#…` | a lookup with its answer and its chain of one (Journal) |
| lookup id | `listed` | the lookup among its subject's, `listing` = `lookups#code` |

`code` is a credit identifier, or the keyed hash of a citizen id (R-CRD-1).
"""

from collections.abc import Sequence

from services.credit.domain.lookups import LoggedLookup, LookupAnswer, logged
from services.credit.ports import Position
from shared.aws.journal import Journal
from shared.aws.listing import read_page
from shared.aws.transactions import Write
from shared.contracts.change import Change, Context, Stored
from shared.contracts.credit import CreditRecord
from shared.kernel.clock import to_text
from shared.kernel.ids import is_id

RECORD = "record#"
LISTED = "listed"


class CreditStore:
    """Files and lookups on credit's own table."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self.table = journal.table

    def file(self, subject: str) -> Sequence[CreditRecord]:
        """All records of a subject, strongly consistent, by one query."""
        rows = self.table.query(_file(subject), self.table.sk.startswith(RECORD), consistent_read=True)
        return tuple(CreditRecord.model_validate_json(row.body or "{}") for row in rows)

    def file_page(
        self, subject: str, limit: int, position: Position | None
    ) -> tuple[Sequence[CreditRecord], Position | None]:
        """One page of a subject's records, newest decision first, and where the next page starts."""
        found = self.table.query(
            _file(subject),
            self.table.sk.startswith(RECORD),
            consistent_read=True,
            scan_index_forward=False,
            limit=limit,
            page_size=limit,
            last_evaluated_key=dict(position) if position else None,
        )
        records = tuple(CreditRecord.model_validate_json(row.body or "{}") for row in found)
        return records, found.last_evaluated_key

    def record(self, record_id: str) -> Stored[CreditRecord] | None:
        """A record as it stands now, or None."""
        return self.journal.read(record_id, CreditRecord)

    def save_record(self, change: Change[CreditRecord]) -> None:
        """Write a record, its event and its place in the subject's file. Raises AlreadyDone, Outdated."""
        record = change.state
        row = self.table(
            pk=_file(record.subject),
            sk=f"{RECORD}{record.decided_on.isoformat()}#{record.record_id}",
            body=record.model_dump_json(),
        )
        self.journal.commit(change, [Write("file", "Put", row)])

    def note_seen(self, context: Context) -> None:
        """Remember that an event was consumed and changed nothing. Raises AlreadyDone."""
        if context.once is None:
            raise ValueError("only a consumed event is noted as seen; this context names none")
        self.journal.keep(context.once, [])

    def lookup(self, lookup_id: str) -> Stored[LookupAnswer] | None:
        """A lookup with its answer, or None."""
        return self.journal.read(lookup_id, LookupAnswer) if is_id(lookup_id, "lookup") else None

    def save_lookup(self, change: Change[LookupAnswer]) -> None:
        """Write a lookup, its event and its place in the list of the subject's. Raises AlreadyDone."""
        answer = change.state
        row = self.table(
            pk=answer.lookup_id,
            sk=LISTED,
            body=logged(answer).model_dump_json(),
            listing=_lookups(answer.subject),
            listing_at=f"{to_text(answer.looked_up_at)}#{answer.lookup_id}",
        )
        self.journal.commit(change, [Write("listed", "Put", row)])

    def lookups_page(
        self, subject: str, limit: int, position: Position | None
    ) -> tuple[Sequence[LoggedLookup], Position | None]:
        """One page of the lookups made of a subject, newest first; eventually consistent."""
        page = read_page(self.table, _lookups(subject), limit=limit, position=position)
        return tuple(LoggedLookup.model_validate_json(row.body or "{}") for row in page.rows), page.position


def _file(subject: str) -> str:
    return f"subject#{subject}"


def _lookups(subject: str) -> str:
    return f"lookups#{subject}"
