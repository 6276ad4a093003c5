"""Evidence, as it is answered: a contract of its own, since others judge it."""

from shared.contracts.evidence import EvidenceFile

__all__ = ["EvidenceFile"]
