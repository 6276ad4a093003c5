"""Under what an entry is found again: lists of places in the log, kept by whoever indexes it (检索).

A list holds the indices of entries; a *block* of it those of one step of the indexer. A block's name tells the range of
the log it was made of, so that doing a step again, or twice at once, writes the same block or one that says the same.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from itertools import pairwise
from typing import NamedTuple

from shared.contracts.dockets import Docket
from shared.contracts.event import CASE, Envelope


class Dimension(StrEnum):
    """What is searched by, the most specific first."""

    CASE = "case"
    PRINCIPAL = "principal"
    DEPARTMENT = "department"
    TYPE = "type"
    ALL = "all"


class PostingList(NamedTuple):
    """One list. All but a case's are cut at the days on which the events happened, by UTC, since they never end."""

    dimension: Dimension
    of: str = ""
    day: date | None = None


class Block(NamedTuple):
    """What the entries from `start` up to `end`, exclusive, add to a list: their indices, ascending."""

    start: int
    end: int
    indices: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """An entry of the log as it is indexed."""

    index: int
    envelope: Envelope
    docket: Docket


def case_of(envelope: Envelope, docket: Docket) -> str | None:
    """The case an entry belongs to: its subject, or the one its service named beside it."""
    return envelope.subject if envelope.subject.startswith(CASE) else docket.case


def day_of(instant: datetime) -> date:
    """The day whose lists an event is in."""
    return instant.astimezone(UTC).date()


def lists_of(envelope: Envelope, docket: Docket) -> Iterator[PostingList]:
    """Every list an entry is in."""
    day = day_of(envelope.time)
    if case := case_of(envelope, docket):
        yield PostingList(Dimension.CASE, case)
    if docket.principal:
        yield PostingList(Dimension.PRINCIPAL, docket.principal, day)
    if envelope.department:
        yield PostingList(Dimension.DEPARTMENT, envelope.department, day)
    yield PostingList(Dimension.TYPE, envelope.type, day)
    yield PostingList(Dimension.ALL, "", day)


def posted(entries: Iterable[Found]) -> Mapping[PostingList, Sequence[int]]:
    """What some entries, in order of their indices, add to which lists."""
    lists: dict[PostingList, list[int]] = {}
    for entry in entries:
        for each in lists_of(entry.envelope, entry.docket):
            lists.setdefault(each, []).append(entry.index)
    return lists


def packed(start: int, indices: Sequence[int]) -> str:
    """Ascending indices as runs counted from `start`: `0-3,7` for 0, 1, 2, 3 and 7 after it."""
    runs: list[list[int]] = []
    for index in indices:
        if runs and index == runs[-1][1] + 1:
            runs[-1][1] = index
        else:
            runs.append([index, index])
    return ",".join(str(a - start) if a == b else f"{a - start}-{b - start}" for a, b in runs)


def unpacked(start: int, text: str) -> tuple[int, ...]:
    """The indices that `packed` made a text of. Raises ValueError for any other text."""
    bounds = [[int(each) for each in run.split("-")] for run in text.split(",")]
    ends = [end for run in bounds for end in (run[0], run[-1] + 1)]
    if any(one > other for one, other in pairwise(ends)) or not all(run[0] <= run[-1] for run in bounds):
        raise ValueError("the indices of a block ascend")
    return tuple(start + offset for run in bounds for offset in range(run[0], run[-1] + 1))


def falling(blocks: Iterable[Block], below: int | None) -> Iterator[int]:
    """The indices of a list's blocks, which come with the latest start first: each once, the largest first.

    Blocks may overlap where two ran at once or one was killed; what two of them say of an entry is the same.
    """
    for block in blocks:
        for index in reversed(block.indices):
            if below is None or index < below:
                yield index
                below = index
