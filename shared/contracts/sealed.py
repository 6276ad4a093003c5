"""What audit says every minute where handover closes when the log stops sealing (R-AUD-6)."""

from typing import ClassVar

from pydantic import Field

from shared.contracts.event import Body
from shared.contracts.model import Instant


class LogSealed(Body):
    """`log.sealed`: every event up to `through` is in the published log, which has `size` entries.

    A dead man's switch: silence says as much as an old instant. It is told to the topic alone and recorded nowhere,
    since nothing has happened: the log holds no entry of it, and its sender's table no row.
    """

    TYPE: ClassVar[str] = "log.sealed.v1"
    through: Instant
    size: int = Field(ge=0)
