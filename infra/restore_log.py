"""Make a log again from its locked copy alone, and prove it by the log's key (R-AUD-7, ADR 24).

What comes of it is a folder laid out as C2SP tlog-tiles says: `checkpoint`, tiles, entry bundles. Nothing in the copy
is believed: every checkpoint in it must be signed by the key, and the entries must give its root at its size.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, NamedTuple, Protocol

import boto3
import typer
from botocore.exceptions import ClientError
from rich.console import Console

from infra.deploy import Place, stack_name
from infra.stacks import Stacks
from shared.kernel.frontier import Frontier
from shared.kernel.merkle import leaf_hash
from shared.kernel.notes import Checkpoint, NoteError, VerifierKey, open_checkpoint, parse_vkey
from shared.kernel.tiles import TILE_WIDTH, Bundle, Tile, TileError, decode_bundle, encode_bundle, grow

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_ENTRIES: Final = "entries/"
_CHECKPOINTS: Final = "checkpoints/"
_RANGE: Final = re.compile(rf"{_ENTRIES}(?P<start>\d{{20}})-(?P<end>\d{{20}})")
_AT_ONCE: Final = 64 * TILE_WIDTH
"""Entries written at once: so much is held in memory."""


class RestoreFailedError(RuntimeError):
    """The copy does not give the log; the text says what is wrong with it and where."""


class Copy(Protocol):
    """The locked copy, wherever it lies."""

    def paths(self, prefix: str) -> Iterator[str]:
        """The paths that begin with `prefix`, in order."""

    def read(self, path: str) -> bytes:
        """An object's content."""


@dataclass(frozen=True, slots=True)
class BucketCopy:
    """The copy in its bucket."""

    client: "S3Client"
    bucket: str

    def paths(self, prefix: str) -> Iterator[str]:
        """The paths that begin with `prefix`, a thousand a request."""
        for page in self.client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix):
            yield from (found["Key"] for found in page.get("Contents", []))

    def read(self, path: str) -> bytes:
        """An object's content. Raises RestoreFailedError for one that was put away where it cannot be read at once."""
        try:
            return self.client.get_object(Bucket=self.bucket, Key=path)["Body"].read()
        except ClientError as error:
            if error.response["Error"]["Code"] != "InvalidObjectState":
                raise
            raise RestoreFailedError(
                f"{path} lies in a storage class that is not read at once. Bring the objects under {_ENTRIES} back "
                "(aws s3api restore-object, or S3 Batch Operations), then run the same command again."
            ) from None


class Restored(NamedTuple):
    """What was made again and proven, and how many entries the copy holds beyond its last checkpoint."""

    checkpoint: Checkpoint
    checkpoints: int
    beyond: int


class _Range(NamedTuple):
    start: int
    end: int
    path: str


def restore(
    copy: Copy, key: VerifierKey, folder: Path, progress: Callable[[int], None] = lambda _size: None
) -> Restored:
    """Write the log that the copy holds into an empty folder.

    Raises RestoreFailedError when entries are missing, or are not those of a checkpoint signed by `key`; ValueError
    when there is something in the folder.
    """
    if folder.exists() and any(folder.iterdir()):
        raise ValueError(f"{folder} is not empty. Name a new folder, so that nothing there is mixed with the log.")
    signed = _Signed(copy, key)
    entries = _entries(copy)
    writing, frontier = _Writing(folder), Frontier()
    while part := list(islice(entries, min(_AT_ONCE, signed.last - frontier.size))):
        frontier = signed.checked(frontier, [leaf_hash(each) for each in part])
        writing.add(part)
        progress(frontier.size)
    if frontier.size < signed.last:
        raise RestoreFailedError(f"The copy ends after {frontier.size} entries; its last checkpoint has {signed.last}.")
    beyond = sum(1 for _ in entries)
    note, checkpoint = signed.closing()
    writing.close(note)
    return Restored(checkpoint, signed.count, beyond)


class _Signed:
    """The copy's checkpoints, each opened when the entries come to its size."""

    def __init__(self, copy: Copy, key: VerifierKey) -> None:
        self._copy = copy
        self._key = key
        self._sizes = [int(path.removeprefix(_CHECKPOINTS)) for path in copy.paths(_CHECKPOINTS)]
        if not self._sizes:
            raise RestoreFailedError("The copy holds no checkpoint: there is nothing to prove a log by.")
        self._next = 0

    @property
    def last(self) -> int:
        """The largest size there is a checkpoint of."""
        return self._sizes[-1]

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self._sizes)

    def checked(self, frontier: Frontier, hashes: Sequence[bytes]) -> Frontier:
        """The edge of the tree after these leaves; every checkpoint on the way must have its root there."""
        begin, end = frontier.size, frontier.size + len(hashes)
        while self._next < len(self._sizes) and self._sizes[self._next] <= end:
            size = self._sizes[self._next]
            frontier = frontier.grown(hashes[frontier.size - begin : size - begin])
            if self._open(size)[1].root != frontier.root:
                raise RestoreFailedError(f"The entries up to {size} are not those of the checkpoint signed at {size}.")
            self._next += 1
        return frontier.grown(hashes[frontier.size - begin :])

    def closing(self) -> tuple[bytes, Checkpoint]:
        """The last one."""
        return self._open(self.last)

    def _open(self, size: int) -> tuple[bytes, Checkpoint]:
        path = f"{_CHECKPOINTS}{size:020d}"
        note = self._copy.read(path)
        try:
            checkpoint = open_checkpoint(note, self._key)
        except NoteError as error:
            raise RestoreFailedError(f"{path}: {error}. Is it the right --key?") from None
        if checkpoint.size != size:
            raise RestoreFailedError(f"{path} is the checkpoint of {checkpoint.size} entries.")
        return note, checkpoint


