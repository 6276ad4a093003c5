"""Credit records of a noodle shop, all of them invented."""

from datetime import date
from typing import Any

from shared.contracts.credit import CreditRecord, RecordKind
from shared.contracts.feedback import PenaltyKind
from tests.support.feedback_builders import MARKET, SHOP

DAY = date(2026, 4, 2)


def licence(number: int = 1, **changed: Any) -> CreditRecord:
    """A licence on file."""
    return _record(RecordKind.LICENCE, "granted", number, **changed)


def penalty_of(kind: PenaltyKind, number: int = 1, **changed: Any) -> CreditRecord:
    """A penalty on file; different numbers are different documents."""
    return _record(RecordKind.PENALTY, kind.value, number, **changed)


def _record(kind: RecordKind, weight: str, number: int, **changed: Any) -> CreditRecord:
    given: dict[str, Any] = {
        "record_id": f"rec_{kind.value}_{number:010d}",
        "subject": SHOP,
        "kind": kind,
        "weight": weight,
        "document_number": f"市监处罚〔2026〕{number}号",
        "source_department": MARKET,
        "source_event": "evt_01JD0M3Q5V8Z2K7T4B9N6R1X5C",
        "decided_on": DAY,
    }
    return CreditRecord.model_validate(given | changed)
