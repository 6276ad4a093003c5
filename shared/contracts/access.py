"""What every service tells of access: requests refused, and personal or credit data read (R-AUD-1)."""

from typing import ClassVar

from shared.contracts.event import Body
from shared.contracts.model import ShortText


class RequestRefused(Body):
    """A request was refused and changed nothing (`request.refused`)."""

    TYPE: ClassVar[str] = "request.refused.v1"
    method: ShortText
    route: ShortText
    target: str
    status: int
    code: ShortText


class RecordRead(Body):
    """Personal or credit data was shown to somebody (`record.read`)."""

    TYPE: ClassVar[str] = "record.read.v1"
    route: ShortText
    target: str
