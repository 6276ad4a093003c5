"""The registry's rows: departments and items with their chains, and what the lists are read from.

| pk | sk | what |
|---|---|---|
| `dept_…`, `item_…` | `head` | the department, or the item's draft and last publication, with the chain head |
| `dept_…`, `item_…` | `event#n` | each event; unsent until published |
| `dept_…` | `listed` | the department in the list of departments |
| `code#<code>` | `code` | which item holds the code; there is one |
| `code#<code>` | `version#n` | a published version, never written again |
| `code#<code>` | `public` | the version published last, in the public list |
| `code#<code>` | `public#dept_…` | the same in the list of each department it names |

The two whole lists are spread over the index's shards, so that publishing thousands of items at once never throttles
the table by one hot index partition. A page walks the shards one after another: mostly one query a page.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TypeVar

from pydantic import BaseModel

from services.registry.domain import SOURCE, ItemFile, PublishedItem, departments_of
from services.registry.ports import Position
from shared.aws.journal import HEAD, Journal
from shared.aws.listing import read_page
from shared.aws.table import SHARDS, Row, shard_of
from shared.aws.transactions import Write, put_new
from shared.contracts.change import Change, Outdated, Stored, Taken
from shared.contracts.registry import Department
from shared.kernel.ids import is_id

M = TypeVar("M", bound=BaseModel)

LONGEST_CODE = 64

_DEPARTMENTS = "departments"
_ITEMS = "items"
_CODE = "code"
_UNCHANGED = "department:"


class RegistryStore:
    """The registry on one DynamoDB table."""

    def __init__(self, table: type[Row]) -> None:
        self.table = table
        self.journal = Journal(table, SOURCE)

    # --- Departments ---

    def department(self, department_id: str) -> Stored[Department] | None:
        """A department as it stands now (strongly consistent), or None."""
        return self.journal.read(department_id, Department) if is_id(department_id, "dept") else None

    def departments(self, department_ids: Collection[str]) -> Mapping[str, Stored[Department]]:
        """Those of the departments that exist, as they stand now (strongly consistent)."""
        found = {identifier: self.department(identifier) for identifier in department_ids}
        return {identifier: stored for identifier, stored in found.items() if stored is not None}

    def save_department(self, change: Change[Department]) -> None:
        """Write a registration or an edit with its place in the list."""
        row = self.table(
            pk=change.aggregate,
            sk="listed",
            version=change.state.version,
            body=change.state.model_dump_json(),
            listing=f"{_DEPARTMENTS}#{shard_of(change.aggregate)}",
            listing_at=change.aggregate,
        )
        # The head guards the transaction; the row in the list needs no condition of its own.
        self.journal.commit(change, [Write("listed", "Put", row)])

    def list_departments(self, limit: int, position: Position | None) -> tuple[Sequence[Department], Position | None]:
        """One page of all departments, in a stable order."""
        rows, following = self._walk(_DEPARTMENTS, limit, position)
        return [Department.model_validate_json(row.body or "{}") for row in rows], following

    # --- Items ---

    def item(self, item_id: str) -> Stored[ItemFile] | None:
        """An item as it stands now (strongly consistent), or None."""
        return self.journal.read(item_id, ItemFile) if is_id(item_id, "item") else None

    def item_of_code(self, code: str) -> str | None:
        """The id of the item that holds a code, or None."""
        row = self._code_row(code, _CODE)
        return row.body if row else None

    def save_item(self, change: Change[ItemFile], before: ItemFile | None) -> None:
        """Write a draft. Raises Taken when its code belongs to another item."""
        self.journal.commit(change, self._code_writes(change, before))

    def publish_item(
        self, change: Change[ItemFile], before: ItemFile, departments: Collection[Stored[Department]]
    ) -> None:
        """Write a publication: the version for ever, and its place in every list.

        Raises Outdated when the item, or a department it was judged by, changed since it was read (R-ORG-2).
        """
        published = change.state.published
        if published is None:
            raise ValueError("a publication publishes something")
        writes = [
            *self._published_writes(published),
            *self._withdrawn_writes(before.published, published),
            *(self._unchanged(department) for department in departments),
        ]
        try:
            self.journal.commit(change, writes)
        except Taken as taken:
            if taken.label.startswith(_UNCHANGED):
                raise Outdated from None
            raise

    # --- The published list ---

    def published(self, code: str) -> PublishedItem | None:
        """The version of an item that was published last, or None."""
        return _read(self._code_row(code, "public"), PublishedItem)

    def published_version(self, code: str, version: int) -> PublishedItem | None:
        """One version, as it was published, or None."""
        return _read(self._code_row(code, _version_key(version)), PublishedItem)

    def list_published(
        self, department: str | None, limit: int, position: Position | None
    ) -> tuple[Sequence[PublishedItem], Position | None]:
        """One page of the published list: whole, or the items that name a department; in a stable order."""
        if department is None:
            rows, following = self._walk(_ITEMS, limit, position)
        else:
            page = read_page(self.table, f"{_ITEMS}#{department}", limit=limit, position=position, newest_first=False)
            rows, following = list(page.rows), page.position
        return [PublishedItem.model_validate_json(row.body or "{}") for row in rows], following

    # --- Rows ---

    def _code_row(self, code: str, sk: str) -> Row | None:
        if len(code) > LONGEST_CODE:
            return None
        try:
            return self.table.get(f"{_CODE}#{code}", sk, consistent_read=True)
        except self.table.DoesNotExist:
            return None

    def _code_writes(self, change: Change[ItemFile], before: ItemFile | None) -> list[Write]:
        code = change.state.newest.code
        if before is not None and before.newest.code == code:
            return []
        writes = [put_new(_CODE, self.table(pk=f"{_CODE}#{code}", sk=_CODE, body=change.aggregate))]
        if before is not None:
            freed = self.table(pk=f"{_CODE}#{before.newest.code}", sk=_CODE)
            writes.append(Write("code:freed", "Delete", freed))
        return writes

    def _published_writes(self, published: PublishedItem) -> Iterable[Write]:
        item = published.item
        pk = f"{_CODE}#{item.code}"
        body = published.model_dump_json()
        version = self.table(pk=pk, sk=_version_key(item.version), version=item.version, body=body)
        yield put_new("version", version)
        for sk, listing in _listings(published).items():
            row = self.table(pk=pk, sk=sk, version=item.version, body=body, listing=listing, listing_at=item.code)
            yield Write(sk, "Put", row)

    def _withdrawn_writes(self, before: PublishedItem | None, after: PublishedItem) -> Iterable[Write]:
        if before is None:
            return
        for sk in _listings(before).keys() - _listings(after).keys():
            yield Write(sk, "Delete", self.table(pk=f"{_CODE}#{after.item.code}", sk=sk))

    def _unchanged(self, department: Stored[Department]) -> Write:
        return Write(
            f"{_UNCHANGED}{department.state.department_id}",
            "ConditionCheck",
            self.table(pk=department.state.department_id, sk=HEAD),
            "version = :version",
            {":version": {"N": str(department.head.sequence)}},
        )

    def _walk(self, listing: str, limit: int, position: Position | None) -> tuple[list[Row], Position | None]:
        """One page of a list spread over the shards, shard after shard."""
        shard, after = (int(position["shard"]), position["after"]) if position else (0, None)
        rows: list[Row] = []
        while shard < SHARDS and len(rows) < limit:
            page = read_page(
                self.table, f"{listing}#{shard}", limit=limit - len(rows), position=after, newest_first=False
            )
            rows += page.rows
            after = page.position
            shard += after is None
        return rows, {"shard": shard, "after": after} if shard < SHARDS else None


def _listings(published: PublishedItem) -> dict[str, str]:
    """The row for each list a publication is in, and that list."""
    item = published.item
    departments = set(departments_of(item).values())
    own = {f"public#{department}": f"{_ITEMS}#{department}" for department in departments}
    return {"public": f"{_ITEMS}#{shard_of(item.code)}"} | own


def _version_key(version: int) -> str:
    return f"version#{version:06d}"


def _read(row: Row | None, model: type[M]) -> M | None:
    return model.model_validate_json(row.body or "{}") if row else None
