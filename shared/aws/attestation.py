"""A service's walk through its own table, telling audit of everything it holds (R-AUD-4, ADR 23).

A *pass* is a walk through the whole table, in segments that several runs may walk at once. A step reads a few pages,
tells of them, and then moves its segment by a conditional write: whoever is killed between tells of the same again, as
another step that follows the same one, which changes nothing at audit.

| pk | sk | what |
|---|---|---|
| `attestation` | `pass` | the pass under way or the last one: begun and ended when, in how many segments |
| `attestation` | `segment#<n>` | how far a segment has come, and the last step that told of anything |

Both lie in the very table that is judged, so `chain` holds their seal: an HMAC under a key that whoever writes the
table has not. A row that is not sealed is none, and its segment is walked from the beginning.
"""

import hmac
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice, zip_longest
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from botocore.exceptions import BotoCoreError, ClientError
from pydantic import BaseModel
from pynamodb.exceptions import PutError

from shared.aws.failures import condition_failed
from shared.aws.holdings import Found, Looked, Open, account_for, close, judge, look
from shared.aws.journal import EVENT, HEAD, event_key
from shared.aws.table import Row
from shared.aws.transactions import client_of, pause
from shared.contracts.attestations import Ailing, HeldSegment, Holdings
from shared.contracts.model import Contract, Identifier, Instant
from shared.kernel.clock import Clock
from shared.kernel.errors import Unavailable
from shared.kernel.ids import new_id
from shared.observability import logger

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

SEGMENTS: Final = 4
PAGES_A_STEP: Final = 4
"""Pages of a megabyte each, read before the segment moves."""
STEPS_A_RUN: Final = 10
"""Forty pages a run: some five thousand read units in five minutes, whatever else the table is asked for."""
RUN: Final = timedelta(seconds=15)
"""When the last step of a run begins at the latest."""
EVENTS_A_MESSAGE: Final = 400
HEADS_A_MESSAGE: Final = 200
AILING_A_MESSAGE: Final = 100
"""With the longest ids there may be, all three together stay below 200,000 bytes; SQS takes 262,144."""
_LOOKS: Final = 3
"""How often an aggregate is read again that changes while it is read, or seems to ail."""

_ATTESTATION: Final = "attestation"
_LAST: Final = "pass"
_SEGMENT: Final = "segment#"

T = TypeVar("T")
M = TypeVar("M", bound=Contract)


class Pass(Contract):
    """One walk through the whole table."""

    pass_id: Identifier
    number: int
    begun: Instant
    segments: int
    ended: Instant | None = None


class Place(Contract):
    """The keys of the last row read."""

    pk: str
    sk: str


class Walked(Contract):
    """How far a segment of a pass has come, what it is in the middle of, and its last step that told of anything."""

    number: int = 0
    """The pass it was last walked in."""
    after: Place | None = None
    open: Open = Open()
    told: Identifier | None = None
    done: bool = False


@dataclass(frozen=True, slots=True)
class Kept(Generic[M]):
    """What a row of ours says, None where there is none; and the seal it bears, by which it is moved."""

    says: M | None
    seal: str | None


@dataclass(frozen=True, slots=True)
class Witness:
    """A service that testifies: its name in events, its table, and the queue that audit reads.

    `key` seals its rows: 32 bytes that are not kept in the table.
    """

    source: str
    table: type[Row]
    sqs: "SQSClient"
    queue: str
    key: bytes
    page_rows: int | None = None
    """Rows read in a page, where not as many as there is room for."""


@dataclass(frozen=True, slots=True)
class Testimony:
    """What one run told."""

    events: int = 0
    ailing: int = 0
    under_way: bool = False
    """There is more to be told of this pass."""


def attest(witness: Witness, every: timedelta | None, clock: Clock, *, asked: bool = False) -> Testimony:
    """Go on with the pass under way, or begin one that is due or asked for; one read where there is nothing to do.

    `every`: how long after its beginning a pass is followed by the next, None for never. Raises Unavailable when AWS
    does not answer or the queue does not take what is told: the next run goes on from the last step.
    """
    begun = clock()
    current = _under_way(witness, every, begun, asked=asked)
    events = ailing = 0
    if current is None:
        return Testimony()
    for walked in islice(_steps(witness, current, clock), STEPS_A_RUN):
        events, ailing = events + len(walked.events), ailing + len(walked.ailing)
        if clock() >= begun + RUN:
            break
    return Testimony(events, ailing, under_way=not _end(witness, current, clock()))


