"""Verifying a whole log, or an exported range of it, offline: every leaf, tile, root, chain and checkpoint (R-AUD-4).

Ranges of 65,536 entries are checked in as many processes as there are processors. What must be remembered of each entry
to check the chains, 96 bytes, is laid aside on disk in parts that fit into memory, so memory does not grow with the
log.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from itertools import islice
from tempfile import TemporaryFile
from typing import IO, Self

from localstack.log_source import CHECKPOINT, RANGE_FILE, LogRange, LogSource
from shared.contracts.event import Envelope
from shared.contracts.log_checks import RangeCheck, Row, check_range, joined_node, paths, ranges, stored
from shared.contracts.log_faults import Fault, LogFault
from shared.contracts.log_links import PATIENCE, Skipped, Wrong, check_links, link_of, links_in
from shared.contracts.log_spans import ENTRIES, Span, told
from shared.contracts.log_verdict import judge, read_note, tiled_nodes, wrong_edge, wrong_roots
from shared.kernel.merkle import Node
from shared.kernel.notes import Checkpoint, VerifierKey
from shared.kernel.tiles import TILE_WIDTH, Bundle, TileError, decode_bundle

LINKS_IN_MEMORY = 250_000
"""Links judged at once: some 50 MB."""

MOST_NAMED = 1_000
"""Findings about single entries that are named; whoever has read so many knows."""

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
    entries: int


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
    with _Spool(part.end - part.start) as spool:
        found = _Walk(source, signed, part, spool, {each.size for each in old})
        spans, roots, proven = found.walked(progress)
        faults += told(spans, signed.size)
        faults += wrong_roots(old, roots)
        faults += found.no_envelopes()
        whole = proven and not any(span.level == ENTRIES for span in spans)
        wrong, notes, chains = _chains(source, signed, part, spool, whole=whole)
    unjudged = sum(each.size not in roots and each.size <= signed.size for each in old)
    if unjudged:
        notes = (*notes, f"{unjudged} earlier checkpoints lie outside this part of the log and were not judged")
    return LogVerdict(signed, part, proven, chains, len(old) - unjudged, tuple(dict.fromkeys([*faults, *wrong])), notes)


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


# --- Ranges --------------------------------------------------------------------------------------


class _Walk:
    """Goes through the ranges of a log; gathers what the verdict is made of."""

    def __init__(self, source: LogSource, signed: Checkpoint, part: LogRange, spool: "_Spool", sizes: set[int]) -> None:
        self.source = source
        self.signed = signed
        self.part = part
        self.spool = spool
        self.sizes = sizes
        self.unreadable: list[int] = []

    def walked(self, progress: Progress) -> tuple[tuple[Span, ...], Mapping[int, bytes], bool]:
        """What is wrong with the files, the roots at the sizes asked for, and whether the signed root was reached."""
        size, part = self.signed.size, self.part
        checks: list[RangeCheck] = []
        lefts: list[tuple[RangeCheck, Mapping[Node, bytes]]] = []
        for found in self._ranges():
            checks.append(found.check)
            lefts.append((found.check, found.left))
            self.spool.add(found.links)
            self.unreadable += found.unreadable[:MOST_NAMED]
            progress(found.entries)
        beside = tiled_nodes(0, part.start, size, self.source.read)
        beside |= tiled_nodes(part.end, size, size, self.source.read)
        verdict = judge(size, self.signed.root, checks, self.source.read, beside)
        spans = list(verdict.spans)
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
        for index in self.unreadable[:MOST_NAMED]:
            yield LogFault(fault=Fault.ENTRY_NO_ENVELOPE, where=f"entry {index}")

    def _ranges(self) -> Iterator[_Range]:
        given = list(ranges(self.part.start, self.part.end))
        check = partial(_checked, self.source, self.signed.size, frozenset(self.sizes), self.spool.parts)
        if not self.source.parallel or len(given) == 1:
            yield from map(check, given)
            return
        with ProcessPoolExecutor(min(os.cpu_count() or 1, len(given))) as pool:
            yield from pool.map(check, given)


def _checked(source: LogSource, size: int, sizes: frozenset[int], parts: int, span: tuple[int, int]) -> _Range:
    """One range, in a process of its own."""
    start, end = span
    source.load(paths(start, end, size))
    links: list[list[bytes]] = [[] for _ in range(parts)]
    unreadable: list[int] = []

    def each(row: Row) -> None:
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
    return _Range(check, left, [b"".join(each) for each in links], unreadable, end - start)


# --- Chains --------------------------------------------------------------------------------------


class _Spool:
    """Links laid aside by chain, in files without a name."""

    def __init__(self, entries: int) -> None:
        self.parts = min(256, -(-entries // LINKS_IN_MEMORY) or 1)
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


def _chains(
    source: LogSource, signed: Checkpoint, part: LogRange, spool: _Spool, *, whole: bool
) -> tuple[list[LogFault], tuple[str, ...], int]:
    """What is wrong with the chains, what could not be judged of them, and how many there are."""
    faults: list[LogFault] = []
    skipped: list[Skipped] = []
    chains = 0
    for links in spool.each():
        chains += len({link[:16] for link in links})
        for found in islice(check_links(links), MOST_NAMED):
            if isinstance(found, Wrong):
                envelope = _envelope(source, found.entry, signed.size)
                faults.append(_about(found.fault, f"entry {found.entry}", envelope))
            else:
                skipped.append(found)
    if not skipped:
        return faults, (), chains
    if part.start or part.end < part.size or not whole:
        reason = "it is a part of the log" if whole else "entries are missing"
        return faults, (f"{len(skipped)} chains have gaps that cannot be judged, since {reason}",), chains
    missing, waiting = _overdue(source, signed, skipped)
    notes = (f"{waiting} chains wait for events that may still be on their way",) if waiting else ()
    return [*faults, *missing], notes, chains


def _overdue(source: LogSource, signed: Checkpoint, skipped: Iterable[Skipped]) -> tuple[list[LogFault], int]:
    """The gaps that no event can still be on its way to: what follows is half an hour older than the last entry."""
    faults: list[LogFault] = []
    waiting = 0
    newest = _envelope(source, signed.size - 1, signed.size)
    for gap in skipped:
        follower = _envelope(source, gap.entry, signed.size)
        if newest is None or follower is None or newest.time - follower.time < PATIENCE:
            waiting += 1
            continue
        named = f"event {gap.first}" if gap.first == gap.last else f"events {gap.first}–{gap.last}"
        where = f"{named} of {follower.subject} ({follower.source})"
        faults.append(LogFault(fault=Fault.EVENT_NEVER_LOGGED, where=where, subject=follower.subject))
    return faults, waiting


def _about(fault: Fault, where: str, envelope: Envelope | None) -> LogFault:
    if envelope is None:
        return LogFault(fault=fault, where=where)
    return LogFault(fault=fault, where=where, event_id=envelope.id, subject=envelope.subject)


def _envelope(source: LogSource, index: int, size: int) -> Envelope | None:
    number, within = divmod(index, TILE_WIDTH)
    content = stored(source.read, Bundle(number, min(TILE_WIDTH, size - number * TILE_WIDTH)))
    try:
        return Envelope.model_validate_json(decode_bundle(content or b"")[within])
    except (TileError, IndexError, ValueError):
        return None
