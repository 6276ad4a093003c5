"""The journal of a service: aggregates with their hash chains, written with everything they owe in ONE transaction.

A change writes, all or nothing:

| label | row | condition |
|---|---|---|
| `head` | the aggregate's state and chain head | unchanged since it was read, or not there yet |
| `event:n` | each event; it is also its own outbox entry until published | not there yet |
| `once` | the idempotency key with the first answer, or the id of the event consumed | not there yet |
| `unchanged:…` | another aggregate or row that the change was judged by | as it was read |
| others | index rows and unique rows of the service | as the service says |
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from pydantic import BaseModel

from shared.aws.table import Row, shard_of
from shared.aws.transactions import NOT_THERE, ConditionFailed, Write, client_of, pause, put_new, transact
from shared.contracts.chain import ChainHead
from shared.contracts.change import (
    AlreadyDone,
    Answer,
    Change,
    Context,
    Once,
    Outdated,
    Stored,
    Taken,
)
from shared.contracts.erasures import PayloadErased
from shared.contracts.event import (
    ENVELOPE_FIELDS,
    GENESIS,
    Body,
    ErasedEvent,
    Erasure,
    Event,
    PastEvent,
    make_event,
    read_past,
    whole,
)
from shared.contracts.model import Contract
from shared.kernel.clock import to_text
from shared.kernel.errors import Refused
from shared.kernel.ids import new_id

S = TypeVar("S", bound=BaseModel)

HEAD = "head"
EVENT = "event#"

_READ_AGAIN = 3
_UNCHANGED = "unchanged:"
_OUTDATING = (HEAD, "event:", _UNCHANGED)
"""Labels of conditions that fail when something changed between reading and writing."""

ANSWERS_KEPT = timedelta(days=90)
"""How long an idempotency key is remembered; the ids of consumed events are kept for good."""


class _OnceBody(Contract):
    fingerprint: str
    response: str


class Journal:
    """Aggregates, events and first answers of one service, on its own table."""

    def __init__(self, table: type[Row], source: str) -> None:
        self.table = table
        self.source = source

    def read(self, aggregate: str, model: type[S]) -> Stored[S] | None:
        """An aggregate as it stands now (strongly consistent), or None."""
        row = self.table.find(aggregate, HEAD)
        return _stored(row, model) if row else None

    def read_all(self, aggregates: Iterable[str], model: type[S]) -> dict[str, Stored[S]]:
        """Those of the aggregates that exist, as they stand now (strongly consistent): a hundred a request."""
        rows = self.table.batch_get([(each, HEAD) for each in aggregates], consistent_read=True)
        return {row.pk: _stored(row, model) for row in rows}

    def past(self, aggregate: str) -> Iterator[PastEvent]:
        """An aggregate's events in order (strongly consistent), those whose payload was erased among them.

        Read with the head in one query: an event that it counts and that is not there, or the other way round, may
        belong to a transaction on its way, and must not be told as damage. What stays away is damage.
        """
        rows = self._chain(aggregate)
        for attempt in range(_READ_AGAIN):
            if _is_whole(rows):
                break
            pause(attempt)
            rows = self._chain(aggregate)
        for row in rows:
            if row.sk != HEAD:
                yield read_past(row.body or "{}")

    def events(self, aggregate: str) -> Iterator[Event]:
        """The same for who needs every payload. Raises Refused("payload_erased") where one is erased."""
        yield from whole(self.past(aggregate))

    def unchanged(self, aggregate: str, head: ChainHead) -> Write:
        """The condition that an aggregate a change was judged by is as it was read; else the change is Outdated."""
        version = {":version": {"N": str(head.sequence)}}
        row = self.table(pk=aggregate, sk=HEAD)
        return Write(f"{_UNCHANGED}{aggregate}", "ConditionCheck", row, "version = :version", version)

    def as_read(self, pk: str, sk: str, version: int | None) -> Write:
        """The same for a row that is no aggregate's head: its `version` as it was read, None where it was not there."""
        row, label = self.table(pk=pk, sk=sk), f"{_UNCHANGED}{pk}#{sk}"
        if version is None:
            return Write(label, "ConditionCheck", row, NOT_THERE)
        return Write(label, "ConditionCheck", row, "version = :version", {":version": {"N": str(version)}})

    def still_there(self, pk: str, sk: str) -> Write:
        """The condition that a row that a change relies on has not gone; else the change is Outdated."""
        return Write(f"{_UNCHANGED}{pk}#{sk}", "ConditionCheck", self.table(pk=pk, sk=sk), "attribute_exists(pk)")

    def commit(self, change: Change[S], others: Sequence[Write] = (), *, parts: str | None = None) -> None:
        """Write a change. `parts`: of an aggregate kept in several rows, the digest of them (see shared.aws.parts).

        Raises AlreadyDone, Outdated or Taken (in this order of importance) when a condition failed; then nothing was
        written. Raises Unavailable when the outcome is unknown.
        """
        writes = [
            self._head(change, parts),
            *(self._event(event) for event in change.events),
            *self._once(change.context.once, change.response),
            *others,
        ]
        self._write(writes)

    def keep(self, once: Once, writes: Sequence[Write]) -> None:
        """Write rows that are no aggregate of ours (what we keep of others' events), once per consumed event.

        A row that is already newer is no fault: then only the event is noted as seen.
        """
        seen = self._once(once, None)
        try:
            transact(client_of(self.table), [*seen, *writes])
        except ConditionFailed as failed:
            if "once" in failed.labels:
                raise AlreadyDone from None
            survivors = [write for write in writes if write.label not in failed.labels]
            self._write([*seen, *survivors])

    def answer(self, key: str) -> Answer | None:
        """The first answer given to an idempotency key, or None."""
        row = self.table.find(_once_key(key), "once")
        if row is None:
            return None
        body = _OnceBody.model_validate_json(row.body or "{}")
        return Answer(body.fingerprint, body.response)

    def remember(self, once: Once, response: BaseModel) -> None:
        """Keep an answer under an idempotency key of its own, where nothing else is to be written.

        Raises AlreadyDone when the key was used before.
        """
        self._write(self._once(once, response))

    def note(self, body: Body, context: Context) -> None:
        """Record an event that belongs to no aggregate (a refusal, a read): a chain of length one."""
        self._event_row(self._alone(body, context)).save()

    def note_once(self, body: Body, context: Context, once: Once) -> bool:
        """Note an event unless `once` was used before; whether it was noted now. For what may come in floods."""
        try:
            self._write([self._event(self._alone(body, context)), *self._once(once, None)])
        except AlreadyDone:
            return False
        return True

    def use(self, once: Once) -> None:
        """Use a key for several changes, each with a key of its own. Raises AlreadyDone when it was used before."""
        self._write(self._once(once, None))

    def stored(self, subject: str, sequence: int) -> PastEvent:
        """One event of an aggregate, as it stands now. Raises Refused("not_found"), ValueError for a damaged row."""
        row = self.table.find(subject, event_key(sequence))
        if row is None:
            raise Refused("not_found", id=f"{subject}/{sequence}")
        return read_past(row.body or "{}")

    def erase(self, subject: str, sequence: int, ground: str, operator: str, context: Context) -> Erasure:
        """Erase the payload of one event because law requires it; that it was erased is an event itself (R-AUD-1).

        `ground` names the law or decision, and no person. The envelope stays, so that chain, log and older evidence
        files verify as before (R-AUD-2). To erase again changes nothing, and answers the first erasure.

        Raises Refused: "not_found"; "event_unsent", since who has not been told yet could never be. Raises Outdated
        when the row changed meanwhile, and ValueError for one that does not hold that event, since damage is evidence
        too, or that tells of an erasure itself.
        """
        sort_key = event_key(sequence)
        row = self.table.find(subject, sort_key)
        if row is None:
            raise Refused("not_found", id=f"{subject}/{sequence}")
        if row.outbox_shard:
            raise Refused("event_unsent", id=f"{subject}/{sequence}")
        event = read_past(row.body or "{}")
        if isinstance(event, ErasedEvent):
            return event.erased
        if (event.subject, event.sequence) != (subject, sequence):
            raise ValueError(f"{subject}/{sort_key} holds another event")
        if event.type == PayloadErased.TYPE:
            raise ValueError(f"{subject}/{sort_key} tells of an erasure, and that stays")
        told = PayloadErased(event_id=event.id, subject=subject, sequence=sequence, ground=ground, operator=operator)
        telling = self._alone(told, context)
        erasure = Erasure(at=telling.time, ground=ground, event_id=telling.id, record=telling.subject)
        kept = ErasedEvent(**event.model_dump(include=ENVELOPE_FIELDS), erased=erasure)
        erased = self.table(pk=subject, sk=sort_key, version=sequence, body=kept.model_dump_json())
        as_read = {":body": {"S": row.body}}
        unsaid = "#body = :body AND attribute_not_exists(outbox_shard)"
        erasing = Write(f"event:{sequence}", "Put", erased, unsaid, as_read, {"#body": "body"})
        self._write([erasing, self._event(telling, "telling")])
        return erasure

    def _alone(self, body: Body, context: Context) -> Event:
        return make_event(
            body,
            source=self.source,
            subject=new_id("acc"),
            sequence=1,
            previous=GENESIS,
            actor=context.actor,
            correlation_id=context.correlation_id,
            time=context.now,
        )

    def _chain(self, aggregate: str) -> list[Row]:
        return list(self.table.query(aggregate, self.table.sk.between(EVENT, HEAD), consistent_read=True))

    def _write(self, writes: Sequence[Write]) -> None:
        try:
            transact(client_of(self.table), writes)
        except ConditionFailed as failed:
            labels = failed.labels
            if "once" in labels:
                raise AlreadyDone from None
            if any(label.startswith(_OUTDATING) for label in labels):
                raise Outdated from None
            raise Taken(min(labels)) from None

    def _head(self, change: Change[S], parts: str | None) -> Write:
        row = self.table(
            pk=change.aggregate,
            sk=HEAD,
            version=change.after.sequence,
            chain=change.after.model_dump_json(),
            body=change.state.model_dump_json(),
            parts=parts,
        )
        if change.before.sequence == 0:
            return put_new(HEAD, row)
        values = {":chain": {"S": change.before.model_dump_json()}}
        return Write(HEAD, "Put", row, "#chain = :chain", values, {"#chain": "chain"})

    def _event(self, event: Event, label: str = "") -> Write:
        return put_new(label or f"event:{event.sequence}", self._event_row(event))

    def _event_row(self, event: Event) -> Row:
        return self.table(
            pk=event.subject,
            sk=event_key(event.sequence),
            version=event.sequence,
            body=event.model_dump_json(),
            outbox_shard=shard_of(event.subject),
            outbox_at=to_text(event.time),
        )

    def _once(self, once: Once | None, response: BaseModel | None) -> list[Write]:
        if once is None:
            return []
        body = _OnceBody(
            fingerprint=once.fingerprint,
            response=response.model_dump_json() if response else "",
        )
        row = self.table(
            pk=_once_key(once.key),
            sk="once",
            body=body.model_dump_json(),
            expires_at=_epoch(once.kept_until),
        )
        return [put_new("once", row)]


def _stored(row: Row, model: type[S]) -> Stored[S]:
    head = ChainHead.model_validate_json(row.chain or "{}")
    return Stored(model.model_validate_json(row.body or "{}"), head)


def _is_whole(rows: Sequence[Row]) -> bool:
    """Whether a chain's rows, the head last, are as one transaction left them; an event alone has no head."""
    if not rows or rows[-1].sk != HEAD:
        return True
    *events, head = rows
    return [row.sk for row in events] == [event_key(number) for number in range(1, int(head.version or 0) + 1)]


def event_key(sequence: int) -> str:
    """The sort key of an aggregate's n-th event."""
    return f"{EVENT}{sequence:010d}"


def _once_key(key: str) -> str:
    return f"once#{key}"


def _epoch(instant: datetime | None) -> int | None:
    return int(instant.timestamp()) if instant else None
