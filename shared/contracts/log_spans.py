"""What is wrong with neighbouring entries or tiles, gathered and said in words (R-AUD-4)."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Final, NamedTuple

from shared.contracts.log_faults import Fault, LogFault
from shared.kernel.tiles import TILE_HEIGHT, TILE_WIDTH, Tile

ENTRIES: Final = -1
"""The level of a span that is of entries and not of tiles."""


class Span(NamedTuple):
    """What was found of neighbours: entries `first` to `last`, or tiles of one level with these numbers."""

    fault: Fault
    level: int
    first: int
    last: int


def told(spans: Iterable[Span], size: int) -> tuple[LogFault, ...]:
    """The findings, those of neighbours as one; entries gone from the end of the log were cut off (R-AUD-4)."""
    return tuple(_told(span, size) for span in joined(spans))


def joined(spans: Iterable[Span]) -> Iterator[Span]:
    """The spans, neighbours as one."""
    ordered = sorted(set(spans), key=lambda span: (span.level, span.fault, span.first))
    for _, group in groupby(ordered, key=lambda span: (span.level, span.fault)):
        open_span: Span | None = None
        for span in group:
            if open_span is not None and span.first <= open_span.last + 1:
                open_span = open_span._replace(last=max(open_span.last, span.last))
                continue
            if open_span is not None:
                yield open_span
            open_span = span
        if open_span is not None:
            yield open_span


def entries_named(first: int, last: int) -> str:
    """What some entries are called."""
    return f"entry {first}" if first == last else f"entries {first}–{last}"


def _told(span: Span, size: int) -> LogFault:
    fault, level, first, last = span
    if level == ENTRIES:
        cut = fault is Fault.ENTRIES_REMOVED and last == size - 1
        return LogFault(fault=Fault.ENTRIES_LOST_AT_THE_END if cut else fault, where=entries_named(first, last))
    names = [_tile_at(level, number, size).path for number in dict.fromkeys((first, last))]
    return LogFault(fault=fault, where=" … ".join(names))


def _tile_at(level: int, number: int, size: int) -> Tile:
    return Tile(level, number, min(TILE_WIDTH, (size >> (level * TILE_HEIGHT)) - number * TILE_WIDTH))