def _under_way(witness: Witness, every: timedelta | None, now: datetime, *, asked: bool) -> Pass | None:
    """The pass to go on with, which may begin just now."""
    kept = _kept(witness, _LAST, Pass)
    last = kept.says
    if last is not None and last.ended is None:
        return last
    due = every is not None and (last is None or last.begun + every <= now)
    return _begin(witness, kept, now) if due or asked else None


def _steps(witness: Witness, current: Pass, clock: Clock) -> Iterator[Looked]:
    """Walk segment after segment, step by step; one that another run walks as well, and quicker, is left to it."""
    for segment in range(current.segments):
        while (place := _place(witness, current, segment)) is not None:
            before, seal = place
            looked, after = _step(witness, current, segment, before, clock())
            if not _moved(witness, _segment_key(segment), seal, after):
                break
            yield looked


def _place(witness: Witness, current: Pass, segment: int) -> tuple[Walked, str | None] | None:
    """Where to go on in a segment, and its row's seal; None when it is done, or walked in a later pass already."""
    kept = _kept(witness, _segment_key(segment), Walked)
    walked = kept.says or Walked()
    if walked.number < current.number:
        return Walked(number=current.number), kept.seal
    return None if walked.done or walked.number > current.number else (walked, kept.seal)


def _step(witness: Witness, current: Pass, segment: int, before: Walked, now: datetime) -> tuple[Looked, Walked]:
    """Read some pages, tell of them; what they held, and where the segment stands then."""
    looked, open_, after = Looked(), before.open, before.after
    for _ in range(PAGES_A_STEP):
        rows, after = _page(witness, segment, current.segments, after)
        open_ = look(witness.source, rows, open_, looked)
        if after is None:
            break
    done = after is None
    if done:
        close(open_, looked)
    for subject in looked.doubtful:
        looked.ailing += _look_again(witness.table, subject)
    for erased in looked.erased:
        telling = witness.table.find(erased.erased.record, event_key(1))
        looked.ailing += account_for(erased, telling.body or "" if telling else "")
    told = _tell(witness, current, looked, before.told, now)
    if done:
        _send(witness, _walked_through(witness, current, segment, told))
    return looked, before.model_copy(update={"after": after, "open": open_, "told": told, "done": done})


def _walked_through(witness: Witness, current: Pass, segment: int, last: str | None) -> HeldSegment:
    return HeldSegment(
        source=witness.source,
        pass_id=current.pass_id,
        begun=current.begun,
        segment=segment,
        segments=current.segments,
        last=last,
    )


def _page(witness: Witness, segment: int, segments: int, after: Place | None) -> tuple[list[Found], Place | None]:
    """The events and heads of the next page of a segment, and where the one after it begins.

    A look at what was the state a moment ago is enough: what was written since is told of by the next pass.
    """
    asked: dict[str, Any] = {
        "TableName": witness.table.Meta.table_name,
        "Segment": segment,
        "TotalSegments": segments,
        "FilterExpression": "begins_with(sk, :event) OR sk = :head",
        "ProjectionExpression": "pk, sk, #chain, #body",
        "ExpressionAttributeNames": {"#chain": "chain", "#body": "body"},
        "ExpressionAttributeValues": {":event": {"S": EVENT}, ":head": {"S": HEAD}},
    }
    if witness.page_rows:
        asked["Limit"] = witness.page_rows
    if after:
        asked["ExclusiveStartKey"] = {"pk": {"S": after.pk}, "sk": {"S": after.sk}}
    try:
        answer = client_of(witness.table).scan(**asked)
    except (BotoCoreError, ClientError) as error:
        raise Unavailable from error
    last = answer.get("LastEvaluatedKey")
    place = Place(pk=last["pk"]["S"], sk=last["sk"]["S"]) if last else None
    return [_found(item) for item in answer["Items"]], place


def _found(item: Mapping[str, Any]) -> Found:
    sk = item["sk"]["S"]
    return Found(item["pk"]["S"], sk, item.get("chain" if sk == HEAD else "body", {}).get("S", ""))


def _look_again(table: type[Row], subject: str) -> list[Ailing]:
    """What ails an aggregate, read by itself while nobody wrote to it; one that is always written to is not judged.

    What a look finds must be found by the last as well: the rows of a transaction on its way need not be seen at once.
    """
    ailing: list[Ailing] = []
    for attempt in range(_LOOKS):
        before = table.find(subject, HEAD)
        rows = table.query(subject, table.sk.startswith(EVENT), consistent_read=True)
        found = [Found(row.pk, row.sk, row.body or "") for row in rows]
        after = table.find(subject, HEAD)
        unmoved = _chain(before) == _chain(after)
        ailing = judge(subject, found, _chain(after)) if unmoved else []
        if unmoved and not ailing:
            break
        pause(attempt)
    return ailing


