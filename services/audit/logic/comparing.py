"""Comparing the log with the copy that nobody can change (R-AUD-4, R-AUD-7, ADR 24).

Part of every verification of the whole log. Whoever changed entries, tiles and checkpoints of the log together, so that
all of it agrees, did not change the copy.
"""

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Final, NamedTuple

from services.audit.domain.copies import CHECKPOINTS, Difference, Differs
from services.audit.logic.copying import Logged, differences
from services.audit.ports.locked import Locked
from shared.contracts.log_faults import Fault, LogFault
from shared.kernel.notes import VerifierKey

_ENTRY_FAULTS: Final[Mapping[Differs, Fault]] = {
    Differs.OTHER: Fault.COPY_DIFFERS,
    Differs.MISSING_IN_COPY: Fault.COPY_INCOMPLETE,
}
_CHECKPOINT_FAULTS: Final[Mapping[Differs, Fault]] = {
    Differs.OTHER: Fault.CHECKPOINT_CHANGED,
    Differs.MISSING_IN_COPY: Fault.COPY_INCOMPLETE,
    Differs.MISSING_IN_LOG: Fault.CHECKPOINT_REMOVED,
    Differs.UNSIGNED: Fault.CHECKPOINT_UNSIGNED,
}


class Compared(NamedTuple):
    """What came of comparing a range of the log with its copy."""

    faults: tuple[LogFault, ...] = ()
    unread: int = 0
    """How many entries were not compared, since the copy's lie in a storage class that is not read at once."""


def compare(locked: Locked, key: VerifierKey, logged: Logged, start: int, end: int) -> Compared:
    """What is wrong with a range of the log, or with its copy; see `copying.differences` for what is given.

    What differs in one object is one finding, named from its first entry to its last.
    """
    faults: list[LogFault] = []
    unread = 0
    found = differences(locked, key, logged, start, end)
    for (path, how), group in groupby(found, key=lambda each: (each.path, each.how)):
        places = list(group)
        if how is Differs.PUT_AWAY:
            unread += len(places)
        elif path.startswith(CHECKPOINTS):
            faults.append(LogFault(fault=_CHECKPOINT_FAULTS[how], where=_checkpoint(how, places[0])))
        else:
            faults.append(LogFault(fault=_ENTRY_FAULTS[how], where=f"{_said(places)} ({path})"))
    return Compared(tuple(faults), unread)


def _checkpoint(how: Differs, place: Difference) -> str:
    """The log's checkpoint, or the copy's object where that alone is meant."""
    return f"{place.path}" if how is Differs.UNSIGNED else f"checkpoint {place.at}"


def _said(places: Sequence[Difference]) -> str:
    first, last = places[0].at, places[-1].at
    return f"entry {first}" if first == last else f"entries {first}–{last}"
