"""The consumer of a queue of events: each event takes effect once, a poison message fails alone.

Effect and "event seen" are one transaction (see Journal), so redelivery does nothing twice. A message that cannot be
read or handled is reported as failed by itself; SQS gives it back and, after some tries, puts it into the dead-letter
queue, whose alarm calls a person.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,
)
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from shared.contracts.change import AlreadyDone, Context, Once, Outdated
from shared.contracts.event import Event
from shared.kernel.permissions import Principal
from shared.observability import logger

ATTEMPTS = 5
"""How often one delivery is decided again when its aggregate keeps changing; SQS redelivers after that."""

Handler = Callable[[Event, Context], None]


def consume(
    records: dict[str, Any],
    handlers: Mapping[str, Handler],
    service: str,
    clock: Callable[[], datetime],
) -> dict[str, Any]:
    """Handle an SQS batch; returns the partial batch response that names the messages which failed."""

    def handle(record: SQSRecord) -> None:
        log = logger()
        log.append_keys(correlation_id=None)
        try:
            take(Event.model_validate_json(record.body), handlers, service, clock)
        except Exception:
            log.exception("a message failed", extra={"message_id": record.message_id})
            raise

    processor = BatchProcessor(EventType.SQS, raise_on_entire_batch_failure=False)
    return dict(process_partial_response(records, handle, processor))


def take(
    event: Event,
    handlers: Mapping[str, Handler],
    service: str,
    clock: Callable[[], datetime],
) -> None:
    """Let one event take effect, once. An event type we have no handler for is none of ours.

    Raises Outdated when its aggregate kept changing, and whatever the handler raises.
    """
    log = logger()
    log.append_keys(correlation_id=event.data.correlation_id)
    handler = handlers.get(event.type)
    if handler is None:
        return
    context = Context(
        principal=system_principal(service),
        now=clock(),
        correlation_id=event.data.correlation_id,
        once=Once(key=f"event#{event.id}", fingerprint=event.commitment),
    )
    for _ in range(ATTEMPTS):
        try:
            handler(event, context)
            outcome = "done"
        except Outdated:
            continue
        except AlreadyDone:
            outcome = "done before"
        log.info("event", extra={"event_id": event.id, "type": event.type, "outcome": outcome})
        return
    raise Outdated(event.id)


def system_principal(service: str) -> Principal:
    """The principal under which a service's own jobs and consumers act."""
    return Principal(f"system:{service}", None, frozenset())
