"""Verifying the whole log: who asked, how far it is, what came of each range (全量核验, R-AUD-4)."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Final, Literal, NamedTuple

from shared.contracts.log_checks import RANGE, RangeCheck, Version
from shared.contracts.log_faults import LogFault
from shared.contracts.log_spans import Span
from shared.contracts.model import Contract, Identifier, Instant, Sha256, ShortText
from shared.kernel.ids import new_id
from shared.kernel.merkle import Node
from shared.kernel.notes import Checkpoint

PREFIX: Final = "ver"

MOST_FAULTS: Final = 200
"""Findings told of the entries of one range: whoever has read so many knows."""

START: Final = "verification"
CHECK: Final = "verification_range"


class VerificationState(StrEnum):
    """Where a verification stands."""

    RUNNING = "running"  # 核验中
    FINISHED = "finished"  # 已完成


class FullVerification(Contract):
    """A verification of the whole log as it was published at `size`; every 65,536 entries are a range.

    `entries` and `findings` are those so far, or in all once it is finished. `proven`: files lead to the signed root.
    `uncompared`: entries proven but not compared with the locked copy, which lies in a class that is not read at once.
    """

    verification_id: Identifier
    client: ShortText
    reason: ShortText | None = None
    requested_at: Instant
    size: int
    root: Sha256
    ranges: int
    state: VerificationState = VerificationState.RUNNING
    ranges_done: int = 0
    entries: int = 0
    findings: int = 0
    proven: bool | None = None
    uncompared: int | None = None
    finished_at: Instant | None = None


class Progress(NamedTuple):
    """How far a verification is."""

    ranges: int = 0
    entries: int = 0
    findings: int = 0


class StartOrder(Contract):
    """Have what is not done of a verification done."""

    kind: Literal["verification"] = "verification"
    verification_id: Identifier


class RangeOrder(Contract):
    """Verify one range."""

    kind: Literal["verification_range"] = "verification_range"
    verification_id: Identifier
    start: int
    end: int
    size: int


class PlacedHash(Contract):
    """The hash of one perfect subtree."""

    level: int
    number: int
    hash: Sha256


class RangeVersion(Contract):
    """A version of a range as it is kept; `wrong_roots`: sizes at which checkpoints name another root."""

    nodes: tuple[PlacedHash, ...]
    spans: tuple[Span, ...]
    wrong_roots: tuple[int, ...]


class RangeResult(Contract):
    """What came of a range. `left`: the tree before it that its checkpoints were judged by."""

    start: int
    end: int
    versions: tuple[RangeVersion, ...]
    left: tuple[PlacedHash, ...]
    findings: int
    uncompared: int = 0

    @property
    def check(self) -> RangeCheck:
        """The result as it was."""
        return RangeCheck(self.start, self.end, tuple(map(_version, self.versions)))

    @property
    def before(self) -> dict[Node, bytes]:
        """The tree before the range."""
        return _nodes(self.left)


def new_verification(
    client: str, now: datetime, log: Checkpoint, verification_id: str | None = None
) -> FullVerification:
    """A verification of the log as it is published."""
    return FullVerification(
        verification_id=verification_id or new_id(PREFIX),
        client=client,
        requested_at=now,
        size=log.size,
        root=log.root.hex(),
        ranges=-(-log.size // RANGE),
    )


def weekly_id(day: date) -> str:
    """The id of a week's verification: whoever asks for it first has it."""
    year, week, _ = day.isocalendar()
    return f"{PREFIX}_weekly_{year}W{week:02d}"


def range_result(
    check: RangeCheck, signed: Iterable[Checkpoint], left: Mapping[Node, bytes], findings: int, uncompared: int = 0
) -> RangeResult:
    """A range's result as it is kept."""
    roots = {each.size: each.root for each in signed}
    versions = tuple(
        RangeVersion(
            nodes=_placed(version.nodes),
            spans=version.spans,
            wrong_roots=tuple(size for size, root in version.roots.items() if roots[size] != root),
        )
        for version in check.versions
    )
    return RangeResult(
        start=check.start,
        end=check.end,
        versions=versions,
        left=_placed(left),
        findings=findings,
        uncompared=uncompared,
    )


def limited(faults: Iterable[LogFault]) -> tuple[LogFault, ...]:
    """The first findings of many, each once."""
    return tuple(dict.fromkeys(faults))[:MOST_FAULTS]


def _version(kept: RangeVersion) -> Version:
    return Version(_nodes(kept.nodes), kept.spans, dict.fromkeys(kept.wrong_roots, b""))


def _placed(nodes: Mapping[Node, bytes]) -> tuple[PlacedHash, ...]:
    return tuple(PlacedHash(level=node.level, number=node.number, hash=value.hex()) for node, value in nodes.items())


def _nodes(placed: Iterable[PlacedHash]) -> dict[Node, bytes]:
    return {Node(each.level, each.number): bytes.fromhex(each.hash) for each in placed}
