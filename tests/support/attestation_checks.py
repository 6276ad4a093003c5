"""What a service's walk through its own table must do on every DynamoDB engine (R-AUD-4, ADR 23)."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from pydantic import TypeAdapter

from services.audit.domain.attested import Told, counted
from shared.aws.attestation import Testimony, Witness, attest
from shared.aws.journal import Journal
from shared.aws.table import Row
from shared.contracts.attestations import HeldEvent, HeldHead, HeldSegment, Holdings
from shared.contracts.event import Event, read_past
from shared.kernel.ids import new_id
from shared.kernel.merkle import leaf_hash
from tests.support.acts import NOW, SOURCE, act, all_rows, count_up
from tests.support.table_checks import REFUSED, Check, at_once

WEEK = timedelta(days=7)

KEY = b"k" * 32
"""Seals a service's rows; whoever writes its table has it not."""

_MESSAGES: TypeAdapter[Holdings | HeldSegment] = TypeAdapter(Holdings | HeldSegment)


@dataclass
class Post:
    """Audit's queue: it remembers what it was told, and fails when a test says so."""

    messages: list[str] = field(default_factory=list)
    fails: Exception | None = None

    def send_message(self, *, QueueUrl: str, MessageBody: str) -> None:  # noqa: N803 - SQS's own names
        del QueueUrl
        if self.fails:
            raised, self.fails = self.fails, None
            raise raised
        self.messages.append(MessageBody)

    def held(self) -> list[Holdings]:
        return [each for each in map(_MESSAGES.validate_json, self.messages) if isinstance(each, Holdings)]

    def segments(self) -> list[HeldSegment]:
        return [each for each in map(_MESSAGES.validate_json, self.messages) if isinstance(each, HeldSegment)]

    def events(self) -> list[HeldEvent]:
        return [event for each in self.held() for event in each.events]

    def heads(self) -> list[HeldHead]:
        return [head for each in self.held() for head in each.heads]

    def ailing(self) -> list[tuple[str, str, int]]:
        return sorted((each.what.value, each.subject, each.sequence) for held in self.held() for each in held.ailing)

    def days(self) -> dict[date, int]:
        """All segments together, as audit counts them: each step once, however often it was done."""
        lasts = {each.segment: each.last for each in self.segments()}
        days = counted(lasts.values(), [Told.by(each, ()) for each in self.held()])
        assert days is not None
        return days


def a_witness(table: type[Row], post: Post, page_rows: int | None = None) -> Witness:
    return Witness(SOURCE, table, post, "queue", KEY, page_rows)  # type: ignore[arg-type]


def run(witness: Witness, clock: Callable[[], object] = lambda: NOW, *, asked: bool = False) -> Testimony:
    return attest(witness, WEEK, clock, asked=asked)  # type: ignore[arg-type]


def whole_pass(witness: Witness) -> int:
    """Run until a pass has ended; how many runs it took."""
    for runs in range(1, 500):
        if not run(witness, asked=runs == 1).under_way:
            return runs
    raise AssertionError("the pass never ended")


def a_table_of_cases(table: type[Row], cases: int = 6, events: int = 3) -> list[Event]:
    """Cases of some events on several days, and notes that belong to no case; every event there is."""
    for number in range(cases):
        aggregate = new_id("case")
        for day in range(events):
            count_up(table, aggregate, act(now=NOW - timedelta(days=events - day, minutes=number)))
    Journal(table, SOURCE).note(REFUSED, act())
    return stored_events(table)


def stored_events(table: type[Row]) -> list[Event]:
    rows = [row for row in all_rows(table) if row["sk"]["S"].startswith("event#")]
    past = [read_past(row["body"]["S"]) for row in rows]
    return [each for each in past if isinstance(each, Event)]


def assert_all_told(post: Post, events: Sequence[Event]) -> None:
    """Each event with its leaf's hash, each day's number of events, and nothing that ails."""
    told = {each.event_id: each.leaf for each in post.events()}
    assert told == {event.id: leaf_hash(event.canonical()).hex() for event in events}
    assert post.days() == dict(Counter(event.time.date() for event in events))
    assert post.ailing() == []


def everything_held_is_told(table: type[Row]) -> None:
    events, post = a_table_of_cases(table), Post()
    table(pk="number#1", sk="case", body="no event").save()
    table(pk="log", sk="head", chain="no chain of events").save()
    whole_pass(a_witness(table, post))
    assert_all_told(post, events)
    last = {event.subject: event for event in events if event.subject.startswith("case_")}
    assert {(head.subject, head.sequence, head.hash) for head in post.heads()} == {
        (subject, event.sequence, event.hash()) for subject, event in last.items()
    }


def a_pass_goes_on_where_it_was_left(table: type[Row]) -> None:
    """Step by step, page by page, in the middle of an aggregate: nothing is left out and nothing counted twice."""
    events, post = a_table_of_cases(table, cases=12, events=4), Post()
    runs = whole_pass(a_witness(table, post, page_rows=1))
    assert runs > 1
    assert_all_told(post, events)
    assert len(post.events()) == len(events)


def of_many_who_walk_at_once_each_tells_the_truth(table: type[Row]) -> None:
    """Steps may be done by several; the counts stay right, and the pass ends once."""
    events, post = a_table_of_cases(table, cases=12, events=4), Post()
    witness = a_witness(table, post, page_rows=2)
    run(witness, asked=True)
    at_once(4, lambda _: [run(witness) for _ in range(20)])
    while run(witness).under_way:
        pass
    assert len({each.pass_id for each in post.segments()}) == 1
    assert_all_told(post, events)


CHECKS: tuple[Check, ...] = (everything_held_is_told, a_pass_goes_on_where_it_was_left)
RACES: tuple[Check, ...] = (of_many_who_walk_at_once_each_tells_the_truth,)
