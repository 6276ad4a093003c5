"""Items in DynamoDB: files with their chains, versions for ever, and the pointers that lists are read from.

| pk | sk | what |
|---|---|---|
| `item_…` | `head` | the item's draft, consultation, versions in force or to come, and the chain head |
| `item_…` | `event#n` | each event; unsent until published |
| `item_…` | `of` | pointer: the item in its bureau's list, `listing` = `items#of#<department>` |
| `item_…` | `naming#dept_…` | pointer: the same for each supervisor, `listing` = `items#naming#<department>` |
| `item_…` | `asked#dept_…` | pointer: its answer to the draft is awaited, `listing` = `consultations#<department>` |
| `item_…` | `due#consultation` | when the answers still awaited become silence |
| `code#<code>` | `code` | which item holds the code; there is one |
| `code#<code>` | `version#n` | a version, never written again |
| `code#<code>` | `force#<instant>#n` | the same by when it comes into force: the last up to an instant is in force |
| `code#<code>` | `public` | the version in force and those to come; `marks` = open notices that flag the item |
| `code#<code>` | `list#…` | pointers: the item in each public list it is in |
| `dept_…` | `importing` | checked by every write of an item: no import holds the bureau's list (see store.locks) |
| `changes#<month>` | `<instant>#<code>#n` | that a version was made: by whom, why, what it changed in words |

A pointer holds keys and no content, so that a version that changes no list writes none, and a page reads its items in
one batch. A version superseded before it came into force loses its `force` row and stays readable by its number.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from services.registry.domain.changes import ChangeEntry, month_of
from services.registry.domain.consultation import CONSULTATION
from services.registry.domain.items import ItemFile, PublishedItem
from services.registry.domain.lists import Listed
from services.registry.ports.departments import Position
from services.registry.store.item_keys import (
    CODE,
    PUBLIC,
    approved,
    asked_of,
    changes_key,
    code_key,
    force_key,
    naming,
    pointers_of,
    row_of,
    version_key,
)
from services.registry.store.locks import IMPORTING, holder_of, may_write
from shared.aws.due import due_key, due_row
from shared.aws.journal import HEAD, Journal
from shared.aws.listing import read_page
from shared.aws.transactions import NOT_THERE, Write, put_new
from shared.contracts.change import Change, Stored, Taken
from shared.contracts.departments import Department
from shared.kernel.clock import to_text
from shared.kernel.errors import Refused
from shared.kernel.ids import is_id


class ItemStore:
    """Items on the registry's table; see ports.items.Items for what each method promises."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self.table = journal.table

    def departments(self, department_ids: Collection[str]) -> Mapping[str, Stored[Department]]:
        """Those of the departments that exist, as they stand now (strongly consistent)."""
        return self.journal.read_all((each for each in department_ids if is_id(each, "dept")), Department)

    def item(self, item_id: str) -> Stored[ItemFile] | None:
        """An item as it stands now (strongly consistent), or None."""
        return self.journal.read(item_id, ItemFile) if is_id(item_id, "item") else None

    def item_of_code(self, code: str) -> str | None:
        """The id of the item that holds a code (strongly consistent), or None."""
        row = self.table.find(code_key(code), CODE)
        return row.body if row else None

    def of_department(
        self, department: str, *, approving: bool, limit: int, position: Position | None
    ) -> tuple[Sequence[ItemFile], Position | None]:
        """One page of the items a department approves, or of those that name it, oldest first."""
        return self._pointed(approved(department) if approving else naming(department), limit, position)

    def asking(
        self, department: str, limit: int, position: Position | None
    ) -> tuple[Sequence[ItemFile], Position | None]:
        """One page of the items whose drafts await a department's answer, the longest waiting first."""
        return self._pointed(asked_of(department), limit, position)

    def versions(
        self, code: str, limit: int, position: Position | None
    ) -> tuple[Sequence[PublishedItem], Position | None]:
        """One page of an item's versions, newest first (strongly consistent)."""
        found = self.table.query(
            code_key(code),
            self.table.sk.startswith("version#"),
            scan_index_forward=False,
            consistent_read=True,
            limit=limit,
            page_size=limit,
            last_evaluated_key=dict(position) if position else None,
        )
        made = [PublishedItem.model_validate_json(row.body or "{}") for row in found]
        return made, found.last_evaluated_key

    def version(self, code: str, version: int) -> PublishedItem | None:
        """One version, as it was made (strongly consistent), or None."""
        row = row_of(self.table, code, version_key(version))
        return PublishedItem.model_validate_json(row.body or "{}") if row else None

    def save_item(self, change: Change[ItemFile], before: ItemFile | None, *, by_import: str | None = None) -> None:
        """Write whatever makes no version. Raises Taken when its code belongs to another item.

        Raises Refused("import_running") while an import holds the bureau's list, unless it is that import which writes.
        """
        self._commit(change, self._common_writes(change, before, by_import))

    def publish_item(
        self,
        change: Change[ItemFile],
        before: ItemFile | None,
        departments: Collection[Stored[Department]],
        entry: ChangeEntry,
    ) -> None:
        """Write a version: for ever, by its instant, in every list it belongs to, and in the change log.

        `before` None: drafted and published in one act. Raises Outdated when the item, or a department it was judged
        by, changed since it was read (R-ORG-2); Taken when its code belongs to another item.
        """
        published = change.state.published
        if published is None:
            raise ValueError("a publication publishes something")
        self.publish_versions(change, before, [(published, entry)], departments)

    def publish_versions(
        self,
        change: Change[ItemFile],
        before: ItemFile | None,
        made: Sequence[tuple[PublishedItem, ChangeEntry]],
        departments: Collection[Stored[Department]] = (),
    ) -> None:
        """Write several versions of an item, made in one act, the same way; the earliest instant supersedes."""
        first = min(each.item.effective_from for each, _ in made)
        writes = [
            *self._common_writes(change, before),
            *(write for each, entry in made for write in self._version_writes(each, entry)),
            self._public_write(change.state),
            *self._superseded_writes(before, first),
            *(self.journal.unchanged(each.state.department_id, each.head) for each in departments),
        ]
        self._commit(change, writes)

    def _pointed(self, listing: str, limit: int, position: Position | None) -> tuple[list[ItemFile], Position | None]:
        page = read_page(self.table, listing, limit=limit, position=position, newest_first=False)
        rows = self.table.batch_get([(row.pk, HEAD) for row in page.rows]) if page.rows else ()
        files = {row.pk: ItemFile.model_validate_json(row.body or "{}") for row in rows}
        return [files[row.pk] for row in page.rows if row.pk in files], page.position

    def _commit(self, change: Change[ItemFile], writes: Iterable[Write]) -> None:
        try:
            self.journal.commit(change, list(writes))
        except Taken as taken:
            if taken.label == IMPORTING:
                bureau = change.state.newest.approval_department
                raise Refused("import_running", id=holder_of(self.table, bureau)) from None
            raise

    # --- Rows ---

    def _common_writes(
        self, change: Change[ItemFile], before: ItemFile | None, by_import: str | None = None
    ) -> Iterable[Write]:
        yield may_write(self.table, change.state.newest.approval_department, by_import)
        yield from self._code_writes(change, before)
        yield from self._pointer_writes(change.state, before)
        yield from self._due_writes(change.state, before)

    def _code_writes(self, change: Change[ItemFile], before: ItemFile | None) -> Iterable[Write]:
        code = change.state.newest.code
        if before is not None and before.newest.code == code:
            return
        # Free, or reserved for this very item by an import.
        yield Write(
            CODE, "Put", self.table(pk=code_key(code), sk=CODE, body=change.aggregate), *own_or_free(change.aggregate)
        )
        if before is not None:
            yield Write("code:freed", "Delete", self.table(pk=code_key(before.newest.code), sk=CODE))

    def _version_writes(self, made: PublishedItem, entry: ChangeEntry) -> Iterable[Write]:
        item, number = made.item, made.item.version
        pk, body = code_key(item.code), made.model_dump_json()
        yield put_new(f"version:{number}", self.table(pk=pk, sk=version_key(number), version=number, body=body))
        yield put_new(f"force:{number}", self.table(pk=pk, sk=force_key(made), version=number, body=body))
        at = f"{to_text(entry.published_at)}#{entry.code}#{entry.version:06d}"
        row = self.table(pk=changes_key(month_of(entry)), sk=at, body=entry.model_dump_json())
        yield Write(f"entry:{number}", "Put", row)

    def _public_write(self, after: ItemFile) -> Write:
        # An update, since the marks of open notices stand in the same row and stay.
        listed, newest = Listed.of(after.current).model_dump_json(), after.next_version - 1
        values = {":body": {"S": listed}, ":version": {"N": str(newest)}}
        row = self.table(pk=code_key(after.newest.code), sk=PUBLIC)
        return Write(PUBLIC, "Update", row, None, values, {"#body": "body"}, "SET #body = :body, version = :version")

    def _superseded_writes(self, before: ItemFile | None, first: datetime) -> Iterable[Write]:
        for each in before.current if before else ():
            if each.item.effective_from > first:
                row = self.table(pk=code_key(each.item.code), sk=force_key(each))
                yield Write(f"superseded:{each.item.version}", "Delete", row)

    def _due_writes(self, after: ItemFile, before: ItemFile | None) -> Iterable[Write]:
        had, has = _answers_due(before), _answers_due(after)
        if has is not None and has != had:
            yield Write("due", "Put", due_row(self.table, CONSULTATION, after.item_id, has))
        elif has is None and had is not None:
            yield Write("due", "Delete", self.table(pk=after.item_id, sk=due_key(CONSULTATION)))

    def _pointer_writes(self, after: ItemFile, before: ItemFile | None) -> Iterable[Write]:
        had, has = pointers_of(before) if before else {}, pointers_of(after)
        for (pk, sk), (listing, at) in has.items():
            if (pk, sk) not in had or had[pk, sk] != (listing, at):
                row = self.table(pk=pk, sk=sk, listing=listing, listing_at=at)
                yield Write(f"pointer:{pk}/{sk}", "Put", row)
        for pk, sk in had.keys() - has.keys():
            yield Write(f"pointer:{pk}/{sk}", "Delete", self.table(pk=pk, sk=sk))


def own_or_free(item_id: str) -> tuple[str, dict[str, dict[str, str]], dict[str, str]]:
    """The condition under which a code's row may be written for an item."""
    return f"{NOT_THERE} OR #body = :item", {":item": {"S": item_id}}, {"#body": "body"}


def _answers_due(file: ItemFile | None) -> datetime | None:
    consultation = file.consultation if file else None
    return consultation.due_at if consultation and consultation.open else None
