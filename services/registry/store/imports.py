"""Imports in DynamoDB; the file, its rows and what became of them lie in the object store under `imports/<id>/`.

| pk | sk | what |
|---|---|---|
| `imp_…` | `head` | the import and its chain head |
| `imp_…` | `event#n` | each event; unsent until published |
| `imp_…` | `of` | pointer: the import in its bureau's list, `listing` = `imports#of#<department>` |
| `dept_…` | `importing` | lock: the import being applied to the bureau's list; no other write of its items passes |
| `code#<code>` | `code` | reserved: belongs to an item that the import is about to write |

The lock is written with the import's head when applying begins and deleted with it when every draft is written. A
check of it stands in every write of an item (see store.locks), in the import's own as well, so that not even a worker
forgotten by everybody writes once the list was let go.
"""

from collections.abc import Collection, Mapping, Sequence

from services.registry.domain.imports import Import
from services.registry.domain.items import ItemFile
from services.registry.ports.departments import Position
from services.registry.store.item_keys import CODE, code_key
from services.registry.store.items import ItemStore, own_or_free
from services.registry.store.locks import IMPORTING, holder_of, importing_row
from shared.aws.journal import Journal
from shared.aws.listing import read_page
from shared.aws.transactions import ConditionFailed, Write, client_of, put_new, transact
from shared.contracts.change import Change, Stored, Taken
from shared.kernel.errors import Refused
from shared.kernel.ids import is_id


class ImportStore:
    """Imports on the registry's table; see ports.imports.Imports for what each method promises."""

    def __init__(self, journal: Journal, items: ItemStore) -> None:
        self.journal = journal
        self.items = items
        self.table = journal.table

    def import_(self, import_id: str) -> Stored[Import] | None:
        """An import as it stands now (strongly consistent), or None."""
        return self.journal.read(import_id, Import) if is_id(import_id, "imp") else None

    def of_bureau(
        self, bureau: str, limit: int, position: Position | None
    ) -> tuple[Sequence[Stored[Import]], Position | None]:
        """One page of a bureau's imports, newest first."""
        page = read_page(self.table, _list_of(bureau), limit=limit, position=position)
        found = self.journal.read_all((row.pk for row in page.rows), Import)
        return [found[row.pk] for row in page.rows if row.pk in found], page.position

    def save_import(self, change: Change[Import]) -> None:
        """Write an import."""
        self.journal.commit(change, self._listed(change))

    def begin_applying(self, change: Change[Import]) -> None:
        """Write an import that holds its bureau's list from now on. Raises Refused("import_running")."""
        bureau = change.state.bureau
        try:
            self.journal.commit(change, [put_new(IMPORTING, importing_row(self.table, bureau, change.aggregate))])
        except Taken:
            raise Refused("import_running", id=holder_of(self.table, bureau)) from None

    def end_applying(self, change: Change[Import]) -> None:
        """Write an import that lets go of its bureau's list."""
        row = importing_row(self.table, change.state.bureau)
        held = {":import": {"S": change.aggregate}}
        self.journal.commit(change, [Write(IMPORTING, "Delete", row, "#body = :import", held, {"#body": "body"})])

    def holders(self, codes: Collection[str]) -> Mapping[str, str]:
        """The ids of the items that hold some codes, by code (strongly consistent)."""
        by_key = {code_key(code): code for code in codes}
        rows = self.table.batch_get([(key, CODE) for key in by_key], consistent_read=True)
        return {by_key[row.pk]: row.body or "" for row in rows}

    def files(self, item_ids: Collection[str]) -> Mapping[str, Stored[ItemFile]]:
        """Those of the items that exist, as they stand now (strongly consistent)."""
        return self.journal.read_all(item_ids, ItemFile)

    def reserve(self, codes: Mapping[str, str]) -> Collection[str]:
        """Make codes belong to items yet to be written, all or none; those that are others' already."""
        try:
            self._transact([self._claim(code, item_id) for code, item_id in codes.items()])
        except ConditionFailed as failed:
            return failed.labels
        return ()

    def release(self, codes: Mapping[str, str]) -> None:
        """Take back what was reserved for these items, and nothing else."""
        left = {code: self._unclaim(code, item_id) for code, item_id in codes.items()}
        try:
            self._transact(list(left.values()))
        except ConditionFailed as failed:
            self._transact([write for code, write in left.items() if code not in failed.labels])

    def write_draft(self, change: Change[ItemFile], before: ItemFile | None, import_id: str) -> None:
        """Write a draft while the import holds the list, under a code reserved for it. Raises Outdated."""
        self.items.save_item(change, before, by_import=import_id)

    def was_done(self, key: str) -> bool:
        """Whether an act of this key was done (strongly consistent)."""
        return self.journal.answer(key) is not None

    def _listed(self, change: Change[Import]) -> list[Write]:
        if change.before.sequence:
            return []
        bureau, identifier = change.state.bureau, change.aggregate
        row = self.table(pk=identifier, sk="of", listing=_list_of(bureau), listing_at=identifier)
        return [put_new("of", row)]

    def _claim(self, code: str, item_id: str) -> Write:
        row = self.table(pk=code_key(code), sk=CODE, body=item_id)
        return Write(code, "Put", row, *own_or_free(item_id))

    def _unclaim(self, code: str, item_id: str) -> Write:
        return Write(code, "Delete", self.table(pk=code_key(code), sk=CODE), *own_or_free(item_id))

    def _transact(self, writes: Sequence[Write]) -> None:
        if writes:
            transact(client_of(self.table), writes)


def _list_of(bureau: str) -> str:
    return f"imports#of#{bureau}"
