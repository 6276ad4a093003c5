"""What the endpoints for witnesses take and give."""

from services.audit.domain.witnesses import NOT_BEGUN, Progress, Trouble
from shared.contracts.model import Contract, Instant
from shared.contracts.witnesses import Witness, WitnessAddress


class WitnessRequest(WitnessAddress):
    """Where a witness is asked and which key it cosigns with."""


class PublicWitness(Contract):
    """A witness, the key to judge its cosignatures by, and how far it has come; `trouble` is why it did not go on."""

    name: str
    vkey: str
    size: int
    cosigned_at: Instant | None
    trouble: Trouble | None
    since: Instant | None

    @classmethod
    def of(cls, witness: Witness, progress: Progress = NOT_BEGUN) -> "PublicWitness":
        """What anybody may know of a witness."""
        return cls(name=witness.name, vkey=witness.vkey, **dict(progress))


class WitnessList(Contract):
    """Every witness; `quorum` is how many must have cosigned a checkpoint for events to be proven by it."""

    quorum: int
    witnesses: tuple[PublicWitness, ...]


class RegisteredWitness(Contract):
    """A witness as it is registered."""

    name: str
    url: str
    vkey: str
