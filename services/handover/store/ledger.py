"""The lists of the ledger in DynamoDB, on the base table: written once with the case, read strongly consistent.

| pk | sk | what |
|---|---|---|
| `ledger#<kind>#<of>#<YYYY-MM>` | `<time>#case_…` or `<time>#push_…` | a case, or a push, in a list cut at months |
| `ledger#<kind>#<keyed hash>` | `<time>#case_…` | a case under its number, or its applicant's code or name |

A masked citizen id has so little entropy that a plain hash of it would be as good as the id: the hash is keyed.
"""

import hmac
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta

from services.handover.domain.cases import CaseFile
from services.handover.domain.ledger import HASHED, MONTHLY, List, entries
from services.handover.ports.ledger import Place, Pointer
from shared.aws.journal import Journal
from shared.aws.table import Row
from shared.aws.transactions import Write, put_new
from shared.kernel.calendar import beijing_date
from shared.kernel.clock import to_text

MOST_MONTHS = 24
"""How many months one reading goes through, since most may be empty."""

Key = Callable[[], bytes]
"""The key of hashes, fetched when it is first needed."""


def ledger_writes(table: type[Row], key: Key, file: CaseFile, before: CaseFile | None) -> Iterator[Write]:
    """What a change enters into the lists."""
    for entry in entries(file, before):
        month = _month(beijing_date(entry.at)) if entry.list.kind in MONTHLY else ""
        pk = _list_key(key, entry.list, month)
        yield put_new(f"{pk}#{entry.identifier}", table(pk=pk, sk=f"{to_text(entry.at)}#{entry.identifier}"))


class LedgerStore:
    """The lists of the ledger on handover's table; see ports.ledger.Lists for what each method promises."""

    def __init__(self, journal: Journal, key: Key) -> None:
        self.table = journal.table
        self.key = key

    def pointers(
        self, which: List, since: datetime, until: datetime, *, place: Place | None, limit: int
    ) -> tuple[Sequence[Pointer], Place | None]:
        """Some entries of a time, the newest first, and where to go on; None at the end."""
        found: list[Pointer] = []
        months = _months(since, until) if which.kind in MONTHLY else iter([""])
        left = (month for month in months if place is None or month <= place.month)
        for number, month in enumerate(left):
            if number == MOST_MONTHS:
                return found, Place(month=month)
            before = place.before if place is not None and month == place.month else ""
            pk = _list_key(self.key, which, month)
            rows = self.table.query(
                pk,
                self.table.sk.between(to_text(since), to_text(until)),
                scan_index_forward=False,
                consistent_read=True,
                limit=limit - len(found),
                last_evaluated_key={"pk": {"S": pk}, "sk": {"S": before}} if before else None,
            )
            found += [Pointer(row.sk.partition("#")[2], Place(month=month, before=row.sk)) for row in rows]
            if len(found) == limit:
                return found, found[-1].place
        return found, None


def _list_key(key: Key, which: List, month: str) -> str:
    of = which.of
    if which.kind in HASHED:
        of = hmac.new(key(), f"{which.kind}#{of}".encode(), "sha256").hexdigest()
    return "#".join(each for each in ("ledger", which.kind.value, of, month) if each)


def _months(since: datetime, until: datetime) -> Iterator[str]:
    """The months of a time, the latest first."""
    first, day = beijing_date(since), beijing_date(until - timedelta(milliseconds=1))
    while _month(day) >= _month(first):
        yield _month(day)
        day = day.replace(day=1) - timedelta(days=1)


def _month(day: date) -> str:
    return day.isoformat()[:7]
