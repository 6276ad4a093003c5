"""The transfer catalogue in DynamoDB (R-REG-8).

| pk | sk | what |
|---|---|---|
| `tra_…` | `head` | the entry and its chain head |
| `tra_…` | `event#n` | each event; unsent until published |
| `tra_…` | `version#n` | each version as it was written, never written again |
| `tra_…` | `list#all`, `list#code`, `list#giver`, `list#taker` | the entry in a list: `transfers#all`, … |
| `transfer#<code>#<day>#<taker>` | `transfer` | which entry records this transfer; there is one |

A row in a list holds the entry, so a page costs one query. The whole list is one list and no shards: people write it by
hand, some hundreds of entries in a city's life, and so it has one order.
"""

from collections.abc import Collection, Iterator, Sequence

from services.registry.domain.transfers import TransferEntry
from services.registry.ports.departments import Position
from shared.aws.journal import Journal
from shared.aws.listing import read_page
from shared.aws.transactions import Write, put_new
from shared.contracts.change import Change, Stored
from shared.contracts.departments import Department
from shared.kernel.ids import is_id

_TRANSFER = "transfer"


class TransferStore:
    """The catalogue on the registry's table; see ports.transfers.Transfers for what each method promises."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self.table = journal.table

    def known_departments(self, department_ids: Collection[str]) -> Collection[str]:
        """Those of the departments that are registered (strongly consistent)."""
        return self.journal.read_all((each for each in department_ids if is_id(each, "dept")), Department).keys()

    def transfer(self, transfer_id: str) -> Stored[TransferEntry] | None:
        """An entry as it stands now (strongly consistent), or None."""
        return self.journal.read(transfer_id, TransferEntry) if is_id(transfer_id, "tra") else None

    def version(self, transfer_id: str, version: int) -> TransferEntry | None:
        """An entry as it was written then, or None."""
        row = self.table.find(transfer_id, _version_key(version)) if is_id(transfer_id, "tra") else None
        return TransferEntry.model_validate_json(row.body or "{}") if row else None

    def entry_of(self, entry: TransferEntry) -> str | None:
        """The id of the entry that records the same transfer (strongly consistent), or None."""
        row = self.table.find(_identity_key(entry), _TRANSFER)
        return row.body if row else None

    def save_transfer(self, change: Change[TransferEntry], before: TransferEntry | None) -> None:
        """Write an entry's next version. Raises Taken when another entry records the same transfer."""
        entry = change.state
        body = entry.model_dump_json()
        version = self.table(pk=entry.transfer_id, sk=_version_key(entry.version), version=entry.version, body=body)
        writes = [put_new("version", version), *self._identity(entry, before), *self._listed(entry, body)]
        self.journal.commit(change, writes)

    def page(
        self, code: str | None, giver: str | None, taker: str | None, limit: int, position: Position | None
    ) -> tuple[Sequence[TransferEntry], Position | None]:
        """One page of the shortest list that holds what is asked for, the latest transfers first."""
        asked = {"code": code, "giver": giver, "taker": taker}
        given = {name: value for name, value in asked.items() if value is not None}
        listing = next((_listing(name, value) for name, value in given.items()), _listing("all"))
        page = read_page(self.table, listing, limit=limit, position=position)
        entries = (TransferEntry.model_validate_json(row.body or "{}") for row in page.rows)
        found = [each for each in entries if all(getattr(each, name) == value for name, value in given.items())]
        return found, page.position

    def _identity(self, entry: TransferEntry, before: TransferEntry | None) -> Iterator[Write]:
        if before is not None and before.identity == entry.identity:
            return
        row = self.table(pk=_identity_key(entry), sk=_TRANSFER, body=entry.transfer_id)
        yield put_new(_TRANSFER, row)
        if before is not None:
            yield Write("transfer:freed", "Delete", self.table(pk=_identity_key(before), sk=_TRANSFER))

    def _listed(self, entry: TransferEntry, body: str) -> Iterator[Write]:
        at = f"{entry.transferred_on.isoformat()}#{entry.transfer_id}"
        lists = {"all": None, "code": entry.code, "giver": entry.giver, "taker": entry.taker}
        for name, value in lists.items():
            listing = _listing(name, value)
            row = self.table(pk=entry.transfer_id, sk=f"list#{name}", body=body, listing=listing, listing_at=at)
            yield Write(f"list:{name}", "Put", row)


def _listing(name: str, value: str | None = None) -> str:
    return f"transfers#{name}" if value is None else f"transfers#{name}#{value}"


def _identity_key(entry: TransferEntry) -> str:
    return f"{_TRANSFER}#{entry.identity}"


def _version_key(version: int) -> str:
    return f"version#{version:06d}"
