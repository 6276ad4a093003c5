"""What enters a file: licences granted and penalties imposed, each once (R-CRD-2)."""

import unicodedata
from collections.abc import Iterable

from shared.contracts.cases import Applicant, Case
from shared.contracts.credit import CreditRecord, RecordKind
from shared.contracts.feedback import Penalty, PenaltyKind, Thread
from shared.contracts.vocabulary import ApplicantKind, DecisionResult
from shared.kernel.clock import BEIJING
from shared.kernel.codes import check_uscc, keyed_hash

_RECORD_ID_CHARACTERS = 32
_LIGHT_TO_HEAVY = tuple(PenaltyKind)


def licence_record(case: Case, source_event: str, key: bytes) -> CreditRecord | None:
    """The record of a granted licence; None for other outcomes and for persons, whose code reaches us masked."""
    subject, decision = _file_of(case.applicant), case.decision
    if subject is None or decision is None or decision.result is not DecisionResult.GRANTED:
        return None
    return CreditRecord(
        record_id=record_id(key, RecordKind.LICENCE, case.case_id),
        subject=subject,
        kind=RecordKind.LICENCE,
        weight=decision.result.value,
        document_number=decision.document_number,
        source_department=case.bureau,
        source_event=source_event,
        decided_on=decision.decided_at.astimezone(BEIJING).date(),
        valid_until=decision.valid_until,
    )


def penalty_record(thread: Thread, source_event: str, key: bytes) -> CreditRecord | None:
    """The record of a penalty at its heaviest kind (R-FBK-2); None for other reports and for persons."""
    subject, report = _file_of(thread.applicant), thread.report
    if subject is None or not isinstance(report, Penalty):
        return None
    return CreditRecord(
        record_id=record_id(key, RecordKind.PENALTY, subject, thread.from_department, _plain(report.document_number)),
        subject=subject,
        kind=RecordKind.PENALTY,
        weight=heaviest(report.kinds).value,
        document_number=report.document_number,
        source_department=thread.from_department,
        source_event=source_event,
        decided_on=report.decided_on,
    )


def entered(known: CreditRecord | None, told: CreditRecord) -> CreditRecord | None:
    """What the file says after `told`, or None when it says that already.

    One decision document is one record. Reported again, it changes nothing, unless with a heavier kind: several at
    once count as one case at the heaviest (R-FBK-2).
    """
    if known is None:
        return told
    if told.kind is not RecordKind.PENALTY or _heaviness(told) <= _heaviness(known):
        return None
    return known.model_copy(update={"weight": told.weight, "source_event": told.source_event})


def heaviest(kinds: Iterable[PenaltyKind]) -> PenaltyKind:
    """The heaviest of several penalties imposed at once (R-FBK-2)."""
    return max(kinds, key=_LIGHT_TO_HEAVY.index)


def record_id(key: bytes, kind: RecordKind, *natural: str) -> str:
    """The id of the one record a natural key can have.

    Keyed, since ids stand in the public log and a plain hash of a known document number would tell whose it is.
    """
    return f"rec_{keyed_hash(key, chr(0).join((kind, *natural)))[:_RECORD_ID_CHARACTERS]}"


def _file_of(applicant: Applicant) -> str | None:
    if applicant.kind is not ApplicantKind.ORGANISATION or "*" in applicant.code:
        return None
    checked = check_uscc(applicant.code, "warn")
    if any(fault.code == "uscc.citizen_id" for fault in checked.faults):
        return None
    # A code with another fault still has a file: a penalty is never dropped for a typing mistake.
    return checked.value


def _heaviness(record: CreditRecord) -> int:
    return _LIGHT_TO_HEAVY.index(PenaltyKind(record.weight))


def _plain(document_number: str) -> str:
    return "".join(unicodedata.normalize("NFKC", document_number).split())
