"""Put the files of a log that was made again back into the live log's bucket (R-AUD-7, ADR 24).

Of the folder only entries and checkpoint are read, and proven by the key once more; tiles are made of them. What is in
the bucket as it should be is left alone. What is replaced stays as an old version, for whoever looks into the damage.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import boto3
import typer
from rich.console import Console

from infra.deploy import Place
from infra.log_files import LogFiles
from infra.restore_log import data_output
from services.audit.ports.log import Missing, Objects
from services.audit.store.objects import S3Objects
from shared.kernel.frontier import Frontier
from shared.kernel.merkle import leaf_hash
from shared.kernel.notes import Checkpoint, NoteError, VerifierKey, open_checkpoint, parse_vkey
from shared.kernel.tiles import TILE_WIDTH, Bundle, Tile, TileError, decode_bundle, new_bundles, parse_path

_CHECKPOINT = "checkpoint"


class PutBackFailedError(RuntimeError):
    """Nothing, or not all, was put back; the text says why and what to do."""


@dataclass
class PutBack:
    """What came of it, by path."""

    missing: list[str] = field(default_factory=list)
    """Put where nothing was."""
    changed: list[str] = field(default_factory=list)
    """Put over something else."""
    further: list[str] = field(default_factory=list)
    """Left alone: they are not as they should be, but go on beyond what was made again."""


def put_back(
    folder: Path,
    key: VerifierKey,
    live: Objects,
    *,
    check: bool = False,
    progress: Callable[[int], None] = lambda _size: None,
) -> PutBack:
    """Have the live log's files be those of the folder as far as that goes; `check`: only say which are not.

    Raises PutBackFailedError when the folder is not a log that the key signed.
    """
    note, signed = _proven(folder, key)
    done = PutBack()

    def write(path: str, content: bytes) -> None:
        if path == _CHECKPOINT:
            return
        further = list(_further(live, path, content))
        done.further += (each for each, as_it_should_be in further if not as_it_should_be)
        if not further:
            _put(live, path, content, done, check=check)

    files = LogFiles(write)
    for entries in _entries(folder, signed.size):
        files.add(entries)
        progress(len(entries))
    files.close(note)
    if not check and not done.further:
        live.put_checkpoint(note.decode(), key)
    return done


def _proven(folder: Path, key: VerifierKey) -> tuple[bytes, Checkpoint]:
    """The folder's checkpoint, which its entries lead to."""
    try:
        note = (folder / _CHECKPOINT).read_bytes()
        signed = open_checkpoint(note, key)
        edge = Frontier()
        for entries in _entries(folder, signed.size):
            edge = edge.grown(map(leaf_hash, entries))
    except (OSError, NoteError, TileError) as error:
        raise PutBackFailedError(f"{folder} holds no whole log of this key: {error}. Nothing was put back.") from None
    if (edge.size, edge.root) != (signed.size, signed.root):
        raise PutBackFailedError(f"The entries in {folder} are not those that were signed. Nothing was put back.")
    return note, signed


def _entries(folder: Path, size: int) -> Iterator[tuple[bytes, ...]]:
    for bundle in new_bundles(0, size):
        yield decode_bundle((folder / bundle.path).read_bytes())


def _put(live: Objects, path: str, content: bytes, done: PutBack, *, check: bool) -> None:
    try:
        there = live.read(path)
    except Missing:
        done.missing.append(path)
    else:
        if there == content:
            return
        done.changed.append(path)
        if not check:
            live.delete([path])
    if not check:
        live.put(path, content)


def _further(live: Objects, path: str, content: bytes) -> Iterator[tuple[str, bool]]:
    """The live files that go on where a partial one ends, and whether they begin as it."""
    named = parse_path(path)
    if named.width == TILE_WIDTH:
        return
    full = Tile(named.level, named.number) if isinstance(named, Tile) else Bundle(named.number)
    for other in live.below(full.path):
        try:
            wider = parse_path(other).width > named.width
        except ValueError:
            continue
        if wider:
            yield other, live.read(other).startswith(content)


def put_log_back_command(
    *,
    stage: Annotated[str, typer.Option(help="Name of the installation, as it was deployed.")],
    key: Annotated[str, typer.Option(help="The log's public key, NAME+ID+KEY, from where you published it.")],
    folder: Annotated[Path, typer.Option("--from", help="The folder that restore-log made.")],
    check: Annotated[bool, typer.Option("--check", help="Only say what is not as signed; exit 1 if anything.")] = False,
) -> None:
    """Put the files of a log that restore-log made back into the live log: those that are missing or were changed."""
    console = Console()
    place = Place(boto3.Session())
    client = place.session.client("s3", endpoint_url=place.endpoint_url)
    live = S3Objects(client, data_output(stage, place, "LogBucket", "no log"))
    compared = 0
    with console.status("comparing ...") as status:

        def progress(entries: int) -> None:
            nonlocal compared
            compared += entries
            status.update(f"{compared} entries compared")

        done = put_back(folder, parse_vkey(key), live, check=check, progress=progress)
    for said, paths in (("was missing", done.missing), ("was changed", done.changed)):
        for path in paths:
            console.print(f"{path} {said}{'' if check else ', and is put back'}.", markup=False, highlight=False)
    if done.further:
        raise PutBackFailedError(
            "\n".join(f"{path} is not as it should be." for path in done.further)
            + "\nThese files go on beyond the log in the folder, so they were left alone. Make it again with "
            "restore-log --live, which takes what was not copied yet from their older versions."
        )
    if check and (done.missing or done.changed):
        raise typer.Exit(1)
    console.print("The live log's files are those that were signed." if not check else "All is there.", highlight=False)
