"""What verified entries say: of their events' index rows, of their chains, of how many there are (R-AUD-4)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from services.audit.domain.chains import Absorbed, Chain, ChainKey, Misfit, absorb, judge
from services.audit.domain.log import Leaf
from services.audit.domain.tallies import Tally
from services.audit.domain.verified import (
    Read,
    by_chain,
    by_day,
    gap_fault,
    index_faults,
    link_fault,
    misplaced,
    read_entries,
)
from services.audit.ports.chains import Chains, Tallies
from services.audit.ports.log import Log
from shared.contracts.log_checks import ReadFile, stored
from shared.contracts.log_faults import Fault, LogFault
from shared.kernel.merkle import leaf_hash
from shared.kernel.tiles import TILE_WIDTH, Bundle, TileError, decode_bundle


@dataclass(frozen=True, slots=True)
class Taken:
    """What to remember after some entries, and what was found of them."""

    chains: tuple[Chain, ...]
    tallies: tuple[Tally, ...]
    faults: tuple[LogFault, ...]


def take(
    log: Log, chains: Chains, tallies: Tallies, entries: Mapping[int, bytes], size: int, read: ReadFile, now: datetime
) -> Taken:
    """Look at entries of a log of some size, by index. Nothing is written: to do it again gives the same."""
    found, faults = read_entries(entries)
    wrong = list(index_wrongs(leaves_of(log, found), found, size, read))
    faults += [fault for _, fault in wrong]
    twice = {index for index, fault in wrong if fault.fault is Fault.EVENT_LOGGED_TWICE}
    absorbed = _absorbed(chains, found, now)
    for key, after in absorbed.items():
        faults += _misfits(key, after, twice)
    counts = by_day(found)
    before = tallies.of(counts.keys())
    counted = (before.get(key, Tally(source=key.source, day=key.day)).with_entries(at) for key, at in counts.items())
    return Taken(tuple(each.chain for each in absorbed.values()), tuple(counted), tuple(faults))


def judge_gaps(chains: Chains, now: datetime) -> Iterator[tuple[Chain, tuple[LogFault, ...]]]:
    """The chains whose missing events had time enough to arrive, as judged, and what never arrived."""
    due = tuple(dict.fromkeys(chains.due(now)))
    for key, chain in chains.of(due).items():
        judged = judge(chain, now)
        if judged.gaps:
            yield judged.chain, tuple(gap_fault(gap.first, gap.last, key) for gap in judged.gaps)


def leaves_of(log: Log, entries: Sequence[Read]) -> Mapping[str, Leaf]:
    """The index rows of entries, by event."""
    return log.ledger.leaves([entry.envelope.id for entry in entries])


def index_wrongs(
    leaves: Mapping[str, Leaf], entries: Sequence[Read], size: int, read: ReadFile
) -> Iterator[tuple[int, LogFault]]:
    """What is wrong with the index rows of entries, by the entry's index.

    A row that names another place where the same event is says that the event was logged twice.
    """
    for fault, index in index_faults(entries, leaves):
        yield index, fault
    for entry, leaf in misplaced(entries, leaves):
        twice = _holds(leaf.index, entry, size, read)
        yield entry.index, entry.fault(Fault.EVENT_LOGGED_TWICE if twice else Fault.INDEX_CHANGED)


def entry_at(index: int, size: int, read: ReadFile) -> bytes | None:
    """An entry as it is stored; None where there is none."""
    number, within = divmod(index, TILE_WIDTH)
    width = min(TILE_WIDTH, size - number * TILE_WIDTH)
    content = stored(read, Bundle(number, width)) if width > 0 else None
    try:
        held = decode_bundle(content) if content is not None else ()
    except TileError:
        held = ()
    return held[within] if within < len(held) else None


class Whereabouts:
    """Whether entries that lie where they do not belong belong elsewhere, by their events' index rows."""

    def __init__(self, log: Log, size: int, read: ReadFile) -> None:
        self._log = log
        self._size = size
        self._read = read
        self._seen: dict[bytes, bytes] = {}

    def seen(self, entries: Sequence[bytes]) -> None:
        """Remember entries of a bundle that was damaged."""
        self._seen |= {leaf_hash(entry): entry for entry in entries}

    def strayed(self, leaf: bytes) -> bool:
        """Whether the entry of that hash has a place of its own and is not there."""
        data = self._seen.get(leaf)
        found, _ = read_entries({0: data}) if data is not None else ([], [])
        home: Leaf | None = None
        for entry in found:
            home = self._log.ledger.leaves([entry.envelope.id]).get(entry.envelope.id)
        if home is None or home.hash != leaf.hex():
            return False
        return entry_at(home.index, self._size, self._read) != data


def _holds(index: int, entry: Read, size: int, read: ReadFile) -> bool:
    data = entry_at(index, size, read) if index < size else None
    found, _ = read_entries({index: data}) if data is not None else ([], [])
    return any(each.envelope.id == entry.envelope.id for each in found)


def _absorbed(chains: Chains, entries: Sequence[Read], now: datetime) -> dict[ChainKey, Absorbed]:
    links = by_chain(entries)
    known = chains.of(links.keys())
    empty = {key: Chain(source=key.source, subject=key.subject) for key in links}
    return {key: absorb(known.get(key, empty[key]), said, now) for key, said in links.items()}


def _misfits(key: ChainKey, absorbed: Absorbed, twice: set[int]) -> Iterator[LogFault]:
    for misfit in absorbed.misfits:
        if misfit.link.index not in twice:
            yield link_fault(misfit.link, key.subject, _fault_of(misfit))
    for gap in absorbed.dropped:
        yield gap_fault(gap.first, gap.last, key)


def _fault_of(misfit: Misfit) -> Fault:
    if misfit.repeated:
        return Fault.EVENT_LOGGED_TWICE
    return Fault.CHAIN_FORKED if misfit.forked else Fault.CHAIN_BROKEN
