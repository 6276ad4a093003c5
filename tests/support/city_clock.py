"""News of the registry reaching handover, and its clock, at instants that a test chooses."""

from datetime import datetime

from services.handover import wiring
from services.handover.events import ELAPSES, JOBS
from shared.aws.due import elapse
from shared.contracts.change import Context, Once
from shared.contracts.departments import Department
from shared.contracts.items import Item
from shared.kernel.clock import utc_now
from shared.kernel.ids import new_id
from shared.kernel.permissions import ANONYMOUS
from tests.support.granted import another_process


def news(at: datetime | None = None) -> Context:
    """Something that the registry told, now or at an instant."""
    return Context(ANONYMOUS, at or utc_now(), "correlation", Once(f"event#{new_id('evt')}", "0"))


@another_process()
def hear(*told: Item | Department, at: datetime | None = None) -> None:
    """Items and departments that the registry told of."""
    for each in told:
        if isinstance(each, Item):
            wiring.directory().keep_item(each, news(at))
        else:
            wiring.directory().keep_department(each, news(at))


@another_process()
def pass_time(at: datetime | None = None) -> int:
    """One run of each schedule of the minute: what is due, and work in the background."""

    def begin() -> Context:
        return Context(ANONYMOUS, at or utc_now(), "schedule")

    return elapse(wiring.deadlines(), ELAPSES, begin) + elapse(wiring.work(), JOBS, begin)
