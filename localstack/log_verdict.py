"""Verifying a whole log, or an exported range of it, offline: every leaf, tile, root, chain and checkpoint (R-AUD-4).

Ranges of 65,536 entries are checked in as many processes as there are processors. Memory does not grow with the log.
"""

import os
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import islice

from localstack.log_chains import MOST_NAMED, Spool, judge_chains
from localstack.log_source import CHECKPOINT, RANGE_FILE, LogRange, LogSource
from shared.contracts.log_checks import RANGE, RangeCheck, Row, check_range, joined_node, paths, ranges
from shared.contracts.log_faults import Fault, LogFault
from shared.contracts.log_links import link_of
from shared.contracts.log_spans import ENTRIES, Span, told
from shared.contracts.log_verdict import judge, read_note, tiled_nodes, wrong_edge, wrong_roots
from shared.kernel.merkle import Node
from shared.kernel.notes import Checkpoint, VerifierKey
from shared.kernel.tiles import TILE_WIDTH

MOST_GONE = 16
"""Neighbouring ranges of which not one file is there, a million entries, after which nothing more is looked for."""

_AHEAD = 4
"""Ranges under way for each process."""

Progress = Callable[[int], None]
"""Told of so many more entries."""


class NoLogError(ValueError):
    """There is no log at that place. The text says what is missing."""


