"""Make a log again from its locked copy, and prove it by the log's key (R-AUD-7, ADR 24).

What comes of it is a folder laid out as C2SP tlog-tiles says: `checkpoint`, tiles, entry bundles. How its entries are
proven: infra/proven_log.py; how they come back into the live log: infra/put_log_back.py.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, NamedTuple

import boto3
import typer
from rich.console import Console

from infra.deploy import Place, stack_name
from infra.log_files import LogFiles
from infra.proven_log import MOST_NAMED, Ranges, Versioned, last_signed, not_copied, proven_entries
from infra.stacks import Stacks
from services.audit.domain import SOURCE
from services.audit.store.ledger import LedgerStore
from services.audit.store.locked import S3Locked
from shared.aws.journal import Journal
from shared.aws.table import bound_table
from shared.kernel.frontier import Frontier
from shared.kernel.notes import Checkpoint, VerifierKey, parse_vkey

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_MOST_LATER: Final = 1_000
"""Checkpoints looked at for what was not copied yet: far more than a minute brings."""


@dataclass(frozen=True, slots=True)
class Live:
    """The live log, for what was not copied yet."""

    files: Versioned
    notes: Callable[[int], Iterable[str]]
    """The checkpoints of its table that are larger than a size."""


class Restored(NamedTuple):
    """What was made again and proven."""

    checkpoint: Checkpoint
    checkpoints: int
    """By how many signed checkpoints, the last one included."""
    later: int
    """How many of the entries came from the live log."""
    beyond: int
    """For how many entries after the last checkpoint there are objects in the copy: nothing proves those."""
    aside: tuple[str, ...]
    """What in the copy is not the log's, or could not be read, and why."""


def restore(
    copy: Versioned,
    key: VerifierKey,
    folder: Path,
    progress: Callable[[int], None] = lambda _size: None,
    *,
    size: int | None = None,
    live: Live | None = None,
) -> Restored:
    """Write the log that the copy holds into an empty folder, up to a signed `size`: by default the largest there is.

    `live`: where what was not copied yet is looked for; not with a size. Raises RestoreFailedError when no objects of
    the copy lead to that checkpoint; ValueError when there is something in the folder.
    """
    if folder.exists() and any(folder.iterdir()):
        raise ValueError(f"{folder} is not empty. Name a new folder, so that nothing there is mixed with the log.")
    aside: list[str] = []
    last = last_signed(copy, key, aside, size)

    def write(path: str, content: bytes) -> None:
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)

    ranges, writing, edge, parts, later = Ranges(copy, aside), LogFiles(write), Frontier(), 0, 0
    for part in proven_entries(copy, key, last.checkpoint, ranges, aside):
        writing.add(part.entries)
        edge, parts = part.edge, parts + 1
        progress(edge.size)
    newer = live and not_copied(live.files, [each.encode() for each in live.notes(edge.size)], key, edge)
    if newer:
        last, part = newer
        writing.add(part.entries)
        parts, later = parts + 1, len(part.entries)
        progress(part.edge.size)
    writing.close(last.note)
    done = last.checkpoint
    return Restored(done, parts, later, ranges.reach(done.size) - done.size, tuple(dict.fromkeys(aside)))


def restore_log_command(
    *,
    stage: Annotated[str, typer.Option(help="Name of the installation, as it was deployed.")],
    key: Annotated[str, typer.Option(help="The log's public key, NAME+ID+KEY, from where you published it.")],
    out: Annotated[Path, typer.Option(help="A new folder for the log.")],
    bucket: Annotated[str, typer.Option(help="The locked copy's bucket, where the stage is gone. [its output]")] = "",
    size: Annotated[int, typer.Option(help="Make it up to this signed size only. [the largest]")] = 0,
    live: Annotated[
        bool, typer.Option("--live", help="Also what was not copied yet, from old and new versions of the live files.")
    ] = False,
) -> None:
    """Make the log again from its locked copy, and prove it by its checkpoints and the log's key."""
    if live and size:
        raise ValueError("--live goes on after the copy's last checkpoint; leave out --size.")
    console = Console()
    place = Place(boto3.Session())
    client = place.session.client("s3", endpoint_url=place.endpoint_url)
    copy = S3Locked(client, bucket or data_output(stage, place, "LockedBucket", "no locked copy"))
    beside = None
    if live:
        table = data_output(stage, place, "auditTableName", "no table of audit's")
        beside = live_log(client, data_output(stage, place, "LogBucket", "no log"), table)
    with console.status("reading the copy ...") as status:
        done = restore(
            copy,
            parse_vkey(key),
            out,
            lambda made: status.update(f"{made} entries made again"),
            size=size or None,
            live=beside,
        )
    for line in _told(done, out):
        console.print(line, markup=False, highlight=False)


def _told(done: Restored, out: Path) -> Iterable[str]:
    yield from done.aside[:MOST_NAMED]
    if done.aside:
        yield f"{len(done.aside)} times something in the copy was set aside, as above; none of it was needed."
    yield (
        f"{done.checkpoint.size} entries of {done.checkpoint.origin} are in {out}; "
        f"{done.checkpoints} signed checkpoints agree with them."
    )
    if done.later:
        yield f"{done.later} of them were not copied yet and came from the live log's files."
    if done.beyond:
        yield f"{done.beyond} more entries are in the copy without a checkpoint that proves them, and were left out."


def live_log(client: "S3Client", bucket: str, table: str) -> Live:
    """The live log in its bucket, with the checkpoints in audit's table."""
    ledger = LedgerStore(Journal(bound_table(table), SOURCE))
    return Live(S3Locked(client, bucket), lambda above: ledger.checkpoints(above, _MOST_LATER))


def data_output(stage: str, place: Place, name: str, missing: str) -> str:
    """What a stage's data stack says under a name. Raises ValueError, which says what is `missing`."""
    cloudformation = place.session.client("cloudformation", endpoint_url=place.endpoint_url)
    found = Stacks(cloudformation).outputs(stack_name(stage, "data")).get(name)
    if found is None:
        raise ValueError(f"Stage {stage!r} has {missing} here. Name the bucket with --bucket, or deploy it first.")
    return found
