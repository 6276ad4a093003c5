"""What audit tells of verifications of the whole log (R-AUD-4)."""

from typing import ClassVar

from shared.contracts.event import Body
from shared.contracts.model import Identifier


class LogVerificationRequested(Body):
    """The whole log is to be verified from its first entry (`log.verification_requested`, R-AUD-4)."""

    TYPE: ClassVar[str] = "log.verification_requested.v1"
    verification_id: Identifier
    size: int


class LogVerificationFinished(Body):
    """The whole log was verified; `findings`: how many there were (`log.verification_finished`, R-AUD-4)."""

    TYPE: ClassVar[str] = "log.verification_finished.v1"
    verification_id: Identifier
    size: int
    proven: bool
    findings: int
