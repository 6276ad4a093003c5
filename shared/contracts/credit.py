"""What credit tells: records about a subject, and who looked whom up for what (R-CRD-2, R-CRD-4)."""

from enum import StrEnum
from typing import ClassVar, Literal

from shared.contracts.event import Body
from shared.contracts.model import Contract, Day, Identifier, Instant, ShortText


class RecordKind(StrEnum):
    """R-CRD-2: kinds of credit record."""

    LICENCE = "licence"
    PENALTY = "penalty"


class CreditRecord(Contract):
    """One record in a subject's file. `subject` is a credit identifier, or a keyed hash for a person (R-CRD-1)."""

    record_id: Identifier
    subject: ShortText
    kind: RecordKind
    weight: ShortText
    document_number: ShortText
    source_department: Identifier
    source_event: Identifier
    decided_on: Day
    valid_until: Day | None = None


class Lookup(Contract):
    """One lookup at the counter and its answer (R-CRD-4)."""

    lookup_id: Identifier
    subject: ShortText
    case_number: ShortText | None
    purpose: ShortText
    looked_up_at: Instant
    grade: Literal["A", "B", "C", "D"]
    rule_version: ShortText
    entitlements: tuple[ShortText, ...]
    restrictions: tuple[ShortText, ...]


class CreditRecorded(Body):
    """A licence or penalty entered a subject's file (`credit.recorded`)."""

    TYPE: ClassVar[str] = "credit.recorded.v1"
    record: CreditRecord


class CreditLookedUp(Body):
    """Somebody looked a subject up (`credit.looked_up`)."""

    TYPE: ClassVar[str] = "credit.looked_up.v1"
    lookup: Lookup
