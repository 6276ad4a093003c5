"""Cases in DynamoDB: the file in rows beside one another, its chain, its receipts, and the lists it is in.

| pk | sk | what |
|---|---|---|
| `case_…` | `head` | the case, its clock and terms, its version and chain head, and which parts belong to it |
| `case_…` | `head#pushes#push_…` and so on | a part of the file (see shared.aws.parts); a push is in an inbox |
| `case_…` | `event#n` | each event; unsent until published |
| `case_…` | `due#case` | the next moment of the case's terms, in the sparse due index; a reminder can wait |
| `case_…` | `due#calendar` | which year's calendar its limits wait for (see `calendar`) |
| `case_…` | `answer#<stage>` | what was answered when the stage was recorded |
| `case_…` | `receipt#push_…#n` | the receipts of a push that the change to sequence n gave |
| `number#<bureau>#<hash>` | `case` | the bureau's own number, once, however it was typed |
"""

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel, TypeAdapter

from services.handover.domain import terms
from services.handover.domain.cases import PARTS, CaseFile
from services.handover.domain.ledger import GROUPS, InboxGroup
from services.handover.domain.waits import Wait
from services.handover.ports.cases import FirstAnswer, Position
from services.handover.store.calendar import calendar_writes
from services.handover.store.counts import count_writes
from services.handover.store.decisions import decision_writes
from services.handover.store.ledger import Key, ledger_writes
from services.handover.store.public_notices import notice_attributes
from services.handover.store.reviews import asked_writes
from services.handover.store.waits import wait_writes
from shared.aws.due import due_key, due_row
from shared.aws.journal import Journal
from shared.aws.listing import read_page
from shared.aws.parts import digest, kind_of, part_key, put_part, read_whole, sequences
from shared.aws.table import Row
from shared.aws.transactions import Write, put_new
from shared.contracts.chain import ChainHead
from shared.contracts.change import Change, Context, Outdated, Stored, Taken
from shared.contracts.event import Event, PastEvent
from shared.contracts.model import Contract
from shared.contracts.public_notices import PublicNotice
from shared.contracts.pushes import Push, Unrouted
from shared.contracts.receipts import SignedReceipt
from shared.kernel.canonical import sha256_hex
from shared.kernel.clock import to_text
from shared.kernel.ids import is_id

_NUMBER = "number"
_RECEIPTS = TypeAdapter(tuple[SignedReceipt, ...])


