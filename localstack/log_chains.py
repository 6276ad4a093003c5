"""The chains of a log that is verified offline: all are checked, and what is found is named up to a bound (R-AUD-4).

What must be remembered of each entry, 96 bytes, is laid aside on disk in parts that fit into memory.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import lru_cache
from tempfile import TemporaryFile
from typing import IO, Self

from localstack.log_source import LogSource
from shared.contracts.event import Envelope
from shared.contracts.log_checks import stored
from shared.contracts.log_faults import FINDINGS, KIND_WORDS, Fault, LogFault
from shared.contracts.log_links import PATIENCE, Skipped, check_links, links_in
from shared.kernel.tiles import TILE_WIDTH, Bundle, TileError, decode_bundle

LINKS_IN_MEMORY = 250_000
"""Links judged at once: some 50 MB."""

MOST_NAMED = 1_000
"""Findings of one fault about single entries that are named; whoever has read so many knows. All are counted."""

_LONGEST_SOURCE = 80
_MOST_PARTS = 256
_CHAIN = slice(16)
"""Which chain a link is of."""


class Spool:
    """Links laid aside by chain, in files without a name."""

    def __init__(self, entries: int) -> None:
        self.parts = min(_MOST_PARTS, -(-entries // LINKS_IN_MEMORY) or 1)
        self._stack = ExitStack()
        self._files: list[IO[bytes]] = []

    def __enter__(self) -> Self:
        for _ in range(self.parts):
            self._files.append(self._stack.enter_context(TemporaryFile()))
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def add(self, links: Sequence[bytes]) -> None:
        """Lay links aside, part by part."""
        for file, packed in zip(self._files, links, strict=True):
            file.write(packed)

    def each(self) -> Iterator[list[bytes]]:
        """The links of each part."""
        for file in self._files:
            file.seek(0)
            yield links_in(file.read())


@dataclass
class Named:
    """Findings about single entries: the first of each fault by name, the others by their number."""

    faults: list[LogFault] = field(default_factory=list)
    found: Counter[Fault] = field(default_factory=Counter)

    def is_full(self, fault: Fault) -> bool:
        """Whether further ones are only counted."""
        return self.found[fault] >= MOST_NAMED

    def notes(self) -> Iterator[str]:
        """How many are not named."""
        for fault, count in self.found.items():
            if count > MOST_NAMED:
                zh, en = KIND_WORDS[FINDINGS[fault].kind]
                yield f"{zh} {en}: {count - MOST_NAMED} more {fault} were counted and are not named"


def judge_chains(source: LogSource, size: int, spool: Spool, unjudged: str) -> tuple[Named, tuple[str, ...], int]:
    """What is wrong with the chains of a log of that size, what could not be judged of them, and how many there are.

    `unjudged`: why a gap says nothing, where it does; "" where every entry is there. Raises LogUnreadableError.
    """
    judged = _Judged(source, size, whole=not unjudged)
    chains = 0
    for links in spool.each():
        chains += len({link[_CHAIN] for link in links})
        judged.take(links)
    notes = [*judged.named.notes()]
    if unjudged and judged.gaps:
        notes.append(f"{judged.gaps} gaps in chains cannot be judged, since {unjudged}")
    if judged.waiting:
        notes.append(f"{judged.waiting} chains wait for events that may still be on their way")
    return judged.named, tuple(notes), chains


class _Judged:
    """Goes through the links part by part, and keeps little of what it found."""

    def __init__(self, source: LogSource, size: int, *, whole: bool) -> None:
        self.named = Named()
        self.gaps = 0
        self.waiting = 0
        self._whole = whole
        # Entries are asked for in their order, so that each bundle is read once.
        self._bundle = lru_cache(maxsize=1)(lambda number: _bundle(source, number, size))
        newest = self._envelope(size - 1) if whole and size else None
        self._newest = newest.time if newest else None

    def take(self, links: Iterable[bytes]) -> None:
        """Judge the links of some chains, all that there are of each."""
        wrong: list[tuple[int, Fault]] = []
        gaps: list[Skipped] = []
        for found in check_links(links):
            if isinstance(found, Skipped):
                self.gaps += 1
                if self._whole:
                    gaps.append(found)
                continue
            if not self.named.is_full(found.fault):
                wrong.append((found.entry, found.fault))
            self.named.found[found.fault] += 1
        for entry, fault in sorted(wrong):
            self.named.faults.append(_about(fault, entry, self._envelope(entry)))
        for gap in sorted(gaps, key=lambda each: each.entry):
            self._missing(gap)

    def _missing(self, gap: Skipped) -> None:
        """A gap that no event can still be on its way to: what follows is half an hour older than the last entry."""
        fault = Fault.EVENT_NEVER_LOGGED
        if self.named.is_full(fault):
            # That some were never logged is known; to tell how old each is would cost a look at every one.
            self.named.found[fault] += 1
            return
        follower = self._envelope(gap.entry)
        if self._newest is None or follower is None or self._newest - follower.time < PATIENCE:
            self.waiting += 1
            return
        self.named.found[fault] += 1
        named = f"event {gap.first}" if gap.first == gap.last else f"events {gap.first}–{gap.last}"
        where = f"{named} of {follower.subject} ({follower.source[:_LONGEST_SOURCE]})"
        self.named.faults.append(LogFault(fault=fault, where=where, subject=follower.subject))

    def _envelope(self, index: int) -> Envelope | None:
        number, within = divmod(index, TILE_WIDTH)
        try:
            return Envelope.model_validate_json(self._bundle(number)[within])
        except (IndexError, ValueError):
            return None


def _bundle(source: LogSource, number: int, size: int) -> tuple[bytes, ...]:
    content = stored(source.read, Bundle(number, min(TILE_WIDTH, size - number * TILE_WIDTH)))
    try:
        return decode_bundle(content or b"")
    except TileError:
        return ()


def _about(fault: Fault, entry: int, envelope: Envelope | None) -> LogFault:
    where = f"entry {entry}"
    if envelope is None:
        return LogFault(fault=fault, where=where)
    return LogFault(fault=fault, where=where, event_id=envelope.id, subject=envelope.subject)
