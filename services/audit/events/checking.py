"""Work that comes to audit's own queue: ranges of the log to be verified, what services attest (R-AUD-4).

A message is a JSON object that says by its `kind` what it is; each kind has one handler, which parses the rest. Every
handler does the same again when a message is delivered again.
"""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from chalice.app import Blueprint, SQSEvent

from services.audit.events import attesting, verifying
from shared.kernel.clock import utc_now
from shared.observability import logger

events = Blueprint(__name__)

Handler = Callable[[str, datetime], None]
"""Does what a message asks, given its text and the instant. What it raises sends the message back to the queue."""

HANDLERS: Final[Mapping[str, Handler]] = {**attesting.HANDLERS, **verifying.HANDLERS}


class UnknownKindError(ValueError):
    """A message is of no kind that audit knows."""


# A message may ask for a minute's work, so each comes alone.
@events.on_sqs_message(queue="replaced-when-packaged", name="check", batch_size=1)
def check(event: SQSEvent) -> dict[str, list[dict[str, str]]]:
    """Do what the messages ask, each alone: one that cannot be handled comes back, then ends in the dead letters."""
    failed = []
    for record in event.to_dict()["Records"]:
        try:
            handle(record["body"], HANDLERS, utc_now())
        except Exception:  # noqa: BLE001 - one message fails alone
            logger().exception("a message failed", extra={"message_id": record["messageId"]})
            failed.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failed}


def handle(text: str, handlers: Mapping[str, Handler], now: datetime) -> None:
    """Give one message to the handler of its kind. Raises UnknownKindError, and whatever the handler raises."""
    found = json.loads(text)
    kind = found.get("kind") if isinstance(found, dict) else None
    if not isinstance(kind, str) or kind not in handlers:
        raise UnknownKindError(str(kind)[:40])
    handlers[kind](text, now)
