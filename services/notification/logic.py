"""What notification does: queue a message per liaison, try it at once, try it again, leave it to a person (R-NTF)."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from services.notification.domain import (
    LEASE,
    SOURCE,
    Message,
    Obstacle,
    Outcome,
    Waiting,
    active_liaisons,
    address_of,
    addressed,
    attempted,
    deliveries_for,
    readdressed,
    refuse_other_department,
)
from services.notification.ports import Channel, Deliveries, State
from shared.contracts.chain import ChainHead
from shared.contracts.change import Context, Outdated, Stored, change
from shared.contracts.departments import Department
from shared.contracts.notification import Delivery, DeliveryAttempted
from shared.kernel.permissions import Principal
from shared.observability import count, logger

RUN = timedelta(seconds=15)
"""How long one run of `deliver` takes up new deliveries; the next run, a minute later, goes on."""

RECORDINGS = 5
"""How often recording an attempt is tried again when another attempt of the same delivery came in between."""


def keep_department(store: Deliveries, context: Context, department: Department) -> None:
    """Keep a department's liaisons, unless a newer version is known (R-ORG-2)."""
    store.keep_department(department, context.event)


def notify(store: Deliveries, channel: Channel, context: Context, message: Message) -> None:
    """Queue one SMS per active liaison, once per event, then try each at once (R-NTF-1, Y 4).

    The queue is what makes it certain, the attempt that follows is what makes it fast: should this process die between
    the two, `deliver` finds the deliveries due. Raises AlreadyDone when the event was handled before.
    """
    liaisons = active_liaisons(store.department(message.department))
    deliveries = deliveries_for(message, liaisons, context.now)
    store.queue(deliveries, context.event)
    for delivery in deliveries:
        attempt(store, channel, replace(context, once=None), Waiting(delivery, context.now))


def deliver(store: Deliveries, channel: Channel, begin: Callable[[], Context]) -> int:
    """Try whatever is due and return how many were tried; `begin` gives each attempt its context and instant.

    One that fails inside is logged and counted, and is due again after its lease; it never holds up the rest.
    """
    start = begin()
    tried = 0
    for waiting in store.due(start.now):
        context = begin()
        if context.now >= start.now + RUN:
            break
        try:
            tried += attempt(store, channel, context, waiting)
        except Exception:  # noqa: BLE001 - whatever ails one delivery, the others are tried
            logger().exception("a delivery could not be tried", extra={"delivery": waiting.delivery.delivery_id})
            count("DeliveriesFailed")
    return tried


def attempt(store: Deliveries, channel: Channel, context: Context, waiting: Waiting) -> bool:
    """Try one delivery, if nobody else is at it; whether it was tried.

    Lease, send, record: whoever dies before sending loses nothing, since the lease runs out and the delivery is due
    again. Whoever dies between sending and recording makes the SMS go out twice after the lease: no carrier takes part
    in our transaction, and twice is better than never.
    """
    leased = store.lease(waiting, context.now + LEASE)
    if leased is None:
        return False
    department = store.department(leased.delivery.department)
    ready = _find_address(store, leased, department)
    if ready is None:
        return False
    # Read before sending: attempts that cannot be read could not be recorded, and the SMS would go out again and again.
    stored = store.attempts(ready.delivery.delivery_id)
    _record(store, context, stored, ready.delivery, _send(channel, ready.delivery, department))
    return True


def deliveries(
    store: Deliveries,
    principal: Principal,
    department: str,
    state: State | None,
    *,
    limit: int,
    position: Mapping[str, Any] | None,
) -> tuple[tuple[Delivery, ...], Mapping[str, Any] | None]:
    """A page of one department's deliveries, newest first. Raises Refused("not_your_department")."""
    refuse_other_department(principal, department)
    return store.page(department, state, limit=limit, position=position)


def _find_address(store: Deliveries, leased: Waiting, department: Department | None) -> Waiting | None:
    liaisons = active_liaisons(department)
    if leased.delivery.liaison is not None or not liaisons:
        return replace(leased, delivery=readdressed(leased.delivery, department))
    return store.spread(leased, addressed(leased.delivery, liaisons))


def _send(channel: Channel, delivery: Delivery, department: Department | None) -> Outcome:
    address = address_of(delivery, department)
    if isinstance(address, Obstacle):
        return Outcome(reached=False, result=address.value)
    return channel.send(address, delivery.text)


def _record(
    store: Deliveries, context: Context, stored: Stored[Delivery] | None, delivery: Delivery, outcome: Outcome
) -> None:
    for _ in range(RECORDINGS):
        before = stored.state if stored else delivery
        address = {"liaison": delivery.liaison, "phone_masked": delivery.phone_masked}
        after = attempted(before.model_copy(update=address), outcome, context.now)
        head = stored.head if stored else ChainHead()
        body = DeliveryAttempted(delivery=after)
        try:
            store.save(change(SOURCE, after.delivery_id, head, after, [body], context))
        except Outdated:
            stored = store.attempts(delivery.delivery_id)
            continue
        _tell(after)
        return
    # The lease runs out and the delivery is tried again, so this attempt may be unrecorded but nothing is lost.
    logger().error("attempt not recorded", extra={"delivery": delivery.delivery_id, "result": outcome.result})


def _tell(delivery: Delivery) -> None:
    extra = {"delivery": delivery.delivery_id, "state": delivery.state, "attempts": delivery.attempts}
    logger().info("delivery attempted", extra=extra | {"result": delivery.last_result})
    if delivery.state == "abandoned":
        count("DeliveriesAbandoned")
