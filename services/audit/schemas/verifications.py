"""Verifications of the log and findings, as they are asked for and answered (R-AUD-4)."""

from typing import Literal

from pydantic import ConfigDict

from services.audit.domain.faults import FoundFault
from services.audit.domain.verifications import FullVerification
from shared.contracts.model import Contract, ShortText
from shared.http.pages import PageQuery

__all__ = ["FaultsPage", "FaultsQuery", "FullVerification", "VerificationRequest"]


class VerificationRequest(Contract):
    """Have the whole log verified from its first entry; what is new is verified by the clock anyway."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"full": True, "reason": "年度审计"}]})

    full: Literal[True]
    reason: ShortText | None = None


class FaultsQuery(PageQuery):
    """Which page of the findings."""


class FaultsPage(Contract):
    """One page of findings about the log, newest first."""

    faults: tuple[FoundFault, ...]
    next: str | None
