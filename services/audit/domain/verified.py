"""What the verifier remembers of the log, and what it makes of entries: links, counts, index findings (R-AUD-4)."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from services.audit.domain.chains import ChainKey, Link, link_of
from services.audit.domain.log import Leaf
from services.audit.domain.tallies import TallyKey, tally_key
from shared.contracts.event import Envelope
from shared.contracts.log_faults import Fault, LogFault
from shared.contracts.model import Contract, Sha256
from shared.kernel.canonical import sha256_hex
from shared.kernel.merkle import EMPTY_ROOT, Node, leaf_hash, spanning

VERIFIER = "verifier"
"""The verifier's name among the log's followers."""


class Verified(Contract):
    """The log as it was last verified: its root, and the perfect subtrees it is made of, from left to right."""

    root: Sha256 = EMPTY_ROOT.hex()
    edge: tuple[Sha256, ...] = ()

    def nodes(self, size: int) -> dict[Node, bytes]:
        """The remembered subtrees of a log of that size, by their place."""
        return dict(zip(spanning(0, size), map(bytes.fromhex, self.edge), strict=True))


def verified(size: int, root: bytes, nodes: Mapping[Node, bytes]) -> Verified:
    """What to remember of a log that was proven. `nodes` hold every subtree it is made of."""
    return Verified(root=root.hex(), edge=tuple(nodes[node].hex() for node in spanning(0, size)))


@dataclass(frozen=True, slots=True)
class Read:
    """An entry that is the envelope of an event."""

    index: int
    envelope: Envelope
    leaf: str
    hash: str

    @property
    def where(self) -> str:
        """What the entry is called."""
        return f"entry {self.index}"

    @property
    def chain(self) -> ChainKey:
        """Its chain."""
        return ChainKey(self.envelope.source, self.envelope.subject)

    def fault(self, fault: Fault) -> LogFault:
        """A finding about this entry."""
        return LogFault(fault=fault, where=self.where, event_id=self.envelope.id, subject=self.envelope.subject)


def read_entries(entries: Mapping[int, bytes]) -> tuple[list[Read], list[LogFault]]:
    """The envelopes among entries, in the log's order; and those that are none."""
    found: list[Read] = []
    faults: list[LogFault] = []
    for index, data in sorted(entries.items()):
        envelope = _envelope(data)
        if envelope is None:
            faults.append(LogFault(fault=Fault.ENTRY_NO_ENVELOPE, where=f"entry {index}"))
        else:
            found.append(Read(index, envelope, leaf_hash(data).hex(), sha256_hex(data)))
    return found, faults


def _envelope(data: bytes) -> Envelope | None:
    try:
        envelope = Envelope.model_validate_json(data)
        return envelope if envelope.canonical() == data else None
    except ValueError:
        return None


def by_chain(entries: Sequence[Read]) -> Mapping[ChainKey, list[Link]]:
    """What entries say of their chains."""
    found: dict[ChainKey, list[Link]] = defaultdict(list)
    for entry in entries:
        found[entry.chain].append(link_of(entry.index, entry.envelope, entry.hash))
    return found


def by_day(entries: Sequence[Read]) -> Mapping[TallyKey, list[int]]:
    """Where entries are counted."""
    found: dict[TallyKey, list[int]] = defaultdict(list)
    for entry in entries:
        found[tally_key(entry.envelope)].append(entry.index)
    return found


def misplaced(entries: Sequence[Read], leaves: Mapping[str, Leaf]) -> Iterator[tuple[Read, Leaf]]:
    """The entries whose event's index row names another place."""
    for entry in entries:
        leaf = leaves.get(entry.envelope.id)
        if leaf is not None and leaf.index != entry.index:
            yield entry, leaf


def index_faults(entries: Sequence[Read], leaves: Mapping[str, Leaf]) -> Iterator[tuple[LogFault, int]]:
    """The entries without an index row, and those whose row names their place but another hash; with their index."""
    for entry in entries:
        leaf = leaves.get(entry.envelope.id)
        if leaf is None:
            yield entry.fault(Fault.INDEX_REMOVED), entry.index
        elif leaf.index == entry.index and leaf.hash != entry.leaf:
            yield entry.fault(Fault.INDEX_CHANGED), entry.index


def link_fault(link: Link, subject: str, fault: Fault) -> LogFault:
    """A finding about one link of a chain."""
    return LogFault(fault=fault, where=f"entry {link.index}", event_id=link.event_id, subject=subject)


def gap_fault(first: int, last: int, key: ChainKey) -> LogFault:
    """Events that never reached the log."""
    named = f"event {first}" if first == last else f"events {first}–{last}"
    where = f"{named} of {key.subject} ({key.source})"
    return LogFault(fault=Fault.EVENT_NEVER_LOGGED, where=where, subject=key.subject)
