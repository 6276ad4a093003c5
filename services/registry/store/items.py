"""Items in DynamoDB: files with their chains, versions for ever, and the pointers that lists are read from.

| pk | sk | what |
|---|---|---|
| `item_…` | `head` | the item's draft, consultation, versions in force or to come, and the chain head |
| `item_…` | `event#n` | each event; unsent until published |
| `item_…` | `of` | pointer: the item in its bureau's list, `listing` = `items#of#<department>` |
| `item_…` | `naming#dept_…` | pointer: the same for each supervisor, `listing` = `items#naming#<department>` |
| `code#<code>` | `code` | which item holds the code; there is one |
| `code#<code>` | `version#n` | a version, never written again |
| `code#<code>` | `force#<instant>#n` | the same by when it comes into force: the last up to an instant is in force |
| `code#<code>` | `public` | the version in force and those to come; `marks` = open notices that flag the item |
| `code#<code>` | `list#…` | pointers: the item in each public list it is in |
| `changes#<month>` | `<instant>#<code>#n` | that a version was made: by whom, why, what it changed in words |

A pointer holds keys and no content, so that a version that changes no list writes none, and a page reads its items in
one batch. A version superseded before it came into force loses its `force` row and stays readable by its number.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from services.registry.domain.items import ItemFile, PublishedItem
from services.registry.domain.lists import Listed, public_lists
from shared.aws.journal import HEAD, Journal
from shared.aws.table import Row, shard_of
from shared.aws.transactions import Write, put_new
from shared.contracts.change import Change, Outdated, Stored, Taken
from shared.contracts.departments import Department
from shared.kernel.clock import to_text
from shared.kernel.ids import is_id

_CODE = "code"
PUBLIC = "public"
_UNCHANGED = "department:"

Pointers = Mapping[tuple[str, str], tuple[str, str]]
"""Keys of pointer rows, and the list and the place in it that each stands for."""


class ItemStore:
    """Items on the registry's table; see ports.items.Items for what each method promises."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self.table = journal.table

    def departments(self, department_ids: Collection[str]) -> Mapping[str, Stored[Department]]:
        """Those of the departments that exist, as they stand now (strongly consistent)."""
        asked = (each for each in department_ids if is_id(each, "dept"))
        found = {identifier: self.journal.read(identifier, Department) for identifier in asked}
        return {identifier: stored for identifier, stored in found.items() if stored is not None}

    def item(self, item_id: str) -> Stored[ItemFile] | None:
        """An item as it stands now (strongly consistent), or None."""
        return self.journal.read(item_id, ItemFile) if is_id(item_id, "item") else None

    def item_of_code(self, code: str) -> str | None:
        """The id of the item that holds a code (strongly consistent), or None."""
        try:
            return self.table.get(code_key(code), _CODE, consistent_read=True).body
        except self.table.DoesNotExist:
            return None

    def save_item(self, change: Change[ItemFile], before: ItemFile | None) -> None:
        """Write whatever makes no version. Raises Taken when its code belongs to another item."""
        self.journal.commit(change, [*self._code_writes(change, before), *self._pointer_writes(change.state, before)])

    def publish_item(
        self, change: Change[ItemFile], before: ItemFile, departments: Collection[Stored[Department]]
    ) -> None:
        """Write a version: for ever, by its instant, and in every list it belongs to.

        Raises Outdated when the item, or a department it was judged by, changed since it was read (R-ORG-2).
        """
        published = change.state.published
        if published is None:
            raise ValueError("a publication publishes something")
        writes = [
            *self._version_writes(published, change.state),
            *self._superseded_writes(before, change.state),
            *self._pointer_writes(change.state, before),
            *(self._unchanged(department) for department in departments),
        ]
        try:
            self.journal.commit(change, writes)
        except Taken as taken:
            if taken.label.startswith(_UNCHANGED):
                raise Outdated from None
            raise

    # --- Rows ---

    def _code_writes(self, change: Change[ItemFile], before: ItemFile | None) -> Iterable[Write]:
        code = change.state.newest.code
        if before is not None and before.newest.code == code:
            return
        yield put_new(_CODE, self.table(pk=code_key(code), sk=_CODE, body=change.aggregate))
        if before is not None:
            yield Write("code:freed", "Delete", self.table(pk=code_key(before.newest.code), sk=_CODE))

    def _version_writes(self, published: PublishedItem, after: ItemFile) -> Iterable[Write]:
        item = published.item
        pk, body = code_key(item.code), published.model_dump_json()
        yield put_new("version", self.table(pk=pk, sk=version_key(item.version), version=item.version, body=body))
        yield put_new("force", self.table(pk=pk, sk=force_key(published), version=item.version, body=body))
        # An update, since the marks of open notices stand in the same row and stay.
        listed = Listed(versions=after.current).model_dump_json()
        values = {":body": {"S": listed}, ":version": {"N": str(item.version)}}
        row = self.table(pk=pk, sk=PUBLIC)
        yield Write(PUBLIC, "Update", row, None, values, {"#body": "body"}, "SET #body = :body, version = :version")

    def _superseded_writes(self, before: ItemFile, after: ItemFile) -> Iterable[Write]:
        published = after.published
        if published is None:
            return
        for each in before.current:
            if each.item.effective_from > published.item.effective_from:
                row = self.table(pk=code_key(each.item.code), sk=force_key(each))
                yield Write(f"superseded:{each.item.version}", "Delete", row)

    def _pointer_writes(self, after: ItemFile, before: ItemFile | None) -> Iterable[Write]:
        had, has = pointers_of(before) if before else {}, pointers_of(after)
        for (pk, sk), (listing, at) in has.items():
            if (pk, sk) not in had or had[pk, sk] != (listing, at):
                row = self.table(pk=pk, sk=sk, listing=listing, listing_at=at)
                yield Write(f"pointer:{pk}/{sk}", "Put", row)
        for pk, sk in had.keys() - has.keys():
            yield Write(f"pointer:{pk}/{sk}", "Delete", self.table(pk=pk, sk=sk))

    def _unchanged(self, department: Stored[Department]) -> Write:
        return Write(
            f"{_UNCHANGED}{department.state.department_id}",
            "ConditionCheck",
            self.table(pk=department.state.department_id, sk=HEAD),
            "version = :version",
            {":version": {"N": str(department.head.sequence)}},
        )


