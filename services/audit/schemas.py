"""What audit answers: the evidence file, which is a contract, and the log's health."""

from services.audit.domain import Health
from shared.contracts.evidence import EvidenceFile

__all__ = ["EvidenceFile", "Health"]
