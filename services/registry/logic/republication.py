"""Publishing the registry's past again: one bounded step at a time, repeatable at any point."""

from collections.abc import Sequence

from services.registry.domain.republication import LISTS, TOLD, Step, Walk
from services.registry.ports.republication import Announcer, Past

AGGREGATES_A_STEP = 25
"""An item has a few events; a step stays far below a function's time limit."""


def republish(past: Past, announcer: Announcer, walk: Walk) -> Step:
    """Tell of the next few aggregates. Raises Unavailable: do the same step again, consumers take an event once."""
    aggregates, following = _next(past, walk)
    events = [event for each in aggregates for event in past.events(each) if event.type in TOLD]
    told = announcer.republish(events) if events else 0
    return Step(aggregates=len(aggregates), events=told, walk=following)


def _next(past: Past, walk: Walk) -> tuple[Sequence[str], Walk | None]:
    if walk.department is None:
        found, following = past.departments(1, walk.departments)
        if not found:
            return [], None
        return found, Walk(department=found[0], departments=following, last=following is None)
    found, after = past.of_department(LISTS[walk.listing], walk.department, AGGREGATES_A_STEP, walk.after)
    if after is not None:
        return found, walk.model_copy(update={"after": after})
    if walk.listing + 1 < len(LISTS):
        return found, walk.model_copy(update={"listing": walk.listing + 1, "after": None})
    return found, None if walk.last else Walk(departments=walk.departments)
