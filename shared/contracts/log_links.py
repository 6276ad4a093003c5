"""The chains of a log, checked in bounded memory whatever the order of its entries (R-AUD-2, R-AUD-4).

Every entry becomes a *link*: a record of fixed length that begins with its chain, its sequence and its index, so that
records sorted as bytes stand as the chains do. Links of one chain share their first byte, by which a large log's links
are laid aside in parts that each fit into memory.
"""

import re
from binascii import unhexlify
from collections.abc import Iterable, Iterator
from datetime import timedelta
from hashlib import blake2b, sha256
from struct import Struct
from typing import Final, NamedTuple

from shared.contracts.event import GENESIS, Envelope
from shared.contracts.log_faults import Fault

PATIENCE: Final = timedelta(minutes=30)
"""How long an event may be on its way to the log before its absence is a finding: sweeper, queue and redeliveries."""

_LINK: Final = Struct(">16sQQ32s32s")
LINK_SIZE: Final = _LINK.size
"""Bytes of a link."""
_GENESIS: Final = bytes.fromhex(GENESIS)

# The canonical form of an envelope, RFC 8785: the members in order of name, nothing escaped. It tells nearly every
# entry at a tenth of the cost of parsing it; what does not match is parsed.
_ENVELOPE: Final = re.compile(
    rb'\{"commitment":"[0-9a-f]{64}","department":(?:null|"[a-z]{2,8}_[0-9A-Za-z_]{10,64}"),'
    rb'"id":"[a-z]{2,8}_[0-9A-Za-z_]{10,64}","previous":"([0-9a-f]{64})","sequence":(0|[1-9][0-9]{0,15}),'
    rb'"source":"([!#-\[\]-~]{1,200})","specversion":"1\.0","subject":"([a-z]{2,8}_[0-9A-Za-z_]{10,64})",'
    rb'"time":"[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9]\.[0-9]{3}Z",'
    rb'"type":"[!#-\[\]-~]{1,200}"\}'
)


class Wrong(NamedTuple):
    """An entry that does not fit its chain."""

    fault: Fault
    entry: int


class Skipped(NamedTuple):
    """Events `first` to `last` of a chain are missing, though `entry` follows them."""

    first: int
    last: int
    entry: int


def link_of(index: int, entry: bytes) -> bytes | None:
    """The link of an entry; None when it is no canonical envelope of an event."""
    found = _ENVELOPE.fullmatch(entry)
    if found is None:
        return _parsed(index, entry)
    previous, sequence, source, subject = found.groups()
    chain = blake2b(source + b"\n" + subject, digest_size=16).digest()
    return _LINK.pack(chain, int(sequence), index, sha256(entry).digest(), unhexlify(previous))


def check_links(links: Iterable[bytes]) -> Iterator[Wrong | Skipped]:
    """What is wrong with chains, given every link of each."""
    chain, last = b"", 0
    hashes: list[bytes] | set[bytes] = []
    for link in sorted(links):
        own, sequence, index, own_hash, previous = _LINK.unpack(link)
        if own != chain:
            chain, last, hashes = own, 0, [_GENESIS]
        if sequence == last:
            yield Wrong(Fault.EVENT_LOGGED_TWICE if own_hash in hashes else Fault.CHAIN_FORKED, index)
            # A set only once there are several: making one costs more than the rest of a link.
            hashes = hashes if isinstance(hashes, set) else set(hashes)
            hashes.add(own_hash)
            continue
        if sequence > last + 1:
            yield Skipped(last + 1, sequence - 1, index)
        elif previous not in hashes:
            yield Wrong(Fault.CHAIN_BROKEN, index)
        last, hashes = sequence, [own_hash]


def links_in(packed: bytes) -> list[bytes]:
    """Links given one after another."""
    return [packed[at : at + LINK_SIZE] for at in range(0, len(packed), LINK_SIZE)]


def _parsed(index: int, entry: bytes) -> bytes | None:
    try:
        envelope = Envelope.model_validate_json(entry)
        if envelope.canonical() != entry:
            return None
    except ValueError:
        return None
    if envelope.sequence < 0:
        return None
    chain = blake2b(f"{envelope.source}\n{envelope.subject}".encode(), digest_size=16).digest()
    previous = bytes.fromhex(envelope.previous)
    return _LINK.pack(chain, envelope.sequence, index, sha256(entry).digest(), previous)
