"""Notices in DynamoDB, and the flags they put on items (R-REG-7).

| pk | sk | what |
|---|---|---|
| `ntc_…` | `head` | the notice and its chain head |
| `ntc_…` | `event#n` | each event; unsent until published |
| `ntc_…` | `due#notice` | what is owed next; in the due index until it is given or recorded as overdue |
| `ntc_…` | `sent`, `received` | pointers: `listing` = `notices#sent#<department>`, `notices#received#<department>` |
| `ntc_…` | `sent#state`, `received#state` | the same by state: `listing` = `notices#sent#<department>#<state>` … |
| `code#<code>` | `public` | the item as it is listed; its `marks` are the ids of open notices |

A mark is added or taken from the row without reading it, so it stays while versions are published, and versions stay
while marks come and go.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence

from services.registry.domain.items import PublishedItem
from services.registry.domain.lists import Listed
from services.registry.domain.notices import NOTICE, NoticeSide, next_due
from services.registry.ports.departments import Position
from services.registry.store.item_keys import PUBLIC, code_key, version_key
from shared.aws.due import due_key, due_row
from shared.aws.journal import Journal
from shared.aws.listing import read_page
from shared.aws.transactions import Write
from shared.contracts.change import Change, Outdated, Stored, Taken
from shared.contracts.departments import Department
from shared.contracts.notices import Notice, NoticeState, RevisedItem
from shared.kernel.clock import to_text
from shared.kernel.ids import is_id


class NoticeStore:
    """Notices on the registry's table; see ports.notices.Notices for what each method promises."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self.table = journal.table

    def department(self, department_id: str) -> Department | None:
        """A department as it stands now (strongly consistent), or None."""
        found = self.journal.read(department_id, Department)
        return found.state if found else None

    def listed(self, codes: Collection[str]) -> Mapping[str, Listed]:
        """What was published of the items that have these codes (strongly consistent), in one batch."""
        keys = {(code_key(code), PUBLIC): code for code in codes}
        rows = self.table.batch_get(list(keys), consistent_read=True)
        return {keys[row.pk, row.sk]: Listed.model_validate_json(row.body) for row in rows if row.body}

    def versions(self, named: Collection[RevisedItem]) -> Mapping[RevisedItem, PublishedItem]:
        """Those of the versions that were made (strongly consistent), in one batch."""
        keys = {(code_key(each.code), version_key(each.version)): each for each in named}
        rows = self.table.batch_get(list(keys), consistent_read=True) if keys else ()
        return {keys[row.pk, row.sk]: PublishedItem.model_validate_json(row.body or "{}") for row in rows}

    def notice(self, notice_id: str) -> Stored[Notice] | None:
        """A notice as it stands now (strongly consistent), or None."""
        return self.journal.read(notice_id, Notice) if is_id(notice_id, "ntc") else None

    def save_notice(self, change: Change[Notice], before: Notice | None) -> None:
        """Write a notice, what it owes by when, its places in the lists, and the flags on its items: all or nothing."""
        notice = change.state
        writes = [*self._due(notice, before), *self._pointers(notice, before), *self._marks(notice, before)]
        try:
            self.journal.commit(change, writes)
        except Taken:
            # An item that was listed when it was read is not any more: look again.
            raise Outdated from None

    def page(
        self, department: str, side: NoticeSide, state: NoticeState | None, limit: int, position: Position | None
    ) -> tuple[Sequence[Notice], Position | None]:
        """One page of a department's notices, newest first: pointers from the index, the notices as they stand now."""
        page = read_page(self.table, _listing(side, department, state), limit=limit, position=position)
        found = self.journal.read_all((row.pk for row in page.rows), Notice)
        notices = [found[row.pk].state for row in page.rows]
        # One that moved on since the index was written is in the other list by now.
        return [each for each in notices if state in {None, each.state}], page.position

    def _due(self, notice: Notice, before: Notice | None) -> Iterator[Write]:
        waiting = next_due(notice)
        if waiting is not None:
            yield Write("due", "Put", due_row(self.table, NOTICE, notice.notice_id, waiting[0]))
        elif before is not None:
            yield Write("due", "Delete", self.table(pk=notice.notice_id, sk=due_key(NOTICE)))

    def _pointers(self, notice: Notice, before: Notice | None) -> Iterator[Write]:
        at = f"{to_text(notice.sent_at)}#{notice.notice_id}"
        for side, department in ((NoticeSide.SENT, notice.sender), (NoticeSide.RECEIVED, notice.bureau)):
            places = {} if before else {side.value: _listing(side, department, None)}
            if before is None or before.state is not notice.state:
                places[f"{side}#state"] = _listing(side, department, notice.state)
            for sort_key, listing in places.items():
                row = self.table(pk=notice.notice_id, sk=sort_key, listing=listing, listing_at=at)
                yield Write(f"pointer:{sort_key}", "Put", row)

    def _marks(self, notice: Notice, before: Notice | None) -> Iterator[Write]:
        if before is None:
            action = "ADD"
        elif notice.state is NoticeState.ANSWERED and before.state is not NoticeState.ANSWERED:
            action = "DELETE"
        else:
            return
        values = {":marks": {"SS": [notice.notice_id]}}
        for code in notice.items:
            row = self.table(pk=code_key(code), sk=PUBLIC)
            # An update of nothing would make a row without an item.
            yield Write(f"mark:{code}", "Update", row, "attribute_exists(pk)", values, {}, f"{action} marks :marks")


def _listing(side: NoticeSide, department: str, state: NoticeState | None) -> str:
    whole = f"notices#{side}#{department}"
    return whole if state is None else f"{whole}#{state}"
