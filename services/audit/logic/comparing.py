"""Comparing the log with the copy that nobody can change (R-AUD-4, R-AUD-7, ADR 24).

Part of every verification of the whole log. Whoever changed entries, tiles and checkpoints of the log together, so that
all of it agrees, did not change the copy.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Final

from services.audit.domain.copies import CHECKPOINTS, Difference, Differs
from services.audit.logic.copying import differences
from services.audit.ports.locked import Locked
from shared.contracts.log_faults import Fault, LogFault

_ENTRY_FAULTS: Final[Mapping[Differs, Fault]] = {
    Differs.OTHER: Fault.COPY_DIFFERS,
    Differs.MISSING_IN_COPY: Fault.COPY_INCOMPLETE,
}
_CHECKPOINT_FAULTS: Final[Mapping[Differs, Fault]] = {
    Differs.OTHER: Fault.CHECKPOINT_CHANGED,
    Differs.MISSING_IN_COPY: Fault.COPY_INCOMPLETE,
    Differs.MISSING_IN_LOG: Fault.CHECKPOINT_REMOVED,
}


def compare(
    locked: Locked, entries: Mapping[int, bytes], checkpoints: Mapping[int, str], start: int, end: int
) -> Iterator[LogFault]:
    """What is wrong with a range of the log, or with its copy; see `copying.differences` for what is given.

    What differs in one object is one finding, named from its first entry to its last.
    """
    found = differences(locked, entries, checkpoints, start, end)
    for (path, how), group in groupby(found, key=lambda each: (each.path, each.how)):
        places = list(group)
        if path.startswith(CHECKPOINTS):
            yield LogFault(fault=_CHECKPOINT_FAULTS[how], where=f"checkpoint {places[0].at}")
        else:
            yield LogFault(fault=_ENTRY_FAULTS[how], where=f"{_said(places)} ({path})")


def _said(places: Sequence[Difference]) -> str:
    first, last = places[0].at, places[-1].at
    return f"entry {first}" if first == last else f"entries {first}–{last}"
