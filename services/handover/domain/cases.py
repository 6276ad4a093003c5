"""A case with its pushes, as one value: the aggregate that every change goes through, and what is answered of it."""

from dataclasses import dataclass

from pydantic import Field

from shared.contracts.event import Body
from shared.contracts.handover import Case, Push
from shared.contracts.model import Contract, Identifier, Instant, Sha256, ShortText
from shared.contracts.vocabulary import Stage


class Unrouted(Contract):
    """A stage that could not be carried to a department and waits for the bureau's coordinator (R-HND-15)."""

    case_id: Identifier
    case_number: ShortText
    stage: Stage
    reason: ShortText
    since: Instant


class Receipt(Contract):
    """What the bureau gets back for one push call, whatever came of it (R-HND-1, R-HND-8, R-HND-15)."""

    case_id: Identifier
    case_number: ShortText
    stage: Stage
    recorded_at: Instant
    content_hash: Sha256
    item_version: int | None
    pushes: tuple[Push, ...]
    unrouted: tuple[Unrouted, ...]


class StageRecord(Contract):
    """What was pushed at one stage: the hash of each field, to name a later difference, and the first answer."""

    field_hashes: dict[str, Sha256]
    receipt: Receipt


class CaseFile(Contract):
    """A case with everything handover knows of it: the aggregate that every change goes through."""

    case: Case
    pushes: tuple[Push, ...] = ()
    stages: dict[Stage, StageRecord] = Field(default_factory=dict)
    unrouted: tuple[Unrouted, ...] = ()

    def push(self, identifier: str) -> Push | None:
        """The push with that id, or None."""
        return next((push for push in self.pushes if push.push_id == identifier), None)

    def with_push(self, changed: Push) -> "CaseFile":
        """The case with one push replaced."""
        pushes = tuple(changed if push.push_id == changed.push_id else push for push in self.pushes)
        return self.model_copy(update={"pushes": pushes})

    def departments(self) -> frozenset[str]:
        """Everybody who may read the case: its bureau and the departments it was pushed to."""
        return frozenset({self.case.bureau, *(push.department for push in self.pushes)})


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a rule decided: the new state of the case and the events that tell it."""

    file: CaseFile
    bodies: tuple[Body, ...]
