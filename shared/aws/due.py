"""Deadlines: what waits for its time, in the sparse due index only while it waits, and the work of every minute.

A row `due#<kind>` lies beside whatever waits; one that can wait for the others of a run has a `version`. Cost follows
what is due, not what is stored.

Two runs at once do no harm: what the time of a thing brings is one transaction, on condition that the thing is as it
was read. Of two runs that take up the same, one is told that it came too late, and neither finds it owed afterwards.
"""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import chain
from typing import NamedTuple, Protocol

from shared.aws.failures import is_passing
from shared.aws.journal import Journal
from shared.aws.listing import read_due
from shared.aws.table import Row, shard_of
from shared.aws.transactions import ConditionFailed, Write, client_of, transact
from shared.contracts.change import Context, Outdated
from shared.kernel.clock import to_text
from shared.kernel.errors import Unavailable
from shared.observability import count, logger

RUN = timedelta(seconds=20)
"""How long one run takes up new things, unless it says otherwise; the next run, a minute later, goes on."""

MOST_OF_A_MINUTE = timedelta(seconds=50)
"""The same for what may be much at one instant. Its function is given half a minute more, for the last it took up."""

PUT_OFF = timedelta(minutes=3)
"""How long is left alone what failed by itself, and not for want of AWS: a run begins with the oldest, so that what
always fails would take the time of the rest. Less than the five minutes in which the alarm looks for it again."""

_DUE = "due#"
_CAN_WAIT = 1

Elapse = Callable[[Context, str], bool]
"""Lets one kind of thing take its course, given its id; whether anything was owed. May raise Outdated."""


class Owed(NamedTuple):
    """Something whose time has come: which kind of thing, and the id of what it belongs to."""

    kind: str
    subject: str


class Deadlines(Protocol):
    """Everything with a deadline ahead, of whatever kind."""

    def due(self, now: datetime) -> Iterable[Owed]:
        """What is due, as an index shows it: it may be a moment old."""

    def put_off(self, owed: Owed, now: datetime, until: datetime) -> None:
        """Let what failed now be due again at `until`, unless it is due at another time by then."""


class DeadlineStore:
    """Deadlines of every kind on a service's table; those of a `lane` of their own are seen by its clock alone."""

    def __init__(self, journal: Journal, lane: str = "") -> None:
        self.table = journal.table
        self.lane = lane

    def due(self, now: datetime) -> Iterator[Owed]:
        """What is due, oldest first within each shard of the index, and after all of it what can wait.

        Nothing is parsed: one bad row holds up nothing.
        """
        waiting: list[Owed] = []
        for row in read_due(self.table, now, lane=self.lane):
            owed = Owed(row.sk.removeprefix(_DUE), row.pk)
            if row.version == _CAN_WAIT:
                waiting.append(owed)
            else:
                yield owed
        yield from waiting

    def put_off(self, owed: Owed, now: datetime, until: datetime) -> None:
        """Nothing else of it changes; nothing at all where it was given or moved meanwhile."""
        row = self.table(pk=owed.subject, sk=due_key(owed.kind))
        values = {":now": {"S": to_text(now)}, ":until": {"S": to_text(until)}}
        put_off = Write("put off", "Update", row, "due_at <= :now", values, update="SET due_at = :until")
        try:
            transact(client_of(self.table), [put_off])
        except ConditionFailed:
            return


def due_row(table: type[Row], kind: str, subject: str, at: datetime, lane: str = "", *, can_wait: bool = False) -> Row:
    """The row that makes `subject` due at an instant; delete it by its keys when nothing is owed any more.

    `lane`: which clock it is due by, where it is not the common one (see `DeadlineStore`). `can_wait`: whether a run
    takes up everything else before it.
    """
    row = table(pk=subject, sk=due_key(kind), due_shard=f"{lane}{shard_of(subject)}", due_at=to_text(at))
    row.version = _CAN_WAIT if can_wait else None
    return row


def due_or_idle(table: type[Row], kind: str, subject: str, at: datetime | None, lane: str = "") -> Write:
    """Make `subject` due, or at None no more: its row stays, out of the index, for services that may delete nothing."""
    row = table(pk=subject, sk=due_key(kind)) if at is None else due_row(table, kind, subject, at, lane)
    return Write("due", "Put", row)


def due_key(kind: str) -> str:
    """The sort key of a deadline of one kind; a thing waits for one instant of each kind at a time."""
    return f"{_DUE}{kind}"


def elapse(
    deadlines: Deadlines,
    kinds: Mapping[str, Elapse],
    begin: Callable[[], Context],
    *,
    run: timedelta = RUN,
    at_once: int = 1,
) -> int:
    """Let everything whose time has come take its course, each in a transaction of its own; how many things did.

    `begin` gives each its context and instant; `at_once` threads work, if anything is due. One that moves meanwhile is
    left to the next run, which sees what became of it. One that fails is logged, counted and put off; it never holds up
    the rest.
    """
    start = begin().now
    due = iter(deadlines.due(start))
    first = next(due, None)
    if first is None:
        return 0
    taken = _Taken(chain([first], due))

    def work() -> int:
        elapsed = 0
        while (owed := taken.next()) is not None:
            context = begin()
            if context.now >= start + run:
                break
            elapsed += _let(deadlines, owed, kinds, context, start)
        return elapsed

    if at_once == 1:
        return work()
    with ThreadPoolExecutor(at_once) as threads:
        return sum(each.result() for each in [threads.submit(work) for _ in range(at_once)])


class _Taken:
    """What is due, each of it given to one thread."""

    def __init__(self, due: Iterator[Owed]) -> None:
        self._due = due
        self._lock = threading.Lock()

    def next(self) -> Owed | None:
        with self._lock:
            return next(self._due, None)


def _let(deadlines: Deadlines, owed: Owed, kinds: Mapping[str, Elapse], context: Context, start: datetime) -> bool:
    kind, subject = owed
    try:
        return kinds[kind](context, subject)
    except Outdated:
        return False
    except Exception as error:  # noqa: BLE001 - whatever ails one thing, the others take their course
        logger().exception("a deadline could not elapse", extra={"kind": kind, "subject": subject})
        count("DeadlinesFailed")
        if not (isinstance(error, Unavailable) or is_passing(error)):
            _put_off(deadlines, owed, start)
        return False


def _put_off(deadlines: Deadlines, owed: Owed, now: datetime) -> None:
    try:
        deadlines.put_off(owed, now, now + PUT_OFF)
    except Exception:  # noqa: BLE001 - it is tried again in a minute then
        logger().exception("a deadline could not be put off", extra={"kind": owed.kind, "subject": owed.subject})
