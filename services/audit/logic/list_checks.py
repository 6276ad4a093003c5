"""Whether auditors find what the log holds: the lists of a range, computed anew from its entries (R-AUD-4, ADR 27).

Lists are what a search, a case's evidence and an export begin with: of what is left out of them nobody would ever ask.
"""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date

from services.audit.domain.log import Leaf
from services.audit.domain.postings import Found, PostingList, posted
from services.audit.domain.verified import Read
from services.audit.logic.indexing import STEP
from services.audit.ports.postings import Postings
from shared.contracts.log_faults import Fault, LogFault

_LONGEST_NAME = 100
"""Of a principal's name, in what is said of a list."""


def list_wrongs(
    postings: Postings, entries: Sequence[Read], leaves: Mapping[str, Leaf], indexed: int, at_once: int
) -> list[LogFault]:
    """What is wrong with the lists of some entries: such as lack one of them, or have one that does not belong there.

    `indexed`: how many entries of the log are in lists by now. Entries whose index row has gone or does not fit are
    left out: whose they are is known from there, and the row is a finding by itself. A list that none of the entries
    belongs in is not looked at; whatever it names is held against the entry before it is shown (see `searching`).
    """
    found = [
        Found(entry.index, entry.envelope, leaf.docket)
        for entry in entries
        if entry.index < indexed
        and (leaf := leaves.get(entry.envelope.id))
        and (leaf.index, leaf.hash) == (entry.index, entry.leaf)
    ]
    if not found:
        return []
    known = {each.index for each in found}
    lists = posted(found)
    start, end = min(known), max(known) + 1

    def stored(which: PostingList) -> set[int]:
        return _stored(postings, which, start, end) & known

    if at_once == 1:
        held = list(map(stored, lists))
    else:
        with ThreadPoolExecutor(at_once) as together:
            held = list(together.map(stored, lists))
    pairs = zip(lists.items(), held, strict=True)
    return [fault for (which, of), there in pairs for fault in _faults(which, set(of), there)]


def _stored(postings: Postings, which: PostingList, start: int, end: int) -> set[int]:
    """What a list has between two indices. A block that cannot be read says nothing, nor does what lies behind it."""
    held: set[int] = set()
    try:
        for block in postings.blocks(which, end):
            if block.start <= start - STEP:
                break
            held.update(block.indices)
    except ValueError:
        pass
    return held


def _faults(which: PostingList, of: set[int], there: set[int]) -> Iterator[LogFault]:
    for fault, wrong in ((Fault.LIST_INCOMPLETE, of - there), (Fault.LIST_CHANGED, there - of)):
        if wrong:
            yield LogFault(fault=fault, where=f"{_named(which)}: {_said(min(wrong), max(wrong), len(wrong))}")


def _named(which: PostingList) -> str:
    return " ".join(each for each in (which.dimension.value, which.of[:_LONGEST_NAME], _day(which.day)) if each)


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""


def _said(first: int, last: int, number: int) -> str:
    return f"entry {first}" if number == 1 else f"{number} of entries {first}–{last}"
