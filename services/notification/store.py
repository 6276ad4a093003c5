"""Deliveries and departments as rows of notification's table, and the carrier that takes an SMS.

| pk | sk | what |
|---|---|---|
| department id | `known` | the department as last heard of; the only place with whole phone numbers |
| delivery id | `entry` | the delivery as it stands: due while pending, listed under its department |
| delivery id | `abandoned` | only once a person must take over; listed under its department |
| delivery id | `head`, `event#…` | the chain of attempts, from the first one on |
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import BotoCoreError, ClientError
from pydantic import ValidationError
from pynamodb.exceptions import UpdateError

from services.notification.domain import SOURCE, Outcome, Waiting, due_at
from services.notification.ports import State
from shared.aws.failures import condition_failed
from shared.aws.journal import Journal
from shared.aws.listing import read_due, read_page
from shared.aws.table import Row, shard_of
from shared.aws.transactions import ConditionFailed, Write, client_of, put_new, put_newer, transact
from shared.contracts.change import Change, Once, Stored
from shared.contracts.departments import Department
from shared.contracts.notification import Delivery
from shared.kernel.clock import from_text, to_text
from shared.kernel.errors import Unavailable
from shared.observability import logger

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient

KNOWN = "known"
ENTRY = "entry"
ABANDONED: Final = "abandoned"


class NotificationStore:
    """The queue of messages and what we keep of the registry; see ports.Deliveries for what each method promises."""

    def __init__(self, table: type[Row]) -> None:
        self.table = table
        self.journal = Journal(table, SOURCE)

    def department(self, department_id: str) -> Department | None:
        """A department as we last heard of it, strongly consistent."""
        row = self.table.find(department_id, KNOWN)
        return Department.model_validate_json(row.body or "{}") if row else None

    def keep_department(self, department: Department, once: Once) -> None:
        """Keep a department unless a newer version is known. Raises AlreadyDone."""
        row = self.table(
            pk=department.department_id,
            sk=KNOWN,
            version=department.version,
            body=department.model_dump_json(),
        )
        self.journal.keep(once, [put_newer(KNOWN, row)])

    def queue(self, deliveries: Sequence[Delivery], once: Once) -> None:
        """Put the deliveries of one event into the queue, due at once. Raises AlreadyDone."""
        entries = [put_new(f"entry:{each.delivery_id}", self._entry(each, due_at(each))) for each in deliveries]
        self.journal.keep(once, entries)

    def due(self, now: datetime) -> Iterator[Waiting]:
        """What is due, as the index shows it. An entry nobody can read is told and passed over."""
        for row in read_due(self.table, now):
            try:
                waiting = _waiting(row)
            except ValidationError:
                logger().exception("a delivery could not be tried", extra={"delivery": row.pk})
                continue
            yield waiting

    def lease(self, waiting: Waiting, until: datetime) -> Waiting | None:
        """Take a delivery for oneself by moving the instant it is due, if it still is the one we saw."""
        row = self.table(pk=waiting.delivery.delivery_id, sk=ENTRY)
        try:
            row.update(
                actions=[self.table.due_at.set(to_text(until))],
                condition=self.table.due_at == to_text(waiting.due_at),
            )
        except UpdateError as error:
            if condition_failed(error):
                return None
            raise Unavailable from error
        return _waiting(row)

    def spread(self, leased: Waiting, deliveries: Sequence[Delivery]) -> Waiting | None:
        """Turn a delivery without an address into one per liaison; the first keeps the lease, the rest are due."""
        first, *rest = deliveries
        held = Write(
            ENTRY,
            "Put",
            self._entry(first, leased.due_at),
            "due_at = :held",
            {":held": {"S": to_text(leased.due_at)}},
        )
        others = [put_new(f"entry:{each.delivery_id}", self._entry(each, due_at(each))) for each in rest]
        try:
            transact(client_of(self.table), [held, *others])
        except ConditionFailed:
            return None
        return Waiting(first, leased.due_at)

    def attempts(self, delivery_id: str) -> Stored[Delivery] | None:
        """A delivery and the chain of its attempts, strongly consistent; None before the first attempt."""
        return self.journal.read(delivery_id, Delivery)

    def save(self, change: Change[Delivery]) -> None:
        """Write an attempt with the next due time in one transaction. Raises Outdated."""
        delivery = change.state
        # The chain's head orders the attempts, so the entry needs no condition of its own.
        entry = Write(ENTRY, "Put", self._entry(delivery, due_at(delivery)))
        self.journal.commit(change, [entry, *self._for_a_person(delivery)])

    def page(
        self, department: str, state: State | None, *, limit: int, position: Mapping[str, Any] | None
    ) -> tuple[tuple[Delivery, ...], Mapping[str, Any] | None]:
        """One page of a department's deliveries, newest first, and where the next page starts."""
        found = read_page(self.table, _listing(department, state), limit=limit, position=position)
        return tuple(_delivery(row) for row in found.rows), found.position

    def _entry(self, delivery: Delivery, due: datetime | None) -> Row:
        row = self._listed(delivery, ENTRY, None)
        if due is not None:
            row.due_shard = shard_of(delivery.delivery_id)
            row.due_at = to_text(due)
        return row

    def _for_a_person(self, delivery: Delivery) -> list[Write]:
        if delivery.state != ABANDONED:
            return []
        return [Write(ABANDONED, "Put", self._listed(delivery, ABANDONED, ABANDONED))]

    def _listed(self, delivery: Delivery, sort_key: str, state: State | None) -> Row:
        return self.table(
            pk=delivery.delivery_id,
            sk=sort_key,
            body=delivery.model_dump_json(),
            listing=_listing(delivery.department, state),
            listing_at=f"{to_text(delivery.created_at)}#{delivery.delivery_id}",
        )


class SmsCarrier:
    """SNS as the way to a phone. What it takes it keeps trying; "reached" means taken, not read."""

    def __init__(self, sns: "SNSClient") -> None:
        self._sns = sns

    def send(self, phone: str, text: str) -> Outcome:
        """Hand one message for a number in E.164 to the carrier, with one request."""
        try:
            taken = self._sns.publish(
                PhoneNumber=phone,
                Message=text,
                MessageAttributes={"AWS.SNS.SMS.SMSType": {"DataType": "String", "StringValue": "Transactional"}},
            )
        except ClientError as error:
            # Its message may repeat the number; its code never does.
            return Outcome(reached=False, result=str(error.response["Error"]["Code"]))
        except BotoCoreError as error:
            return Outcome(reached=False, result=type(error).__name__)
        return Outcome(reached=True, result=taken["MessageId"])


def _listing(department: str, state: State | None) -> str:
    return f"{state}#{department}" if state else f"department#{department}"


def _delivery(row: Row) -> Delivery:
    return Delivery.model_validate_json(row.body or "{}")


def _waiting(row: Row) -> Waiting:
    return Waiting(_delivery(row), from_text(row.due_at or ""))
