"""Making exports of the public list, once per change and not per request, and finding the one made last (R-REG-5)."""

import gzip
import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from tempfile import TemporaryFile

from services.registry.domain.cells import Directory, Reading
from services.registry.domain.exports import WRITERS, Export, ExportedFile, Format, Table
from services.registry.domain.lists import PublicItem
from services.registry.logic.departments import every
from services.registry.logic.public import whole_list
from services.registry.ports.departments import Departments
from services.registry.ports.exports import Exports
from services.registry.ports.public import PublicList
from services.registry.schemas.exports import ExportAnswer, ExportFile
from shared.contracts.change import Context
from shared.contracts.files import FileStore
from shared.kernel.clock import BEIJING, Clock, to_text
from shared.kernel.errors import Refused, Words

AT_WORK = timedelta(minutes=16)
"""How long one maker keeps the others away: longer than its function may run."""


def owe_export(exports: Exports, context: Context, minutes: int) -> None:
    """Note that the list changed: an export is due some minutes from now, whatever changes until then.

    An event heard twice owes the same export; one heard while an export is made owes another.
    """
    exports.mark(context.now, context.now + timedelta(minutes=minutes))


def overdue(exports: Exports, now: datetime, minutes: int) -> timedelta:
    """How much longer than it may a change has been waiting for its export; nothing, where none is owed."""
    owed = exports.owed()
    return max(now - owed.since - timedelta(minutes=minutes), timedelta()) if owed else timedelta()


def make_due_export(
    exports: Exports,
    public: PublicList,
    departments: Departments,
    files: FileStore,
    item_types: Mapping[str, Words],
    clock: Clock,
    minutes: int,
) -> Export | None:
    """Make the export that is due, if one is and nobody else makes it; what was made.

    A version that comes into force later changes the list without an event, so the next such day is planned for.

    Fails as a whole: then it is due again when AT_WORK has passed, and the export made before stays the one found.
    """
    now = clock()
    planned = exports.planned()
    if planned and planned <= now:
        exports.mark(now, now)
        exports.plan(None)
    owed = exports.owed()
    taken = exports.take(owed, now + AT_WORK) if owed and owed.due_at <= now else None
    if taken is None:
        return None
    reading = Reading(Directory.of(every(departments.list_departments)), item_types)
    days: set[datetime] = set()

    def earliest(day: datetime) -> None:
        days.add(day)
        days.intersection_update({min(days)})

    made = write_export(whole_list(public, now, earliest), files, reading, now)
    exports.publish(made)
    exports.plan(next(iter(days), None))
    done = clock()
    exports.done(taken, done, done + timedelta(minutes=minutes))
    return made


def write_export(items: Iterable[PublicItem], files: FileStore, reading: Reading, as_of: datetime) -> Export:
    """Write a list in every format, in memory that does not grow with it: it is read once, and kept packed on disk."""
    with _spooled(items) as (spool, number):
        table = Table(spool, as_of, reading)
        written = {each: _write(files, each, table) for each in Format}
    return Export(as_of=as_of, items=number, files=written)


def show_export(exports: Exports) -> ExportAnswer:
    """What there is to download. Raises Refused("export_not_made") before the first export."""
    made = _current(exports)
    return ExportAnswer(
        as_of=made.as_of,
        items=made.items,
        files=tuple(
            ExportFile(format=each, href=f"exports/{each}", size=file.size, sha256=file.sha256)
            for each, file in made.files.items()
        ),
    )


def export_link(exports: Exports, files: FileStore, asked: str) -> str:
    """A link to the file made last. Raises Refused: "not_found" for no format of ours, "export_not_made"."""
    if asked not in set(Format):
        raise Refused("not_found", id=asked)
    made = _current(exports)
    name = f"item-list-{made.as_of.astimezone(BEIJING):%Y%m%d-%H%M}.{asked}"
    return files.download_link(made.files[Format(asked)].key, file_name=name)


def _current(exports: Exports) -> Export:
    made = exports.current()
    if made is None:
        raise Refused("export_not_made")
    return made


def _write(files: FileStore, format_: Format, table: Table) -> ExportedFile:
    digest = hashlib.sha256()
    writer = WRITERS[format_]

    def told(pieces: Iterable[bytes]) -> Iterator[bytes]:
        for each in pieces:
            digest.update(each)
            yield each

    instant = re.sub("[-:]", "", to_text(table.as_of))
    key = f"exports/{instant}/items.{format_}"
    size = files.write(key, told(writer.pieces(table)), writer.media_type)
    return ExportedFile(key=key, size=size, sha256=digest.hexdigest())


@contextmanager
def _spooled(items: Iterable[PublicItem]) -> Iterator[tuple[Callable[[], Iterator[PublicItem]], int]]:
    """Items packed into a temporary file, to be read again as often as one likes; and how many there are."""
    with TemporaryFile() as file:
        number = 0
        with gzip.open(file, "wb", compresslevel=1) as packed:
            for each in items:
                number += 1
                packed.write(each.model_dump_json().encode() + b"\n")

        def again() -> Iterator[PublicItem]:
            file.seek(0)
            with gzip.open(file, "rb") as packed:
                for line in packed:
                    yield PublicItem.model_validate_json(line)

        yield again, number
