"""Handover's rows: cases with their chains, index rows for inboxes and deadlines, and what we keep of the registry.

| pk | sk | what |
|---|---|---|
| `case_…` | `head` | the case file, its version and chain head |
| `case_…` | `event#n` | each event; unsent until published |
| `case_…` | `push#push_…` | one push, listed in its department's inbox and in the due index while unclaimed |
| `case_…` | `unrouted#stage#n` | what waits for the bureau's coordinator |
| `number#<bureau>#<hash>` | `case` | the bureau's own number, once, however it was typed |
| `item#<code>` | `version#n` | a published version of an item |
| `department#<id>` | `known` | a department and its liaisons |
"""

import unicodedata
from collections.abc import Iterable, Sequence
from datetime import datetime

from services.handover.domain.cases import CaseFile, Unrouted
from services.handover.domain.pushes import LAPSING, UNCLAIMED
from services.handover.ports import Position
from shared.aws.journal import Journal
from shared.aws.listing import read_due, read_page
from shared.aws.table import Row, shard_of
from shared.aws.transactions import Write, put_new, put_newer
from shared.contracts.change import Change, Context, Outdated, Stored, Taken
from shared.contracts.departments import Department
from shared.contracts.event import Event
from shared.contracts.handover import Push
from shared.contracts.items import Item
from shared.contracts.model import LONGEST_CODE
from shared.kernel.canonical import sha256_hex
from shared.kernel.clock import to_text

_NUMBER = "number"
_PUSH = "push#"


class HandoverStore:
    """The store on one DynamoDB table."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self.table = journal.table

    def case(self, case_id: str) -> Stored[CaseFile] | None:
        """A case as it stands now, strongly consistent."""
        return self.journal.read(case_id, CaseFile)

    def case_by_number(self, bureau: str, case_number: str) -> Stored[CaseFile] | None:
        """The case a bureau knows by its own number, strongly consistent."""
        row = self.table.find(number_key(bureau, case_number), "case")
        return self.case(row.body or "") if row else None

    def events(self, case_id: str) -> Sequence[Event]:
        """The case's chain, strongly consistent."""
        return list(self.journal.events(case_id))

    def save(self, change: Change[CaseFile], before: CaseFile | None) -> None:
        """Write a change and every index row it touches in one transaction."""
        known = before or CaseFile(case=change.state.case)
        writes = [
            *self._number_row(change, before),
            *(self._push_row(push) for push in change.state.pushes if push not in known.pushes),
            *self._unrouted_rows(change.state, known),
        ]
        try:
            self.journal.commit(change, writes)
        except Taken as taken:
            # Somebody recorded the same case number a moment ago: read it and decide again.
            if taken.label == _NUMBER:
                raise Outdated from None
            raise

    def item_in_force(self, code: str, at: datetime) -> Item | None:
        """The version of an item in force at an instant, or None (R-REG-4)."""
        if len(code) > LONGEST_CODE:
            return None  # it is no code, and may be too long for a key
        versions = self.table.query(
            f"item#{code}",
            self.table.sk.startswith("version#"),
            scan_index_forward=False,
            consistent_read=True,
            page_size=2,
        )
        items = (Item.model_validate_json(row.body or "{}") for row in versions)
        return next((item for item in items if item.effective_from <= at), None)

    def departments(self, identifiers: Iterable[str]) -> Sequence[Department]:
        """What is known of these departments; those never heard of are left out."""
        keys = [(f"department#{identifier}", "known") for identifier in identifiers]
        if not keys:
            return []
        rows = self.table.batch_get(keys, consistent_read=True)
        return [Department.model_validate_json(row.body or "{}") for row in rows]

    def keep_item(self, item: Item, context: Context) -> None:
        """Keep a published version, once per event."""
        row = self.table(
            pk=f"item#{item.code}",
            sk=f"version#{item.version:06d}",
            version=item.version,
            body=item.model_dump_json(),
        )
        self.journal.keep(context.event, [put_newer("item", row)])

    def keep_department(self, department: Department, context: Context) -> None:
        """Keep a department unless a newer version is known, once per event."""
        row = self.table(
            pk=f"department#{department.department_id}",
            sk="known",
            version=department.version,
            body=department.model_dump_json(),
        )
        self.journal.keep(context.event, [put_newer("department", row)])

    def inbox(
        self, department: str, *, claimed: bool, limit: int, position: Position | None
    ) -> tuple[Sequence[Push], Position | None]:
        """One page of a department's pushes, newest first, and where the next page starts."""
        page = read_page(self.table, _inbox(department, claimed=claimed), limit=limit, position=position)
        return [Push.model_validate_json(row.body or "{}") for row in page.rows], page.position

    def unrouted(
        self, bureau: str, *, limit: int, position: Position | None
    ) -> tuple[Sequence[Unrouted], Position | None]:
        """One page of what waits for a bureau's coordinator, oldest first."""
        page = read_page(self.table, f"unrouted#{bureau}", limit=limit, position=position, newest_first=False)
        return [Unrouted.model_validate_json(row.body or "{}") for row in page.rows], page.position

    def due(self, now: datetime) -> Iterable[str]:
        """The ids of pushes whose claim limit has passed and which were unclaimed when last written."""
        # Nothing is parsed here: a row nobody can read must not hold up the pushes behind it.
        return (row.sk.removeprefix(_PUSH) for row in read_due(self.table, now))

    def _number_row(self, change: Change[CaseFile], before: CaseFile | None) -> list[Write]:
        if before is not None:
            return []
        case = change.state.case
        key = number_key(case.bureau, case.case_number)
        return [put_new(_NUMBER, self.table(pk=key, sk="case", body=case.case_id))]

    def _push_row(self, push: Push) -> Write:
        # The case's head guards the transaction, so its pushes need no condition of their own.
        row = self.table(
            pk=push.case_id,
            sk=f"{_PUSH}{push.push_id}",
            body=push.model_dump_json(),
            listing=_inbox(push.department, claimed=push.state not in UNCLAIMED),
            listing_at=f"{to_text(push.delivered_at)}#{push.push_id}",
        )
        if push.state in LAPSING:
            row.due_shard = shard_of(push.push_id)
            row.due_at = to_text(push.claim_due_at)
        return Write(push.push_id, "Put", row)

    def _unrouted_rows(self, state: CaseFile, known: CaseFile) -> list[Write]:
        rows: list[Row] = [
            self.table(
                pk=each.case_id,
                sk=f"unrouted#{each.stage}#{number}",
                body=each.model_dump_json(),
                listing=f"unrouted#{state.case.bureau}",
                listing_at=f"{to_text(each.since)}#{each.case_id}",
            )
            for number, each in enumerate(state.unrouted)
            if each not in known.unrouted
        ]
        return [put_new(f"{row.sk}", row) for row in rows]


def _inbox(department: str, *, claimed: bool) -> str:
    return f"inbox#{department}#{'claimed' if claimed else 'open'}"


def number_key(bureau: str, case_number: str) -> str:
    """The key of a bureau's own number: one however it was typed, since full-width figures (全角) are the same.

    Hashed, since a normal form may be longer than a key.
    """
    normal = unicodedata.normalize("NFKC", case_number)
    return f"number#{bureau}#{sha256_hex(normal.encode())}"
