"""What happens by the clock: each thing whose time has come takes its course in one transaction of its own."""

from collections.abc import Callable, Mapping
from datetime import timedelta

from services.registry.ports.due import Deadlines
from shared.contracts.change import Context, Outdated
from shared.observability import count, logger

Elapse = Callable[[Context, str], bool]
"""Lets one kind of thing take its course, given its id; whether anything was owed. May raise Outdated."""

RUN = timedelta(seconds=20)
"""How long one run takes up new things; the next run, a minute later, goes on."""


def elapse(deadlines: Deadlines, kinds: Mapping[str, Elapse], begin: Callable[[], Context]) -> int:
    """Let everything whose time has come take its course; how many things did.

    `begin` gives each its context and instant. One that moves meanwhile is left to the next run, which sees what became
    of it. One that fails is logged and counted; it never holds up the rest.
    """
    start = begin()
    elapsed = 0
    for kind, subject in deadlines.due(start.now):
        context = begin()
        if context.now >= start.now + RUN:
            break
        try:
            elapsed += kinds[kind](context, subject)
        except Outdated:
            continue
        except Exception:  # noqa: BLE001 - whatever ails one thing, the others take their course
            logger().exception("a deadline could not elapse", extra={"kind": kind, "subject": subject})
            count("DeadlinesFailed")
    return elapsed
