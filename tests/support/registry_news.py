"""What a registry tells handover, version by version: items in several forms, departments that come and go."""

from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from shared.contracts.departments import Department, DepartmentChanged, DepartmentState
from shared.contracts.event import Body
from shared.contracts.items import (
    ClaimRule,
    ItemPublished,
    ItemReinstated,
    ItemRetired,
    ItemSuspended,
    ItemVersionBody,
)
from shared.contracts.vocabulary import ClaimMode, ItemStanding, OnOverdue, SupervisorPart, TimeLimit
from tests.support.faulty_city import FaultyCity
from tests.support.handover_builders import HEALTH, ITEM_CODE, LONG_AGO, MARKET, department, item, supervisor
from tests.support.push_builders import told
from tests.support.push_desk import COUNTY, PROVINCE

UNPUBLISHED = "000131002000"
"""An item that nobody has heard of when the story begins."""

CODES = (ITEM_CODE, UNPUBLISHED)

_HOUR = TimeLimit(amount=1, unit="hour")
_ALONE = (supervisor(),)
_TOGETHER = (supervisor(), supervisor(HEALTH, SupervisorPart.ASSISTING))

ITEMS: Mapping[str, Mapping[str, Any]] = {
    "alone": {"supervisors": _ALONE, "claim": ClaimRule(limit=_HOUR)},
    "together": {"supervisors": _TOGETHER, "claim": ClaimRule(limit=_HOUR)},
    "deemed": {"supervisors": _TOGETHER, "claim": ClaimRule(limit=_HOUR, on_overdue=OnOverdue.DEEMED_CLAIMED)},
    "on_push": {"supervisors": _TOGETHER, "claim": ClaimRule(mode=ClaimMode.ON_PUSH)},
    "health": {"supervisors": (supervisor(HEALTH),), "claim": ClaimRule()},
    "tomorrow": {"supervisors": _TOGETHER, "claim": ClaimRule(limit=_HOUR), "effective_from": timedelta(days=1)},
}
"""Forms of an item: who supervises it, how its pushes are claimed, from when on it applies."""

STANDINGS = ("published", "published", "suspended", "retired")

_TOLD: Mapping[str, type[ItemVersionBody]] = {
    "published": ItemPublished,
    "suspended": ItemSuspended,
    "retired": ItemRetired,
    "reinstated": ItemReinstated,
}
_LINE = {MARKET: PROVINCE, COUNTY: MARKET}


class RegistryNews:
    """A registry that only tells; what it tells waits in handover's queue."""

    def __init__(self, city: FaultyCity) -> None:
        self.city = city
        self.versions: Counter[str] = Counter()
        for each in (PROVINCE, MARKET, COUNTY, HEALTH):
            self.alter(each, "active")
        self.publish(ITEM_CODE, "together", "published")
        city.news.deliver(tuple(city.news.waiting))

    def publish(self, code: str, form: str, standing: str) -> None:
        """Another version of an item."""
        self.versions[code] += 1
        given = {"effective_from": LONG_AGO, **ITEMS[form]}
        if isinstance(given["effective_from"], timedelta):
            given["effective_from"] = self.city.clock.now + given["effective_from"]
        version = item(code=code, version=self.versions[code], standing=ItemStanding(standing), **given)
        self._tell(_TOLD[standing](item=version), code, version.version)

    def alter(self, identifier: str, state: str) -> None:
        """Another version of a department: `active`, `no_liaison` or `suspended`."""
        self.versions[identifier] += 1
        known = department(identifier, active=state != "no_liaison", version=self.versions[identifier])
        state_of = DepartmentState.SUSPENDED if state == "suspended" else DepartmentState.ACTIVE
        changed: Department = known.model_copy(update={"superior": _LINE.get(identifier), "state": state_of})
        self._tell(DepartmentChanged(department=changed), identifier, changed.version)

    def mend(self) -> None:
        """Everything is as it should be: every item published, every department there."""
        for each in (MARKET, HEALTH):
            self.alter(each, "active")
        for code in CODES:
            self.publish(code, "alone", "published")

    def _tell(self, body: Body, subject: str, sequence: int) -> None:
        subject = subject if "_" in subject else f"item_{subject}"
        event = told(body, subject=subject, sequence=sequence, time=self.city.clock.now)
        text = event.model_dump_json()
        self.city.news.waiting.append(text)
        self.city.hearers["notification"].waiting.append(text)
