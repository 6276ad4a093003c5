"""A log to measure with: envelopes like real ones, a few events to a chain, laid out in a folder as C2SP tlog-tiles."""

from collections.abc import Iterator
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from shared.kernel.merkle import EMPTY_ROOT, leaf_hash
from shared.kernel.notes import Checkpoint, SigningKey, VerifierKey, open_checkpoint, sign_checkpoint
from shared.kernel.tiles import TILE_WIDTH, decode_bundle, encode_bundle, grow, new_bundles

ORIGIN: Final = "bench.example/log"
_PRIVATE: Final = Ed25519PrivateKey.from_private_bytes(sha256(ORIGIN.encode()).digest())
SIGNER: Final = SigningKey(VerifierKey(ORIGIN, _PRIVATE.public_key().public_bytes_raw()), _PRIVATE.sign)

_CHAIN: Final = 4
"""Events of one case."""
_AT_ONCE: Final = TILE_WIDTH * TILE_WIDTH
_GENESIS: Final = "0" * 64


def envelopes(count: int) -> Iterator[bytes]:
    """Canonical envelopes, each different, chained as services chain them. Written as text: no event is behind them."""
    previous = _GENESIS
    for number in range(count):
        sequence = number % _CHAIN + 1
        if sequence == 1:
            previous = _GENESIS
        data = (
            f'{{"commitment":"{sha256(b"%d" % number).hexdigest()}","department":"dept_market_regulation",'
            f'"id":"evt_{number:026d}","previous":"{previous}","sequence":{sequence},"source":"/shenguan/handover",'
            f'"specversion":"1.0","subject":"case_{number // _CHAIN:026d}","time":"2026-03-06T01:30:00.000Z",'
            f'"type":"push.delivered.v1"}}'
        ).encode()
        previous = sha256(data).hexdigest()
        yield data


def write_log(folder: Path, count: int) -> None:
    """The log of so many envelopes, in a folder: checkpoint, tiles, bundles."""
    given = envelopes(count)
    size, root = 0, EMPTY_ROOT
    while batch := list(islice(given, _AT_ONCE)):
        growth = grow(size, root, [leaf_hash(each) for each in batch], lambda tile: (folder / tile.path).read_bytes())
        for tile, content in growth.tiles.items():
            _write(folder / tile.path, content)
        for bundle in new_bundles(size, growth.size):
            begin = bundle.start - size
            _write(folder / bundle.path, encode_bundle(batch[begin : begin + bundle.width]))
        size, root = growth.size, growth.root
    note = sign_checkpoint(Checkpoint(ORIGIN, size, root), SIGNER.key, SIGNER.sign)
    _write(folder / "checkpoint", note.encode().encode())


def read_entries(folder: Path, count: int) -> Iterator[bytes]:
    """The first entries of a log in a folder."""
    size = open_checkpoint((folder / "checkpoint").read_bytes(), SIGNER.key).size
    for bundle in new_bundles(0, size)[: -(-count // TILE_WIDTH)]:
        yield from decode_bundle((folder / bundle.path).read_bytes())[: count - bundle.start]


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
