"""How long anybody may keep a public answer (RFC 9111): one table, by what is answered (R-REG-5)."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from pydantic import BaseModel

from shared.http.endpoints import Reply
from shared.kernel.canonical import sha256_hex

_SHORTLY = "public, max-age=60"
_A_DAY = "public, max-age=86400"
_FOR_EVER = "public, max-age=31536000, immutable"


class Answered(StrEnum):
    """What is answered."""

    LIST = "list"
    ITEM = "item"
    VERSIONS = "versions"
    VERSION = "version"
    IN_FORCE_NOW = "in_force_now"
    IN_FORCE_THEN = "in_force_then"
    CHANGES = "changes"
    PAST_CHANGES = "past_changes"
    EXPORTS = "exports"
    EXPORT_LINK = "export_link"


KEPT: Mapping[Answered, str] = {
    Answered.LIST: _SHORTLY,
    Answered.ITEM: _SHORTLY,
    Answered.VERSIONS: _SHORTLY,
    Answered.VERSION: _FOR_EVER,  # a version is never written again
    Answered.IN_FORCE_NOW: _SHORTLY,
    Answered.IN_FORCE_THEN: _FOR_EVER,  # no version comes into force before it is made
    Answered.CHANGES: _SHORTLY,
    Answered.PAST_CHANGES: _A_DAY,  # complete, but their words may be corrected by a later program
    Answered.EXPORTS: _SHORTLY,
    Answered.EXPORT_LINK: _SHORTLY,  # far less than a link is good for
}

_STILL_WRITING = timedelta(minutes=5)
"""How far clocks may differ and a write take: what is further back than this is settled."""


def is_settled(instant: datetime, now: datetime) -> bool:
    """Whether nothing that happens from now on can change what was so at an instant."""
    return instant < now - _STILL_WRITING


def public_reply(body: BaseModel, answered: Answered = Answered.LIST) -> Reply:
    """An answer that anybody may keep as the table says, with the ETag of its content."""
    tag = sha256_hex(body.model_dump_json().encode())[:32]
    return Reply(body, headers={"Cache-Control": KEPT[answered], "ETag": f'"{tag}"'})
