"""Public notices and what is said against them (R-HND-11).

| pk | sk | what |
|---|---|---|
| `case_…` | `head#notices#pnt_…` | a notice, part of its case's file; in the public's list while it is open |
| `obj_…` | `head`, `event#…` | an objection, whole, and its chain |
| `pnt_…` | `objection#obj_…` | the same again, to be counted and read by notice |

An objection is written on condition that its notice's row is open, in one transaction. So from the moment the notice
has ended nothing more is said, and counting what was may be done at any time after.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from services.handover.domain.public_notices import Objection, is_open
from shared.aws.journal import Journal
from shared.aws.parts import part_key
from shared.aws.table import ALL_SHARDS, Row, shard_of
from shared.aws.transactions import Write, put_new
from shared.contracts.change import Change
from shared.contracts.public_notices import PublicNotice
from shared.kernel.clock import to_text
from shared.kernel.ids import case_of

_OBJECTION = "objection#"
_STILL_OPEN = "attribute_exists(listing)"


class PublicNoticeStore:
    """Notices as the public sees them; see ports.public_notices.PublicNotices for what each method promises."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self.table = journal.table

    def notice(self, notice_id: str) -> PublicNotice | None:
        """A notice as it stands now."""
        case_id = case_of(notice_id)
        row = self.table.find(case_id, _key(notice_id)) if case_id else None
        return PublicNotice.model_validate_json(row.body or "{}") if row else None

    def shown(self, *, limit: int, before: str | None) -> tuple[Sequence[PublicNotice], str | None]:
        """A page of the open notices, newest first: the newest of eight lists, so that no partition is hot."""
        rows = [row for shard in ALL_SHARDS for row in self._newest(_shown(shard), limit, before)]
        rows.sort(key=lambda row: row.listing_at or "", reverse=True)
        page = [PublicNotice.model_validate_json(row.body or "{}") for row in islice(rows, limit)]
        return page, rows[limit - 1].listing_at if len(rows) > limit else None

    def file_objection(self, change: Change[Objection]) -> None:
        """Write an objection while its notice is open. Raises Taken when it is not, AlreadyDone."""
        objection = change.state
        notice = self.table(pk=objection.case_id, sk=_key(objection.notice_id))
        still_open = Write("notice", "ConditionCheck", notice, _STILL_OPEN)
        said = self.table(
            pk=objection.notice_id,
            sk=f"{_OBJECTION}{objection.objection_id}",
            body=objection.model_dump_json(),
        )
        self.journal.commit(change, [still_open, put_new("said", said)])

    def objections(
        self, notice_id: str, *, limit: int, position: Mapping[str, Any] | None
    ) -> tuple[Sequence[Objection], Mapping[str, Any] | None]:
        """A page of what was said against a notice, oldest first."""
        found = self.table.query(
            notice_id,
            self.table.sk.startswith(_OBJECTION),
            consistent_read=True,
            limit=limit,
            page_size=limit,
            last_evaluated_key=dict(position) if position else None,
        )
        page = [Objection.model_validate_json(row.body or "{}") for row in found]
        return page, found.last_evaluated_key

    def count(self, notice_id: str, most: int) -> int:
        """How much was said against it; `most` where it is that or more."""
        # The model's own count knows no limit: it counts what its pages hold, and they hold no rows.
        said = self.table.query(
            notice_id,
            self.table.sk.startswith(_OBJECTION),
            consistent_read=True,
            limit=most,
            attributes_to_get=["pk", "sk"],
        )
        return sum(1 for _ in said)

    def _newest(self, listing: str, limit: int, before: str | None) -> Iterator[Row]:
        earlier = self.table.listing_at < before if before else None
        # One more than asked for tells whether there is a next page.
        yield from self.table.listing_index.query(
            listing, earlier, limit=limit + 1, scan_index_forward=False, page_size=limit + 1
        )


def notice_attributes(notice: PublicNotice) -> Mapping[str, Any]:
    """What a notice's row has beside its body: while it is open, its place in the public's list."""
    if not is_open(notice):
        return {}
    listed_at = f"{to_text(notice.opened_at)}#{notice.notice_id}"
    return {"listing": _shown(shard_of(notice.notice_id)), "listing_at": listed_at}


def _shown(shard: str) -> str:
    return f"shown#{shard}"


def _key(notice_id: str) -> str:
    return part_key("notices", notice_id)
