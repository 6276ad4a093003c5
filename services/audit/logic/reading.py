"""What anyone may read of the log: its checkpoint, its files, its entries, whether it is sealing (R-AUD-3, R-AUD-6)."""

from collections.abc import Callable, Iterator
from contextlib import suppress

from services.audit.ports.log import Log, Missing
from shared.kernel.errors import Refused
from shared.kernel.merkle import EMPTY_ROOT, HASH_SIZE
from shared.kernel.notes import Checkpoint, open_checkpoint
from shared.kernel.tiles import TILE_WIDTH, Bundle, Tile, decode_bundle, encode_bundle, parse_path


def checkpoint(log: Log) -> str:
    """The last published checkpoint, signed. Raises Refused("not_found") in the log's first minute."""
    note = log.ledger.latest_checkpoint()
    if note is None:
        raise Refused("not_found", id="checkpoint")
    return note


def cosigned(log: Log) -> str:
    """The largest checkpoint that enough witnesses cosigned. Raises Refused("not_found") before the first."""
    note = log.ledger.cosigned()
    if note is None:
        raise Refused("not_found", id="checkpoint/cosigned")
    return note


def published(log: Log) -> Checkpoint:
    """The last published checkpoint, opened; that of the empty log in its first minute."""
    note = log.ledger.latest_checkpoint()
    return open_checkpoint(note, log.signer.key) if note else Checkpoint(log.signer.key.name, 0, EMPTY_ROOT)


def tile(log: Log, path: str) -> bytes:
    """A tile or an entry bundle by its C2SP path. Raises Refused("not_found").

    A partial one that was tidied away is the beginning of the full one, so that whoever holds an old checkpoint is
    answered as on the day it was signed.
    """
    with suppress(Missing):
        return content(log, _named(path))
    raise Refused("not_found", id=path)


def content(log: Log, named: Tile | Bundle) -> bytes:
    """What a tile or an entry bundle holds, also a partial one of an older tree. Raises Missing."""
    with suppress(Missing):
        return log.objects.read(named.path)
    return _beginning(named, log.objects.read(_full(named).path))


def tile_link(log: Log, path: str) -> str:
    """Where a tile or an entry bundle can be read without us. Raises Refused("not_found") for what names none."""
    return log.objects.link(_named(path).path)


def entries(log: Log, start: int, end: int, size: int) -> Iterator[tuple[int, bytes]]:
    """Index and bytes of the entries from `start` up to `end`, exclusive, of a log published at `size`.

    A bundle is read once. They are as good as the object store: whoever relies on them checks them against the tree.
    Raises Missing for a bundle that has gone.
    """
    for number in range(start // TILE_WIDTH, -(-end // TILE_WIDTH)):
        bundle = Bundle(number, min(TILE_WIDTH, size - number * TILE_WIDTH))
        for index, data in enumerate(decode_bundle(content(log, bundle)), bundle.start):
            if start <= index < end:
                yield index, data


def tiles(log: Log) -> Callable[[Tile], bytes]:
    """The log's tiles, as its object store answers them: not to be trusted unverified."""
    return lambda tile: content(log, tile)


def _named(path: str) -> Tile | Bundle:
    """What the path names: nothing but tiles and bundles is public of the bucket."""
    try:
        return parse_path(path)
    except ValueError:
        raise Refused("not_found", id=path) from None


def _full(named: Tile | Bundle) -> Tile | Bundle:
    return Tile(named.level, named.number) if isinstance(named, Tile) else Bundle(named.number)


def _beginning(named: Tile | Bundle, full: bytes) -> bytes:
    if isinstance(named, Tile):
        return full[: named.width * HASH_SIZE]
    return encode_bundle(decode_bundle(full)[: named.width])
