"""Findings about the log, as they are kept: each once, however often it is seen (R-AUD-4)."""

from datetime import datetime

from shared.contracts.log_faults import FaultKind, LogFault, LogFaultFound
from shared.contracts.model import Contract, Identifier, Instant, LongText


class FoundFault(Contract):
    """A finding, when it was first made, and what it says in Chinese and English."""

    fault_id: Identifier
    kind: FaultKind
    fault: LogFault
    found_at: Instant
    zh: LongText
    en: LongText

    @property
    def told(self) -> LogFaultFound:
        """What is told of it."""
        return LogFaultFound(fault_id=self.fault_id, kind=self.kind, fault=self.fault, found_at=self.found_at)


def found_fault(fault: LogFault, now: datetime) -> FoundFault:
    """A finding as it is kept."""
    return FoundFault(fault_id=fault.fault_id, kind=fault.kind, fault=fault, found_at=now, zh=fault.zh, en=fault.en)