class _Writing:
    """The folder being written: full tiles at once, partial ones only when the log is at its end."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._size = 0
        self._root = Frontier().root
        self._edge: Mapping[Tile, bytes] = {}
        self._unfinished: list[bytes] = []

    def add(self, entries: Sequence[bytes]) -> None:
        """Append entries."""
        growth = grow(self._size, self._root, [leaf_hash(each) for each in entries], self._edge.__getitem__)
        partial = {tile: content for tile, content in growth.tiles.items() if tile.width < TILE_WIDTH}
        for tile in growth.tiles.keys() - partial.keys():
            self._write(tile.path, growth.tiles[tile])
        changed = {tile.level for tile in growth.tiles}
        kept = {tile: content for tile, content in self._edge.items() if tile.level not in changed}
        self._edge = {**kept, **partial}
        self._bundle([*self._unfinished, *entries], growth.size)
        self._size, self._root = growth.size, growth.root

    def close(self, note: bytes) -> None:
        """Write what is partial at the end, and the checkpoint last: a folder without one is not finished."""
        for tile, content in self._edge.items():
            self._write(tile.path, content)
        if self._unfinished:
            bundle = Bundle(self._size // TILE_WIDTH, len(self._unfinished))
            self._write(bundle.path, encode_bundle(self._unfinished))
        self._write("checkpoint", note)

    def _bundle(self, entries: list[bytes], size: int) -> None:
        first = (size - len(entries)) // TILE_WIDTH
        full = len(entries) // TILE_WIDTH
        for number in range(full):
            held = entries[number * TILE_WIDTH : (number + 1) * TILE_WIDTH]
            self._write(Bundle(first + number).path, encode_bundle(held))
        self._unfinished = entries[full * TILE_WIDTH :]

    def _write(self, path: str, content: bytes) -> None:
        place = self._folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)


def _entries(copy: Copy) -> Iterator[bytes]:
    """Every entry of the copy, in order, each once; ranges may overlap, where two copied at once."""
    at = 0
    for found in _ranges(copy):
        if found.start > at:
            raise RestoreFailedError(f"The entries from {at} up to {found.start} are missing in the copy.")
        if found.end <= at:
            continue
        try:
            held = decode_bundle(copy.read(found.path))
        except TileError as error:
            raise RestoreFailedError(f"{found.path}: {error}.") from None
        if len(held) != found.end - found.start:
            raise RestoreFailedError(f"{found.path} holds {len(held)} entries.")
        yield from held[at - found.start :]
        at = found.end


def _ranges(copy: Copy) -> Iterator[_Range]:
    for path in copy.paths(_ENTRIES):
        named = _RANGE.fullmatch(path)
        if named is None:
            raise RestoreFailedError(f"{path} names no range of entries.")
        yield _Range(int(named["start"]), int(named["end"]), path)


def restore_log_command(
    *,
    stage: Annotated[str, typer.Option(help="Name of the installation, as it was deployed.")],
    key: Annotated[str, typer.Option(help="The log's public key, NAME+ID+KEY, from where you published it.")],
    out: Annotated[Path, typer.Option(help="A new folder for the log.")],
    bucket: Annotated[str, typer.Option(help="The locked copy's bucket, where the stage is gone. [its output]")] = "",
) -> None:
    """Make the log again from its locked copy, and prove it by its last checkpoint and the log's key."""
    console = Console()
    place = Place(boto3.Session())
    copy = BucketCopy(
        place.session.client("s3", endpoint_url=place.endpoint_url), bucket or locked_bucket(stage, place)
    )
    with console.status("reading the copy ...") as status:
        done = restore(copy, parse_vkey(key), out, lambda size: status.update(f"{size} entries made again"))
    console.print(
        f"{done.checkpoint.size} entries of {done.checkpoint.origin} are in {out}; "
        f"{done.checkpoints} signed checkpoints agree with them.",
        highlight=False,
    )
    if done.beyond:
        console.print(f"{done.beyond} entries came after the last checkpoint and were left out.", highlight=False)


def locked_bucket(stage: str, place: Place) -> str:
    """The bucket of a stage's locked copy. Raises ValueError where there is none."""
    cloudformation = place.session.client("cloudformation", endpoint_url=place.endpoint_url)
    found = Stacks(cloudformation).outputs(stack_name(stage, "data")).get("LockedBucket")
    if found is None:
        raise ValueError(f"Stage {stage!r} has no locked copy here. Name its bucket with --bucket, or deploy it first.")
    return found
