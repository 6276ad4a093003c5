"""A case with everything handover knows of it, as one value: the aggregate that every change goes through.

The head of the file is small and stays small. Its parts (pushes, stages, …) are rows of their own beside it, so that an
act costs what it changes and not what the case has gathered; `PARTS` names them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import Field

from services.handover.domain.waits import Wait
from shared.contracts.cases import Case, CaseClock, LaterAct, Material, OfflineRecord
from shared.contracts.event import Body
from shared.contracts.model import Contract, Instant, Sha256, ShortText
from shared.contracts.public_notices import PublicNotice
from shared.contracts.pushes import Push, Unrouted
from shared.contracts.reviews import Opinion, ReviewRequest
from shared.contracts.terms import Term
from shared.contracts.vocabulary import Stage
from shared.kernel.canonical import sha256_hex


class StageRecord(Contract):
    """One act of the bureau as recorded: a hash of each field, to name a later difference, and what it carried."""

    key: ShortText
    stage: Stage
    recorded_at: Instant
    content_hash: Sha256
    item_version: int | None
    field_hashes: dict[str, Sha256]
    materials: tuple[Material, ...] = ()
    act: LaterAct | None = None
    offline: OfflineRecord | None = None


def stage_key(stage: Stage, document_number: str | None = None) -> str:
    """What makes a stage one stage of its case (R-HND-3, R-HND-13).

    A case is accepted once and decided once; it is amended as often as need be, each time under a document of its own.
    """
    return stage.value if document_number is None else f"{stage}#{sha256_hex(document_number.encode())[:32]}"


class CaseFile(Contract):
    """A case as handover keeps it. `bureau_of` and `push` answer what every rule asks."""

    case: Case
    clock: CaseClock | None = None
    terms: tuple[Term, ...] = ()
    pushes: tuple[Push, ...] = Field(default=(), exclude=True)
    stages: tuple[StageRecord, ...] = Field(default=(), exclude=True)
    unrouted: tuple[Unrouted, ...] = Field(default=(), exclude=True)
    reviews: tuple[ReviewRequest, ...] = Field(default=(), exclude=True)
    opinions: tuple[Opinion, ...] = Field(default=(), exclude=True)
    notices: tuple[PublicNotice, ...] = Field(default=(), exclude=True)

    def push(self, identifier: str) -> Push | None:
        """The push with that id, or None."""
        return next((push for push in self.pushes if push.push_id == identifier), None)

    def review(self, identifier: str) -> ReviewRequest | None:
        """The request for opinions with that id, or None."""
        return next((each for each in self.reviews if each.review_id == identifier), None)

    def opinion(self, review: str, department: str) -> Opinion | None:
        """What a department said to a request, or None."""
        return next((each for each in self.opinions if (each.review_id, each.department) == (review, department)), None)

    def notice(self, identifier: str) -> PublicNotice | None:
        """The public notice with that id, or None."""
        return next((each for each in self.notices if each.notice_id == identifier), None)

    def stage(self, key: str) -> StageRecord | None:
        """What was recorded under a stage's key, or None."""
        return next((record for record in self.stages if record.key == key), None)

    def with_part(self, part: Contract) -> "CaseFile":
        """The case with one part put in the place of the one of that id, or added."""
        name = _NAMES[type(part)]
        identifier = PARTS[name].identifier
        parts: tuple[Any, ...] = getattr(self, name)
        known = {getattr(each, identifier): each for each in parts} | {getattr(part, identifier): part}
        return self.model_copy(update={name: tuple(known.values())})

    def departments(self) -> frozenset[str]:
        """Everybody who ever had a part in the case: its bureau, whom it was pushed to, who was asked for an opinion.

        `readers` tells who of them reads how much of it.
        """
        asked = (department for review in self.reviews for department in review.departments)
        return frozenset({self.case.bureau, *(push.department for push in self.pushes), *asked})


@dataclass(frozen=True, slots=True)
class Part:
    """A kind of part: its model, and the field that tells one from another."""

    model: type[Contract]
    identifier: str


PARTS: Mapping[str, Part] = {
    "pushes": Part(Push, "push_id"),
    "stages": Part(StageRecord, "key"),
    "unrouted": Part(Unrouted, "unrouted_id"),
    "reviews": Part(ReviewRequest, "review_id"),
    "opinions": Part(Opinion, "key"),
    "notices": Part(PublicNotice, "notice_id"),
}
"""The parts of a case file by the field that holds them; each is a row `head#<field>#<identifier>`."""

_NAMES: Mapping[type[Contract], str] = {part.model: name for name, part in PARTS.items()}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a rule decided: the new state of the case, the events that tell it, and what unrouted parts wait for."""

    file: CaseFile
    bodies: tuple[Body, ...] = ()
    waits: tuple[Wait, ...] = ()

    def then(self, following: "Outcome") -> "Outcome":
        """This, and then what was decided on it."""
        return Outcome(following.file, (*self.bodies, *following.bodies), (*self.waits, *following.waits))
