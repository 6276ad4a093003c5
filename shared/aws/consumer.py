"""The consumer of a queue of events: each event takes effect once, a poison message fails alone.

Effect and "event seen" are one transaction (see Journal), so redelivery does nothing twice. A message that cannot be
read or handled is reported as failed by itself; SQS gives it back and, after some tries, puts it into the dead-letter
queue, whose alarm calls a person.

The loop is ours, since Powertools' batch utility brings its parser along, a fifth of a cold start
(aws-powertools/powertools-lambda-python#8406).
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

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
    log = logger()
    failed = []
    for record in records["Records"]:
        log.append_keys(correlation_id=None)
        try:
            take(Event.model_validate_json(record["body"]), handlers, service, clock)
        except Exception:
            log.exception("a message failed", extra={"message_id": record["messageId"]})
            failed.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failed}


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
