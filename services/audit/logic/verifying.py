"""Verifying what is new in the log since it was last verified, by the clock (R-AUD-4, ADR 26).

The verifier remembers the tree it has verified by its root and its perfect subtrees, so what it reads next is proven to
continue that very tree: nobody's consistency proof is needed. It goes from checkpoint to checkpoint, and checks every
one it passes. Where the signed root cannot be reached, or an entry has gone, it stays, and finds the same each time,
until the files are restored.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from services.audit.domain.verified import VERIFIER, Verified, verified
from services.audit.logic.faults import report
from services.audit.logic.log_files import LogFiles
from services.audit.logic.taking_entries import Taken, Whereabouts, judge_gaps, take
from services.audit.ports.chains import Chains, Tallies
from services.audit.ports.faults import Faults
from services.audit.ports.locked import Locked
from services.audit.ports.log import Log
from services.audit.ports.positions import Position, Positions
from services.audit.ports.postings import Postings
from shared.contracts.change import Context, Outdated
from shared.contracts.log_checks import RangeCheck, Row, check_range, joined_node, paths, ranges
from shared.contracts.log_faults import Fault, LogFault
from shared.contracts.log_spans import ENTRIES, told
from shared.contracts.log_verdict import Verdict, judge, read_note, tiled_nodes, wrong_edge, wrong_roots
from shared.kernel.merkle import spanning
from shared.kernel.notes import Checkpoint
from shared.kernel.tiles import TILE_WIDTH

MOST_ENTRIES = 4_096
"""Entries a step verifies at most, unless two checkpoints are further apart."""

_MOST_NOTES = 500
_OBJECT = "checkpoint"


@dataclass(frozen=True, slots=True)
class Verifying:
    """What the verifier works with; `at_once`: how many files it fetches at a time."""

    log: Log
    positions: Positions
    chains: Chains
    tallies: Tallies
    faults: Faults
    at_once: int = 16
    locked: Locked | None = None
    """The locked copy, to compare with in verifications of the whole log."""
    postings: Postings | None = None
    """The lists that auditors search by, to compute anew in verifications of the whole log."""


@dataclass(frozen=True, slots=True)
class Verification:
    """What came of a run: entries verified, findings made, those of them that are new; `stuck`: it could not go on."""

    entries: int
    found: int
    new: int
    stuck: bool


@dataclass(frozen=True, slots=True)
class _Step:
    """What a step found; `after` is what to remember if it proved anything."""

    after: Verified | None
    taken: Taken
    faults: tuple[LogFault, ...]


_NOTHING = Taken((), (), ())


def verify(verifying: Verifying, begin: Callable[[], Context], until: datetime) -> Verification:
    """Verify what was published since the last run, until the time is up.

    A step that was done before does the same again, and another run of the verifier goes on instead of this one.
    """
    first = at = verifying.positions.read(VERIFIER)
    context, found, new, stuck = begin(), 0, 0, False
    standing = tuple(_standing(verifying.log, at))
    found, new = len(standing), report(verifying.faults, standing, context)
    while context.now < until:
        signed, wrong = _signed_above(verifying.log, at.size)
        step = _step(verifying, at, signed, context.now) if signed else _Step(None, _NOTHING, ())
        faults = (*wrong, *step.faults, *step.taken.faults)
        found, new = found + len(faults), new + report(verifying.faults, faults, context)
        stuck = bool(signed) and step.after is None
        if step.after is None:
            break
        verifying.chains.keep(step.taken.chains)
        verifying.tallies.keep(step.taken.tallies)
        target = _target(at.size, signed)
        after = Position(target.size, step.after.model_dump_json())
        try:
            verifying.positions.move(VERIFIER, at, after)
        except Outdated:
            break
        at, context = after, begin()
    missing = 0 if stuck or context.now >= until else _judge(verifying, context)
    return Verification(at.size - first.size, found + missing, new + missing, stuck)


def _judge(verifying: Verifying, context: Context) -> int:
    """Report the events that had time enough to arrive; how many findings are new. Only where all is read."""
    new = 0
    for chain, faults in judge_gaps(verifying.chains, context.now):
        new += report(verifying.faults, faults, context)
        verifying.chains.keep_judged(chain)
    return new


# --- Checkpoints ---------------------------------------------------------------------------------


def _signed_above(log: Log, size: int) -> tuple[list[Checkpoint], list[LogFault]]:
    """The checkpoints after a size, and those that are not what they should be."""
    read = [read_note(note, kept, log.signer.key) for kept, note in log.ledger.checkpoints_by_size(size, _MOST_NOTES)]
    return (
        [each for each in read if isinstance(each, Checkpoint)],
        [each for each in read if isinstance(each, LogFault)],
    )


def _target(size: int, signed: Sequence[Checkpoint]) -> Checkpoint:
    """How far the next step goes: the last checkpoint it may, or the first there is."""
    near = [each for each in signed if each.size <= size + MOST_ENTRIES]
    return near[-1] if near else signed[0]


def _standing(log: Log, at: Position) -> Iterator[LogFault]:
    """What has become of the log that was verified last: nothing of it may have gone or be another."""
    if not at.size:
        return
    root, where = bytes.fromhex(Verified.model_validate_json(at.state).root), f"checkpoint {at.size}"
    note, newest = log.ledger.checkpoint(at.size), log.ledger.latest_checkpoint()
    if note is None:
        later = newest is not None and any(log.ledger.checkpoints_by_size(at.size, 1))
        yield LogFault(fault=Fault.CHECKPOINT_REMOVED if later else Fault.LOG_TRUNCATED, where=where)
    else:
        yield from _same(read_note(note, at.size, log.signer.key), root, where)
    head = log.ledger.head()
    if head.size < at.size:
        yield LogFault(fault=Fault.LOG_TRUNCATED, where=f"head {head.size}")
    elif head.size == at.size and head.root_hash != root:
        yield LogFault(fault=Fault.CHECKPOINT_CHANGED, where=f"head {head.size}")
    yield from _object(log, at.size)


def _same(found: Checkpoint | LogFault, root: bytes, where: str) -> Iterator[LogFault]:
    if isinstance(found, LogFault):
        yield found
    elif found.root != root:
        yield LogFault(fault=Fault.CHECKPOINT_CHANGED, where=where)


def _object(log: Log, size: int) -> Iterator[LogFault]:
    """What those see who read the log's files: their checkpoint is the log's, and no older than what was verified."""
    note, where = LogFiles(log.objects, 1)(_OBJECT), f"object {_OBJECT}"
    if note is None:
        yield LogFault(fault=Fault.CHECKPOINT_REMOVED, where=where)
        return
    found = read_note(note.decode(errors="replace"), None, log.signer.key)
    if isinstance(found, LogFault):
        yield found.model_copy(update={"where": where})
    elif not _is_the_logs(log, found):
        yield LogFault(fault=Fault.CHECKPOINT_CHANGED, where=f"{where} (size {found.size})")
    elif found.size < size:
        yield LogFault(fault=Fault.LOG_TRUNCATED, where=where)


def _is_the_logs(log: Log, shown: Checkpoint) -> bool:
    """Whether a checkpoint that was shown to readers is the one published at its size, or the head about to be.

    The head is read first: it goes on only when its own checkpoint is published. What is published and cannot be read
    contradicts nothing, and is a finding by itself.
    """
    head = log.ledger.head()
    if (shown.size, shown.root) == (head.size, head.root_hash):
        return True
    note = log.ledger.checkpoint(shown.size)
    if note is None:
        return False
    kept = read_note(note, shown.size, log.signer.key)
    return isinstance(kept, LogFault) or kept.text == shown.text


# --- One step ------------------------------------------------------------------------------------


def _step(verifying: Verifying, at: Position, signed: Sequence[Checkpoint], now: datetime) -> _Step:
    log, memory = verifying.log, Verified.model_validate_json(at.state)
    target = _target(at.size, signed)
    size, begin = target.size, at.size // TILE_WIDTH * TILE_WIDTH
    passed = [each for each in signed if each.size <= size]
    read = LogFiles(log.objects, verifying.at_once)
    where, entries = Whereabouts(log, size, read), dict[int, bytes]()

    def each(row: Row) -> None:
        if not row.sound:
            where.seen(row.entries or ())
        entries.update(
            (index, data) for index, data in enumerate(row.entries or (), row.start) if at.size <= index < size
        )

    nodes = memory.nodes(at.size)
    left = {node: nodes[node] for node in spanning(0, begin)}
    known, checks = dict(left), list[RangeCheck]()
    for start, end in ranges(at.size, size):
        read.load(paths(start, end, size))
        sizes = [asked for asked in (at.size, *(found.size for found in passed)) if start < asked <= end]
        checks.append(check_range(start, end, size, read, left=known, sizes=sizes, strayed=where.strayed, each=each))
        known |= checks[-1].versions[0].nodes
    verdict = judge(size, target.root, checks, read, left)
    other = _another_history(verdict, at, memory, target, checks, read)
    if other is not None:
        return _Step(None, _NOTHING, (other,))
    faults = [*verdict.faults(size), *wrong_roots(passed, verdict.roots)]
    if not verdict.proven or any(span.level == ENTRIES for span in verdict.spans):
        return _Step(None, _NOTHING, tuple(faults))
    faults += told(wrong_edge(size, verdict.nodes, read), size)
    edge = {node: joined_node(node, verdict.nodes) or b"" for node in spanning(0, size)}
    taken = take(log, verifying.chains, verifying.tallies, entries, size, read, now)
    return _Step(verified(size, target.root, edge), taken, tuple(dict.fromkeys(faults)))


def _another_history(
    verdict: Verdict, at: Position, memory: Verified, target: Checkpoint, checks: Sequence[RangeCheck], read: LogFiles
) -> LogFault | None:
    """The finding that a checkpoint was signed which does not continue the tree that was verified."""
    fault = LogFault(fault=Fault.CHECKPOINT_CHANGED, where=f"checkpoint {target.size} after {at.size}")
    if verdict.proven:
        same = verdict.roots.get(at.size, bytes.fromhex(memory.root)) == bytes.fromhex(memory.root)
        return None if same else fault
    begin = at.size // TILE_WIDTH * TILE_WIDTH
    tiled = tiled_nodes(0, begin, target.size, read)
    return fault if begin and judge(target.size, target.root, checks, read, tiled).proven else None
