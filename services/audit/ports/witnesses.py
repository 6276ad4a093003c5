"""What witnessing stands on: the list of witnesses, and a way to ask them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from pydantic import BaseModel

from services.audit.domain.witnesses import Progress, Registration, Trouble
from shared.contracts.change import Change, Once, Stored
from shared.contracts.witnesses import Witness


class Witnesses(Protocol):
    """Who is registered, and how far each has come; every read is strongly consistent."""

    def registration(self, name: str) -> Stored[Registration] | None:
        """What is or was registered under a name, with its chain."""

    def registered(self) -> Sequence[Witness]:
        """Every witness, by name."""

    def save(self, change: Change[Registration], before: Witness | None) -> None:
        """Write a registration. Raises Outdated, AlreadyDone, and Taken when another witness has that key."""

    def remember(self, once: Once, response: BaseModel) -> None:
        """Keep an answer where nothing else is to be written. Raises AlreadyDone."""

    def progress(self) -> Mapping[tuple[str, str], Progress]:
        """How far each has come, by name and key."""

    def keep_progress(self, witness: Witness, progress: Progress) -> None:
        """Keep how far one has come, unless it is known to have come farther."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request to one witness: where, and what."""

    url: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Heard:
    """What a witness answered."""

    status: int
    media_type: str
    text: str


class Callers(Protocol):
    """The way to the witnesses."""

    def ask(self, asked: Mapping[str, Asked]) -> Mapping[str, Heard | Trouble]:
        """Ask all at once, by name, each for a few seconds; what each answered, or why it did not. Never raises."""
