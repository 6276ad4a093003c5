"""Evidence, as it is asked for and answered; the file is a contract of its own, since others judge it."""

from typing import Annotated, Final

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from shared.contracts.evidence import EvidenceFile
from shared.contracts.model import Contract
from shared.contracts.receipts import SignedReceipt

__all__ = ["EvidenceFile", "ReceiptsRequest"]

MOST_RECEIPTS: Final = 20

_EXAMPLE: Final[JsonDict] = {
    "body": {
        "format": "shenguan-receipt/1",
        "kind": "push",
        "issuer": "shenguan.example/receipts",
        "case_id": "case_01JABCDEFGHJKMNPQRSTVWXYZ0",
        "case_number": "示审〔2026〕0001号",
        "push_id": "push_01JABCDEFGHJKMNPQRSTVWXYZ0_001",
        "stage": "decision",
        "sender": "dept_approval_bureau",
        "department": "dept_market_regulation",
        "item_id": "item_01JABCDEFGHJKMNPQRSTVWXYZ0",
        "item_code": "000131000000",
        "item_version": 3,
        "content_hash": "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc",
        "at": "2026-03-02T01:30:00.000Z",
        "event_id": "evt_01M813H89362EGM4SHA5510HEY",
        "event_sequence": 1,
        "event_hash": "2cb88ae5ef763b03d73239ed490af153418792658c9695f513c3fb65514553c6",
        "rule": None,
        "claimant": None,
        "push_half": None,
    },
    "certificate": {
        "body": {
            "format": "shenguan-certificate/1",
            "serial": "crt_01M813H89BE1RCTBF7B749KJ5B",
            "issuer": "shenguan.example/receipts",
            "purpose": "receipt",
            "public_key": "zy082HYJO93qfU771LV7Dwfd0NZiY5nG6R5lCdCwxNc=",
            "not_before": "2026-03-02T01:25:00.000Z",
            "not_after": "2026-03-03T01:30:00.000Z",
        },
        "signature": "sHVFYQ8DxD9Pw3jQHRaiFwM5cfG3ifkIOpNeHe1Rh/8bADStxh2C1HUJtF7vvAbW2tx4n+oSb7idfFWNdRFwAA==",
    },
    "signature": "9XhOSoOTouxsJU22m3BXcwTKxHGstBzRam0pbNmLDxEMe7njjdGQxrcsv4QqcS7enGZZg1mPalTgVnTuOANbCA==",
}


class ReceiptsRequest(Contract):
    """Receipts whose events are to be proven."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"receipts": [_EXAMPLE]}]})

    receipts: Annotated[tuple[SignedReceipt, ...], Field(min_length=1, max_length=MOST_RECEIPTS)]
