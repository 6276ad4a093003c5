"""Requests and answers of the credit API; `LookupAnswer` and `CreditRecord` are answered as they are."""

from typing import Annotated

from pydantic import ConfigDict, Field

from services.credit.domain.lookups import LoggedLookup
from shared.contracts.credit import CreditRecord
from shared.contracts.model import Contract, ShortText
from shared.contracts.vocabulary import ApplicantKind
from shared.kernel.codes import Mode


class LookUp(Contract):
    """Who is looked up, and for which case or what purpose (R-CRD-4).

    `code_check` "warn" lets an issued identifier with a wrong check character pass, with a warning (R-CRD-1).
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "subject_code": "91990100MA0000015X",
                    "subject_kind": "organisation",
                    "case_number": "SP-2026-000101",
                },
                {
                    "subject_code": "91990100MA0000015X",
                    "subject_kind": "organisation",
                    "purpose": "告知承诺核查抽样",
                    "code_check": "warn",
                },
            ]
        }
    )

    subject_code: Annotated[str, Field(min_length=1, max_length=40)]
    subject_kind: ApplicantKind
    case_number: ShortText | None = None
    purpose: ShortText | None = None
    code_check: Mode = "strict"


class RecordPage(Contract):
    """One page of a subject's records, newest decision first."""

    records: tuple[CreditRecord, ...]
    next: str | None


class LookupPage(Contract):
    """One page of the lookups made of a subject, newest first."""

    lookups: tuple[LoggedLookup, ...]
    next: str | None
