"""The log of some days as files: which ranges of it, cut into parts, and what stands in a part (R-AUD-5, R-AUD-7).

A part is a zip laid out as C2SP tlog-tiles lays out a log: of a range its bundles, and every tile that is needed to
check them to the signed root. So it is judged by itself, offline, with nothing but the log's key.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Final, NamedTuple

from pydantic import Field

from services.audit.domain.postings import Block, day_of
from shared.contracts.model import Contract, Day, Identifier, Instant, Sha256, ShortText
from shared.kernel.calendar import end_of
from shared.kernel.clock import BEIJING
from shared.kernel.errors import Refused, Words
from shared.kernel.tiles import TILE_HEIGHT, TILE_WIDTH, Tile, right_edge

PART: Final = TILE_WIDTH * TILE_WIDTH
"""The most entries of a part: those under one tile of level 1."""

NEAR: Final = PART
"""Ranges with fewer entries between them than this are one: their events are worth less than another file."""

KEPT: Final = timedelta(days=7)
"""How long finished files can be had: beside each event stands who did it."""

LONGEST: Final = timedelta(days=366)


class Range(NamedTuple):
    """Entries from `start` up to `end`, exclusive."""

    start: int
    end: int


class ExportState(StrEnum):
    """Where an export stands."""

    WRITING = "writing"  # 生成中
    FINISHED = "finished"  # 已完成


class ExportPart(Contract):
    """A file that is there. `events`: those of the days asked for; the range may hold neighbours of other days.

    `missing`: how many files of the log were not there to be exported, which whoever judges the part will find.
    """

    number: int
    start: int
    end: int
    events: int
    bytes: int
    sha256: Sha256
    missing: int = 0


class LogExport(Contract):
    """An export, who asked for it, and how far it is.

    `size`: that of the log which its parts belong to; null while they are not planned. `planned`: how many parts there
    will be. `events`: how many of the days asked for were written so far.
    """

    export_id: Identifier
    client: ShortText
    first_day: Day
    last_day: Day
    requested_at: Instant
    state: ExportState = ExportState.WRITING
    size: int | None = None
    planned: int = 0
    parts: Annotated[tuple[ExportPart, ...], Field(max_length=1_500)] = ()
    events: int = 0
    finished_at: Instant | None = None
    expires_at: Instant | None = None

    @property
    def since(self) -> datetime:
        """The first instant of its days."""
        return datetime(self.first_day.year, self.first_day.month, self.first_day.day, tzinfo=BEIJING).astimezone(UTC)

    @property
    def until(self) -> datetime:
        """The first instant after them."""
        return end_of(self.last_day).astimezone(UTC)

    def key_of(self, number: int) -> str:
        """Where a part lies in the log's bucket."""
        return f"exports/{self.export_id}/part-{number:04d}.zip"

    def name_of(self, number: int) -> str:
        """What a part's file is called."""
        return f"审计日志-{self.first_day:%Y%m%d}-{self.last_day:%Y%m%d}-{number:04d}.zip"

    def part(self, number: int, now: datetime) -> ExportPart:
        """A part that is there. Raises Refused: "not_found"; "wrong_state" after its time."""
        if self.expires_at is not None and now >= self.expires_at:
            raise Refused("wrong_state", state=_EXPIRED, move=_DOWNLOAD, legal=_REQUEST)
        found = next((part for part in self.parts if part.number == number), None)
        if found is None:
            raise Refused("not_found", id=f"{self.export_id}/{number}")
        return found


_EXPIRED: Final = Words("已过期", "expired")
_DOWNLOAD: Final = Words("下载", "download")
_REQUEST: Final = Words("重新申请导出", "request")


class Progress(Contract):
    """How far an export is: planned day by day, then written part by part.

    `wanted`: the log's size when it was first looked at; `size`: the same, once all of that can be searched. Only that
    is waited for, since of a busy log there is always something that cannot be searched yet.
    """

    wanted: int | None = None
    size: int | None = None
    day: Day | None = None
    """The day whose lists are looked at next; None once the ranges are known."""
    ranges: tuple[Range, ...] = ()
    parts: tuple[ExportPart, ...] = ()

    @property
    def plan(self) -> Sequence[Range]:
        """The ranges of the parts."""
        return list(parts_of(self.ranges, self.size or 0))


def log_days(export: LogExport) -> tuple[date, date]:
    """The first and the last day of UTC on which its events may have happened."""
    return day_of(export.since), day_of(export.until - timedelta(milliseconds=1))


def with_blocks(ranges: Iterable[Range], blocks: Iterable[Block], size: int) -> tuple[Range, ...]:
    """Ranges of whole bundles that hold what they held and what the blocks name, near ones as one."""
    named = [*ranges, *(Range(run[0], run[1]) for block in blocks for run in _runs(block.indices, size))]
    joined: list[Range] = []
    for start, end in sorted(named):
        first, last = start // TILE_WIDTH * TILE_WIDTH, min(-(-end // TILE_WIDTH) * TILE_WIDTH, size)
        if joined and first < joined[-1].end + NEAR:
            joined[-1] = Range(joined[-1].start, max(last, joined[-1].end))
        else:
            joined.append(Range(first, last))
    return tuple(joined)


def parts_of(ranges: Iterable[Range], size: int) -> Iterator[Range]:
    """The parts that ranges are cut into: each under one tile of level 1."""
    for start, end in ranges:
        begin = start
        while begin < min(end, size):
            stop = min(end, (begin // PART + 1) * PART, size)
            yield Range(begin, stop)
            begin = stop


def tiles_for(part: Range, size: int) -> Sequence[Tile]:
    """Every tile needed to check a range to the root of a log of that size: over the range, and its right edge."""
    needed = set(right_edge(size))
    level = 0
    while (hashes := size >> (level * TILE_HEIGHT)) > 0:
        last = min((part.end - 1) >> ((level + 1) * TILE_HEIGHT), (hashes - 1) // TILE_WIDTH)
        for number in range(part.start >> ((level + 1) * TILE_HEIGHT), last + 1):
            needed.add(Tile(level, number, min(TILE_WIDTH, hashes - number * TILE_WIDTH)))
        level += 1
    return sorted(needed)


def _runs(indices: Sequence[int], size: int) -> Iterator[tuple[int, int]]:
    """Ascending indices as ranges, those within a bundle's length of one another as one."""
    first = last = -1
    for index in indices:
        if index >= size:
            break
        if first >= 0 and index > last + TILE_WIDTH:
            yield first, last + 1
            first = -1
        first, last = (index if first < 0 else first), index
    if first >= 0:
        yield first, last + 1