@dataclass(frozen=True, slots=True)
class LogVerdict:
    """What was found of a log. `notes`: what could not be judged, and why, in words."""

    checkpoint: Checkpoint | None
    range: LogRange | None
    proven: bool
    chains: int
    earlier: int
    faults: tuple[LogFault, ...]
    notes: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Whether everything was proven and nothing found."""
        return self.proven and not self.faults


@dataclass(frozen=True, slots=True)
class _Range:
    """What a process found of one range, and the links of its entries."""

    check: RangeCheck
    left: Mapping[Node, bytes]
    links: list[bytes]
    unreadable: list[int]
    there: bool
    """Whether any of its files is."""


def verify_log(
    source: LogSource,
    key: VerifierKey,
    earlier: Sequence[bytes] = (),
    progress: Progress = lambda _: None,
    begin: Progress = lambda _: None,
) -> LogVerdict:
    """Verify a log by its key.

    `earlier`: signed checkpoints of before, which the log must continue. `begin` is told how many entries there are,
    `progress` how many more were checked. Raises NoLogError, LogUnreadableError.
    """
    signed = _checkpoint(source, key)
    if isinstance(signed, LogFault):
        return LogVerdict(None, None, False, 0, 0, (signed,), ())
    part = _range(source, signed)
    begin(part.end - part.start)
    before = [read_note(note.decode(errors="replace"), None, key) for note in earlier]
    old = [each for each in before if isinstance(each, Checkpoint)]
    faults = [
        each.model_copy(update={"where": "an earlier checkpoint"}) for each in before if isinstance(each, LogFault)
    ]
    faults += [
        LogFault(fault=Fault.LOG_TRUNCATED, where=f"checkpoint {each.size}") for each in old if each.size > signed.size
    ]
    with Spool(part.end - part.start) as spool:
        found = _Walk(source, signed, part, spool, {each.size for each in old})
        spans, roots, proven = found.walked(progress)
        faults += told(spans, signed.size)
        faults += wrong_roots(old, roots)
        faults += found.no_envelopes()
        looked_for = found.looked_for()
        whole = proven and not any(span.level == ENTRIES for span in spans)
        gaps = _gaps(part, whole=whole)
        named, notes, chains = judge_chains(source, signed.size, spool, gaps)
    notes = (*notes, *looked_for)
    outside = sum(each.size not in roots and each.size <= signed.size for each in old)
    if outside:
        notes = (*notes, f"{outside} earlier checkpoints lie outside this part of the log and were not judged")
    told_of = tuple(dict.fromkeys([*faults, *named.faults]))
    return LogVerdict(signed, part, proven, chains, len(old) - outside, told_of, notes)


def _checkpoint(source: LogSource, key: VerifierKey) -> Checkpoint | LogFault:
    note = source.read(CHECKPOINT)
    if note is None:
        raise NoLogError(f"there is no file named {CHECKPOINT}")
    found = read_note(note.decode(errors="replace"), None, key)
    return found if isinstance(found, Checkpoint) else found.model_copy(update={"where": "the checkpoint"})


def _range(source: LogSource, signed: Checkpoint) -> LogRange:
    content = source.read(RANGE_FILE)
    if content is None:
        return LogRange(start=0, end=signed.size, size=signed.size)
    try:
        found = LogRange.model_validate_json(content)
    except ValueError:
        raise NoLogError(f"{RANGE_FILE} does not say which part of the log this is") from None
    fits = found.start % TILE_WIDTH == 0 and 0 <= found.start < found.end <= found.size == signed.size
    if not fits or (found.end % TILE_WIDTH and found.end != found.size):
        raise NoLogError(f"{RANGE_FILE} does not fit the checkpoint")
    return found


def _gaps(part: LogRange, *, whole: bool) -> str:
    """Why gaps in chains say nothing; "" where they do."""
    if not whole:
        return "entries are missing"
    return "it is a part of the log" if part.start or part.end < part.size else ""


# --- Ranges --------------------------------------------------------------------------------------


class _Walk:
    """Goes through the ranges of a log; gathers what the verdict is made of."""

    def __init__(self, source: LogSource, signed: Checkpoint, part: LogRange, spool: Spool, sizes: set[int]) -> None:
        self.source = source
        self.signed = signed
        self.part = part
        self.spool = spool
        self.sizes = sizes
        self.unreadable: list[int] = []
        self.end = part.end

    def walked(self, progress: Progress) -> tuple[tuple[Span, ...], Mapping[int, bytes], bool]:
        """What is wrong with the files, the roots at the sizes asked for, and whether the signed root was reached."""
        size, part = self.signed.size, self.part
        checks: list[RangeCheck] = []
        lefts: list[tuple[RangeCheck, Mapping[Node, bytes]]] = []
        gone = 0
        for found in self._ranges():
            checks.append(found.check)
            lefts.append((found.check, found.left))
            self.spool.add(found.links)
            self.unreadable += found.unreadable[: MOST_NAMED - len(self.unreadable)]
            progress(found.check.end - found.check.start)
            gone = 0 if found.there else gone + 1
            # Whoever signs a log of 2^40 entries and hands over none must not keep a judge for years.
            if gone > MOST_GONE:
                self.end = found.check.end
                break
        beside = tiled_nodes(0, part.start, size, self.source.read)
        beside |= tiled_nodes(part.end, size, size, self.source.read)
        verdict = judge(size, self.signed.root, checks, self.source.read, beside)
        spans = list(verdict.spans)
        if self.end < part.end:
            spans.append(Span(Fault.ENTRIES_REMOVED, ENTRIES, self.end, part.end - 1))
        if verdict.proven:
            spans += wrong_edge(size, verdict.nodes, self.source.read)
        sound = {
            asked: root
            for check, left in lefts
            if all(joined_node(node, verdict.nodes) == value for node, value in left.items())
            for asked, root in verdict.roots.items()
            if check.start < asked <= check.end
        }
        return tuple(dict.fromkeys(spans)), sound, verdict.proven

    def no_envelopes(self) -> Iterator[LogFault]:
        """Entries that the sealer did not write."""
        for index in self.unreadable:
            yield LogFault(fault=Fault.ENTRY_NO_ENVELOPE, where=f"entry {index}")

    def looked_for(self) -> Iterator[str]:
        """Where the walk ended, if not at the end."""
        if self.end < self.part.end:
            yield f"of {(MOST_GONE + 1) * RANGE} entries up to {self.end} no file is there; none beyond was looked for"

    def _ranges(self) -> Iterator[_Range]:
        given = ranges(self.part.start, self.part.end)
        check = partial(_checked, self.source, self.signed.size, frozenset(self.sizes), self.spool.parts)
        count = -(-self.part.end // RANGE) - self.part.start // RANGE
        if not self.source.parallel or count <= 1:
            yield from map(check, given)
            return
        workers = min(os.cpu_count() or 1, count)
        with ProcessPoolExecutor(workers) as pool:
            under_way = deque(pool.submit(check, span) for span in islice(given, workers * _AHEAD))
            while under_way:
                yield under_way.popleft().result()
                under_way.extend(pool.submit(check, span) for span in islice(given, 1))


def _checked(source: LogSource, size: int, sizes: frozenset[int], parts: int, span: tuple[int, int]) -> _Range:
    """One range, in a process of its own."""
    start, end = span
    source.load(paths(start, end, size))
    links: list[list[bytes]] = [[] for _ in range(parts)]
    unreadable: list[int] = []
    there = False

    def each(row: Row) -> None:
        nonlocal there
        there = there or not row.gone or row.tiled is not None
        if row.sound:
            for index, entry in enumerate(row.entries or (), row.start):
                link = link_of(index, entry)
                if link is None:
                    unreadable.append(index)
                else:
                    links[link[0] % parts].append(link)

    asked = sorted(each_size for each_size in sizes if start < each_size <= end)
    left = tiled_nodes(0, start, size, source.read) if asked else {}
    check = check_range(start, end, size, source.read, left=left, sizes=asked, each=each)
    return _Range(check, left, [b"".join(each) for each in links], unreadable, there)