class CaseStore:
    """Cases on handover's table; see ports.cases.Cases for what each method promises."""

    def __init__(self, journal: Journal, ledger_key: Key) -> None:
        self.journal = journal
        self.table = journal.table
        self.ledger_key = ledger_key

    def case(self, case_id: str) -> Stored[CaseFile] | None:
        """A case as it stands now: one query of its head and parts, which belong together."""
        if not is_id(case_id, "case"):
            return None  # materials and exports have heads as well
        whole = read_whole(self.table, case_id)
        if whole is None:
            return None
        head, rows = whole
        parts: dict[str, list[Contract]] = {name: [] for name in PARTS}
        for row in rows:
            name = kind_of(row)
            parts[name].append(PARTS[name].model.model_validate_json(row.body or "{}"))
        case = CaseFile.model_validate_json(head.body or "{}")
        file = case.model_copy(update={name: tuple(each) for name, each in parts.items()})
        return Stored(file, ChainHead.model_validate_json(head.chain or "{}"), sequences(rows))

    def case_by_number(self, bureau: str, case_number: str) -> Stored[CaseFile] | None:
        """The case a bureau knows by its own number."""
        row = self.table.find(number_key(bureau, case_number), "case")
        return self.case(row.body or "") if row else None

    def first_answer(self, case_id: str, key: str) -> str | None:
        """What was answered when a stage was recorded."""
        row = self.table.find(case_id, f"answer#{key}")
        return row.body if row else None

    def remember(self, context: Context, answer: BaseModel) -> None:
        """Keep a first answer under another idempotency key."""
        if context.once is not None:
            self.journal.remember(context.once, answer)

    def past(self, case_id: str) -> Sequence[PastEvent]:
        """The case's chain."""
        return list(self.journal.past(case_id))

    def events(self, case_id: str) -> Sequence[Event]:
        """The case's chain with every payload."""
        return list(self.journal.events(case_id))

    def receipts(self, case_id: str, push_id: str) -> Sequence[SignedReceipt]:
        """Every receipt given for a push, the earliest first."""
        rows = self.table.query(case_id, self.table.sk.startswith(f"receipt#{push_id}#"), consistent_read=True)
        return [each for row in rows for each in _RECEIPTS.validate_json(row.body or "[]")]

    def save(
        self,
        change: Change[CaseFile],
        read: Stored[CaseFile] | None,
        *,
        receipts: Sequence[SignedReceipt] = (),
        first: FirstAnswer | None = None,
        waits: Sequence[Wait] = (),
    ) -> None:
        """Write a change and every row it touches in one transaction."""
        before = read.state if read else None
        file, known = change.state, before or CaseFile(case=change.state.case)
        parts = read.parts if read else {}
        put = [put_part(row, parts) for row in self._changed_parts(change, known)]
        written = {**parts, **sequences(write.row for write in put)}
        writes = [
            *self._number_row(change, before),
            *put,
            *self._due_row(file, before),
            *calendar_writes(self.table, file, before),
            *asked_writes(self.table, file, known),
            *decision_writes(self.table, file, known),
            *self._receipt_rows(change, receipts),
            *self._answer_row(change, first),
            *wait_writes(self.journal, waits),
            *ledger_writes(self.table, self.ledger_key, file, before),
            *count_writes(self.table, file, before),
        ]
        try:
            self.journal.commit(change, writes, parts=digest(written))
        except Taken as taken:
            # Somebody recorded the same case number a moment ago: read it and decide again.
            if taken.label == _NUMBER:
                raise Outdated from None
            raise

    def inbox(
        self, department: str, *, group: InboxGroup, limit: int, position: Position | None
    ) -> tuple[Sequence[Push], Position | None]:
        """One page of a department's pushes, newest first, and where the next page starts."""
        page = read_page(self.table, f"inbox#{department}#{group}", limit=limit, position=position)
        return [Push.model_validate_json(row.body or "{}") for row in page.rows], page.position

    def unrouted(
        self, bureau: str, *, limit: int, position: Position | None
    ) -> tuple[Sequence[Unrouted], Position | None]:
        """One page of what waits for a bureau's coordinator, oldest first."""
        page = read_page(self.table, f"unrouted#{bureau}", limit=limit, position=position, newest_first=False)
        return [Unrouted.model_validate_json(row.body or "{}") for row in page.rows], page.position

    def _number_row(self, change: Change[CaseFile], before: CaseFile | None) -> Iterator[Write]:
        if before is None:
            case = change.state.case
            key = number_key(case.bureau, case.case_number)
            yield put_new(_NUMBER, self.table(pk=key, sk="case", body=case.case_id))

    def _changed_parts(self, change: Change[CaseFile], known: CaseFile) -> Iterator[Row]:
        file = change.state
        for name, part in PARTS.items():
            before = {getattr(each, part.identifier): each for each in getattr(known, name)}
            for each in getattr(file, name):
                identifier = getattr(each, part.identifier)
                if before.get(identifier) != each:
                    yield self.table(
                        pk=file.case.case_id,
                        sk=part_key(name, identifier),
                        version=change.after.sequence,
                        body=each.model_dump_json(),
                        **_listed(file, each),
                    )

    def _due_row(self, file: CaseFile, before: CaseFile | None) -> Iterator[Write]:
        due, was = _next_look(file), _next_look(before) if before else None
        if due == was:
            return
        if due is None:
            yield Write("due", "Delete", self.table(pk=file.case.case_id, sk=due_key(terms.CASE)))
        else:
            at, can_wait = due
            row = due_row(self.table, terms.CASE, file.case.case_id, at, can_wait=can_wait)
            yield Write("due", "Put", row)

    def _receipt_rows(self, change: Change[CaseFile], receipts: Sequence[SignedReceipt]) -> Iterator[Write]:
        of_push: dict[str, list[SignedReceipt]] = {}
        for receipt in receipts:
            of_push.setdefault(receipt.body.push_id, []).append(receipt)
        for push_id, given in of_push.items():
            key = f"receipt#{push_id}#{change.after.sequence:010d}"
            body = _RECEIPTS.dump_json(tuple(given)).decode()
            yield put_new(key, self.table(pk=change.aggregate, sk=key, body=body))

    def _answer_row(self, change: Change[CaseFile], first: FirstAnswer | None) -> Iterator[Write]:
        if first is not None:
            key = f"answer#{first.key}"
            yield put_new(key, self.table(pk=change.aggregate, sk=key, body=first.answer))


def _next_look(file: CaseFile) -> tuple[datetime, bool] | None:
    """When the clock looks at a case next, and whether that can wait for what is due at other cases."""
    due = terms.due_at(file)
    return None if due is None else (due, terms.only_recalls(file))


def _listed(file: CaseFile, part: Contract) -> Mapping[str, Any]:
    if isinstance(part, PublicNotice):
        return notice_attributes(part)
    if isinstance(part, Push):
        listed = f"inbox#{part.department}#{GROUPS[part.state]}"
        return {"listing": listed, "listing_at": f"{to_text(part.delivered_at)}#{part.push_id}"}
    if isinstance(part, Unrouted) and part.placed_at is None:
        listed = f"unrouted#{file.case.bureau}"
        return {"listing": listed, "listing_at": f"{to_text(part.since)}#{part.unrouted_id}"}
    return {}


def number_key(bureau: str, case_number: str) -> str:
    """The key of a bureau's own number: one however it was typed, since full-width figures (全角) are the same.

    Hashed, since a normal form may be longer than a key.
    """
    normal = unicodedata.normalize("NFKC", case_number)
    return f"number#{bureau}#{sha256_hex(normal.encode())}"
