"""Small acts that any journal can record: a counter that is counted up, whoever asks, whenever."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from shared.aws.journal import Journal
from shared.aws.table import Row
from shared.aws.transactions import Write
from shared.contracts.chain import ChainHead
from shared.contracts.change import Change, Context, Once, Stored, change
from shared.contracts.event import Body, Event
from shared.contracts.model import Contract
from shared.kernel.ids import new_id
from shared.kernel.permissions import Principal

SOURCE = "/shenguan/tests"
NOW = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
SOMEBODY = Principal("cli_somebody_0001", "dept_01SOMEBODY000000000000000000", frozenset())


class Counter(Contract):
    """An aggregate's whole state."""

    count: int


class Counted(Body):
    """It was counted up; `note` makes the event as long as a test wants."""

    TYPE: ClassVar[str] = "test.counted.v1"
    count: int
    note: str = ""


def act(once: Once | None = None, *, now: datetime = NOW, correlation_id: str = "correlation-1") -> Context:
    """A context in which somebody acts."""
    return Context(SOMEBODY, now, correlation_id, once)


def once(key: str = "", fingerprint: str = "asked") -> Once:
    """A key used for the first time, unless it is given."""
    return Once(key or new_id("key"), fingerprint, NOW + timedelta(days=90))


def counting(
    aggregate: str, before: Stored[Counter] | None, context: Context, *, events: int = 1, note: str = ""
) -> Change[Counter]:
    """Count up by one event, or by several in one change."""
    head = before.head if before else ChainHead()
    start = before.state.count if before else 0
    bodies = [Counted(count=start + 1 + number, note=note) for number in range(events)]
    state = Counter(count=start + events)
    return change(SOURCE, aggregate, head, state, bodies, context, response=state)


def count_up(
    table: type[Row], aggregate: str, context: Context | None = None, *, others: Sequence[Write] = (), events: int = 1
) -> Change[Counter]:
    """Read, count up, write: what every use case does."""
    journal = Journal(table, SOURCE)
    made = counting(aggregate, journal.read(aggregate, Counter), context or act(), events=events)
    journal.commit(made, others)
    return made


def all_rows(table: type[Row]) -> list[dict[str, Any]]:
    """Everything in a table, in a stable order, to tell whether anything was written."""
    rows = (row.serialize() for row in table.scan(consistent_read=True))
    return sorted(rows, key=lambda row: (row["pk"]["S"], row["sk"]["S"]))


@dataclass
class Mailbox:
    """A topic and the log's queue that remember what they took and refuse what a test says they refuse.

    `refused_topic` and `refused_queue` are event ids; `fails` is raised by the next call instead of an answer.
    `dockets` are what was said beside each envelope that the queue took.
    """

    told: list[str] = field(default_factory=list)
    logged: list[str] = field(default_factory=list)
    dockets: list[dict[str, str]] = field(default_factory=list)
    batches: list[int] = field(default_factory=list)
    refused_topic: set[str] = field(default_factory=set)
    refused_queue: set[str] = field(default_factory=set)
    fails: Exception | None = None

    def publish_batch(self, **asked: Any) -> dict[str, Any]:
        self._maybe_fail()
        entries = asked["PublishBatchRequestEntries"]
        self.batches.append(sum(len(entry["Message"].encode()) for entry in entries))
        return self._take(entries, "Message", self.refused_topic, self.told)

    def send_message_batch(self, **asked: Any) -> dict[str, Any]:
        self._maybe_fail()
        entries, before = asked["Entries"], len(self.logged)
        answer = self._take(entries, "MessageBody", self.refused_queue, self.logged)
        said = {entry["MessageBody"]: entry.get("MessageAttributes", {}) for entry in entries}
        for text in self.logged[before:]:
            self.dockets.append({name: value["StringValue"] for name, value in said[text].items()})
        return answer

    def _maybe_fail(self) -> None:
        if self.fails is not None:
            raised, self.fails = self.fails, None
            raise raised

    @staticmethod
    def _take(entries: list[dict[str, Any]], text: str, refused: set[str], taken: list[str]) -> dict[str, Any]:
        good = [entry for entry in entries if not any(each in entry[text] for each in refused)]
        taken.extend(entry[text] for entry in good)
        ids = {entry["Id"] for entry in good}
        return {
            "Successful": [{"Id": each} for each in sorted(ids)],
            "Failed": [{"Id": entry["Id"]} for entry in entries if entry["Id"] not in ids],
        }

    def told_events(self) -> list[Event]:
        """What the topic told its subscribers, in order."""
        return [Event.model_validate_json(text) for text in self.told]