def pointers_of(file: ItemFile) -> Pointers:
    """Every pointer row an item has: in the lists of the departments it names, and in the public lists."""
    drafted = [file.draft] if file.draft else []
    items = [*(each.item for each in file.current), *drafted]
    bureau = file.newest.approval_department
    naming = {each.department for item in items for each in item.supervisors}
    rows = {(file.item_id, "of"): (f"items#of#{bureau}", file.item_id)}
    rows |= {(file.item_id, f"naming#{each}"): (f"items#naming#{each}", file.item_id) for each in naming}
    code = file.newest.code
    for name, listing in public_lists(shard_of(code), file.current).items():
        rows[code_key(code), f"list#{name}"] = (listing, code)
    return rows


def code_key(code: str) -> str:
    """Where everything found by a code lies."""
    return f"{_CODE}#{code}"


def version_key(version: int) -> str:
    """Where one version lies."""
    return f"version#{version:06d}"


def force_key(published: PublishedItem) -> str:
    """Where a version lies by when it comes into force."""
    return f"force#{to_text(published.item.effective_from)}#{published.item.version:06d}"


def force_until(at: datetime) -> str:
    """Up to where the versions lie that have come into force by an instant."""
    return f"force#{to_text(at)}#~"


def row_of(table: type[Row], code: str, sk: str) -> Row | None:
    """One row found by a code (strongly consistent), or None."""
    try:
        return table.get(code_key(code), sk, consistent_read=True)
    except table.DoesNotExist:
        return None
