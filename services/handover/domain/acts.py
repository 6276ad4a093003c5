"""When the bureau's acts were done, and in which order: acceptance, decision, what is done to the licence (R-HND)."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from services.handover.domain.cases import CaseFile, StageRecord
from shared.contracts.cases import LATER_ACTS, LaterAct, OfflineRecord
from shared.contracts.vocabulary import Stage
from shared.kernel.calendar import beijing_date
from shared.kernel.errors import Fault

CLOCKS_DIFFER = timedelta(minutes=5)
"""How far a bureau's clock may be ahead of ours."""

IN_FUTURE = ("不得晚于当前时间", "Not later than now")

_DATED_IN_FUTURE = ("文件日期不得晚于今天", "The document's date is not later than today")

DONE_AT: Mapping[Stage, str] = {
    Stage.ACCEPTANCE: "/accepted_at",
    Stage.DECISION: "/decision/decided_at",
    **dict.fromkeys(LATER_ACTS, "/act/done_at"),
}
"""Where a request says when its act was done."""

_RANKS: Mapping[Stage, int] = {Stage.ACCEPTANCE: 0, Stage.DECISION: 1, **dict.fromkeys(LATER_ACTS, 2)}


class _Neighbour(NamedTuple):
    """What an act must not come before, and what must not come before it."""

    before: tuple[str, str, str]
    after: tuple[str, str, str]


_NEIGHBOURS: Mapping[int, _Neighbour] = {
    0: _Neighbour(
        ("before_acceptance", "不得早于该办件的受理时间", "Not before the case was accepted"),
        ("after_acceptance", "不得晚于该办件的受理时间", "Not after the case was accepted"),
    ),
    1: _Neighbour(
        ("before_decision", "不得早于该办件的办结时间", "Not before the case was decided"),
        ("after_decision", "不得晚于该办件的办结时间", "Not after the case was decided"),
    ),
    2: _Neighbour(
        ("before_later_act", "不得早于对该许可已作出的后续决定", "Not before what was already done to the licence"),
        ("after_later_act", "不得晚于对该许可已作出的后续决定", "Not after what was already done to the licence"),
    ),
}


def acts_of(file: CaseFile | None) -> tuple[LaterAct, ...]:
    """What was done to the licence, in the order in which it was recorded (R-HND-3)."""
    return tuple(record.act for record in in_order(file) if record.act is not None) if file else ()


def in_order(file: CaseFile) -> Sequence[StageRecord]:
    """The acts of the bureau as they were recorded, one after the other."""
    return sorted(file.stages, key=lambda record: (record.recorded_at, _RANKS[record.stage]))


def time_faults(file: CaseFile | None, stage: Stage, done_at: datetime, now: datetime) -> list[Fault]:
    """What is wrong with the time of an act: it is still to come, or out of order with what is known of its case."""
    pointer, rank = DONE_AT[stage], _RANKS[stage]
    faults = [Fault(pointer, "in_future", *IN_FUTURE)] if done_at > now + CLOCKS_DIFFER else []
    for other, known in _known(file):
        if other < rank and done_at < known:
            faults.append(Fault(pointer, *_NEIGHBOURS[other].before))
        elif other > rank and done_at > known:
            faults.append(Fault(pointer, *_NEIGHBOURS[other].after))
    return list(dict.fromkeys(faults))


def document_faults(offline: OfflineRecord | None, now: datetime) -> list[Fault]:
    """What is wrong with the document of something done off line: its day is still to come (R-HND-12)."""
    if offline is None or offline.dated <= beijing_date(now):
        return []
    return [Fault("/offline/dated", "in_future", *_DATED_IN_FUTURE)]


def _known(file: CaseFile | None) -> Iterable[tuple[int, datetime]]:
    if file is None:
        return
    if file.case.accepted_at is not None:
        yield _RANKS[Stage.ACCEPTANCE], file.case.accepted_at
    if file.case.decision is not None:
        yield _RANKS[Stage.DECISION], file.case.decision.decided_at
    for act in acts_of(file):
        yield _RANKS[act.stage], act.done_at
