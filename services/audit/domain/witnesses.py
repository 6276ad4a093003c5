"""Witnesses: who is asked for cosignatures, how far each has come, what can stand in the way (见证, R-AUD-3)."""

from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from http import HTTPStatus

from shared.contracts.model import Contract, Instant
from shared.contracts.witnesses import Witness
from shared.kernel.cosignatures import Cosignature, WitnessKey, parse_witness_key

MOST_WITNESSES = 32
"""Each is asked every minute, and a note has room for a hundred signatures."""

LATEST = timedelta(hours=1)
"""How far ahead of ours a witness's clock may be."""


class Registration(Contract):
    """What is registered under a name: a witness, or none any more."""

    witness: Witness | None = None


class Trouble(StrEnum):
    """Why a witness did not cosign."""

    UNREACHABLE = "unreachable"
    ADDRESS_REFUSED = "address_refused"
    LOG_UNKNOWN = "log_unknown"
    KEY_UNKNOWN = "key_unknown"
    DISAGREES = "disagrees"
    COSIGNATURE_INVALID = "cosignature_invalid"
    UNEXPECTED = "unexpected"


TROUBLES: dict[int, Trouble] = {
    HTTPStatus.FORBIDDEN: Trouble.KEY_UNKNOWN,
    HTTPStatus.NOT_FOUND: Trouble.LOG_UNKNOWN,
    HTTPStatus.CONFLICT: Trouble.DISAGREES,
    HTTPStatus.UNPROCESSABLE_ENTITY: Trouble.DISAGREES,
}
"""What a witness means by an answer other than a cosignature; *disagrees*: it cosigned another history than ours."""


class Progress(Contract):
    """How far a witness has come: the size it cosigned last, when, and since when something is in its way."""

    size: int = 0
    cosigned_at: Instant | None = None
    trouble: Trouble | None = None
    since: Instant | None = None

    def cosigned(self, size: int, cosignature: Cosignature) -> "Progress":
        """After a cosignature."""
        return Progress(size=size, cosigned_at=cosignature.at)

    def troubled(self, trouble: Trouble, now: datetime) -> "Progress":
        """After something else; a trouble keeps its beginning."""
        return self if self.trouble is trouble else self.model_copy(update={"trouble": trouble, "since": now})


NOT_BEGUN = Progress()


def identity_of(name: str) -> str:
    """The id that events speak of a witness under."""
    return f"wit_{sha256(name.encode()).hexdigest()[:32]}"


def key_of(witness: Witness) -> WitnessKey:
    """The key a registered witness cosigns with."""
    return parse_witness_key(witness.vkey)