def _chain(head: Row | None) -> str | None:
    return None if head is None else head.chain or ""


def _tell(witness: Witness, current: Pass, looked: Looked, follows: str | None, now: datetime) -> str | None:
    """Tell of what a step found, as the one after `follows`; the last step of the segment then that told of anything.

    The step has a name of its own each time it is done: what two tell of it may be cut at other places.
    """
    step = new_id("stp")
    batches = zip_longest(
        _batched(looked.events, EVENTS_A_MESSAGE),
        _batched(looked.heads, HEADS_A_MESSAGE),
        _batched(looked.ailing, AILING_A_MESSAGE),
        fillvalue=(),
    )
    parts = list(batches)
    for number, (events, heads, ailing) in enumerate(parts):
        held = Holdings(
            source=witness.source,
            pass_id=current.pass_id,
            at=now,
            step=step,
            follows=follows,
            part=number,
            parts=len(parts),
            events=events,
            heads=heads,
            ailing=ailing,
        )
        _send(witness, held)
    return step if parts else follows


def _batched(items: Sequence[T], most: int) -> Iterator[tuple[T, ...]]:
    return (tuple(items[start : start + most]) for start in range(0, len(items), most))


def _send(witness: Witness, message: BaseModel) -> None:
    try:
        witness.sqs.send_message(QueueUrl=witness.queue, MessageBody=message.model_dump_json())
    except (BotoCoreError, ClientError) as error:
        raise Unavailable from error


def _begin(witness: Witness, last: Kept[Pass], now: datetime) -> Pass | None:
    """The next pass, begun; None where another run began one. Its number is above whatever a segment was walked in."""
    known = [walked.number for walked in _walked_all(witness, SEGMENTS)]
    number = 1 + max(last.says.number if last.says else 0, *known)
    begun = Pass(pass_id=new_id("att"), number=number, begun=now, segments=SEGMENTS)
    return begun if _moved(witness, _LAST, last.seal, begun) else None


def _end(witness: Witness, current: Pass, now: datetime) -> bool:
    """Whether this run ended the pass. It is ended when every segment is done, whoever walked it."""
    if not all(walked.number == current.number and walked.done for walked in _walked_all(witness, current.segments)):
        return False
    # Read again for its seal: whoever walked the last segment as well may have ended it.
    kept = _kept(witness, _LAST, Pass)
    if kept.says != current:
        return False
    return _moved(witness, _LAST, kept.seal, current.model_copy(update={"ended": now}))


def _walked_all(witness: Witness, segments: int) -> Iterator[Walked]:
    return (_kept(witness, _segment_key(each), Walked).says or Walked() for each in range(segments))


def _kept(witness: Witness, sk: str, model: type[M]) -> Kept[M]:
    """What a row of ours says. One that we did not seal says nothing: somebody wrote it past us (R-AUD-4)."""
    row = witness.table.find(_ATTESTATION, sk)
    if row is None:
        return Kept(None, None)
    if not hmac.compare_digest((row.chain or "").encode(), _seal(witness, sk, row.body or "").encode()):
        logger().error("a row that attesting stands on was not written by it", extra={"pk": row.pk, "sk": sk})
        return Kept(None, row.chain)
    return Kept(model.model_validate_json(row.body or ""), row.chain)


def _moved(witness: Witness, sk: str, before: str | None, after: Pass | Walked) -> bool:
    """Write a row unless another run was quicker: `before` is the seal it was read with, None where it had none."""
    table, body = witness.table, after.model_dump_json()
    row = table(pk=_ATTESTATION, sk=sk, body=body, chain=_seal(witness, sk, body))
    try:
        row.save(condition=table.chain == before if before is not None else table.chain.does_not_exist())
    except PutError as error:
        if condition_failed(error):
            return False
        raise Unavailable from error
    return True


def _seal(witness: Witness, sk: str, body: str) -> str:
    """What only this service can write beside a row's text. It binds the row's place: none can be put elsewhere."""
    return hmac.digest(witness.key, f"{sk}\n{body}".encode(), "sha256").hex()


def _segment_key(segment: int) -> str:
    return f"{_SEGMENT}{segment:02d}"
