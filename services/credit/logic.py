"""The use cases of credit: answer lookups, and enter records that others' events tell of."""

from collections.abc import Sequence

from services.credit.domain import SOURCE
from services.credit.domain.assessment import assess
from services.credit.domain.lookups import (
    LoggedLookup,
    LookupAnswer,
    answered,
    check_is_authority,
    check_may_read_file,
    check_may_read_lookup,
    lookup_of,
    purpose_of,
)
from services.credit.domain.records import entered, licence_record, penalty_record
from services.credit.domain.rules import RULES
from services.credit.domain.subjects import identify, subject_in_path
from services.credit.ports import CreditFiles, Position
from services.credit.schemas import LookUp
from shared.contracts.cases import Case
from shared.contracts.chain import ChainHead
from shared.contracts.change import Context, change
from shared.contracts.credit import CreditLookedUp, CreditRecord, CreditRecorded
from shared.contracts.feedback import Thread
from shared.kernel.clock import BEIJING
from shared.kernel.errors import Refused
from shared.kernel.ids import new_id
from shared.kernel.permissions import Principal


def look_up(store: CreditFiles, context: Context, asked: LookUp, person_key: bytes) -> LookupAnswer:
    """Grade a subject at the counter, say why, and log who asked for what (R-CRD-3, R-CRD-4).

    Raises Refused: purpose_missing, invalid_fields.
    """
    purpose = purpose_of(asked.case_number, asked.purpose)
    today = context.now.astimezone(BEIJING).date()
    subject = identify(asked.subject_code, asked.subject_kind, asked.code_check, person_key, today)
    assessment = assess(store.file(subject.key), RULES, today)
    answer = answered(new_id("lookup"), subject, asked.case_number, purpose, assessment, context)
    event = CreditLookedUp(lookup=lookup_of(answer))
    store.save_lookup(change(SOURCE, answer.lookup_id, ChainHead(), answer, [event], context, answer))
    return answer


def enter_licence(store: CreditFiles, case: Case, source_event: str, context: Context, record_key: bytes) -> None:
    """Enter the licence a decision granted (R-CRD-2, Y 4). Raises AlreadyDone, Outdated."""
    _enter(store, licence_record(case, source_event, record_key), context)


def enter_penalty(store: CreditFiles, thread: Thread, source_event: str, context: Context, record_key: bytes) -> None:
    """Enter the penalty a department reported (R-FBK-8). Raises AlreadyDone, Outdated."""
    _enter(store, penalty_record(thread, source_event, record_key), context)


def lookup_for(store: CreditFiles, principal: Principal, lookup_id: str) -> LookupAnswer:
    """A lookup with its answer as given then. Raises Refused: not_found, not_your_department."""
    stored = store.lookup(lookup_id)
    if stored is None:
        raise Refused("not_found", id=lookup_id)
    check_may_read_lookup(stored.state, principal)
    return stored.state


def file_of(
    store: CreditFiles, principal: Principal, code: str, limit: int, position: Position | None
) -> tuple[Sequence[CreditRecord], Position | None]:
    """One page of a subject's records. Raises Refused: invalid_fields, forbidden."""
    subject = subject_in_path(code)
    check_may_read_file(subject, principal)
    return store.file_page(subject, limit, position)


def lookups_of(
    store: CreditFiles, principal: Principal, code: str, limit: int, position: Position | None
) -> tuple[Sequence[LoggedLookup], Position | None]:
    """One page of who looked a subject up, and for what. Raises Refused: invalid_fields, forbidden."""
    check_is_authority(principal)
    return store.lookups_page(subject_in_path(code), limit, position)


def _enter(store: CreditFiles, told: CreditRecord | None, context: Context) -> None:
    if told is None:
        return
    stored = store.record(told.record_id)
    record = entered(stored.state if stored else None, told)
    if record is None:
        store.note_seen(context)
        return
    before = stored.head if stored else ChainHead()
    store.save_record(change(SOURCE, record.record_id, before, record, [CreditRecorded(record=record)], context))
