"""Which department a push goes to: the one the item names, or the one that answers for it now (R-HND-15, R-ORG-1).

A merged department's pushes go to its successor, or to that one's. A department that can take nothing now is named with
the reason, for a person to see to.
"""

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

from shared.contracts.departments import Department, DepartmentState
from shared.contracts.items import Supervisor
from shared.contracts.vocabulary import SupervisorPart

LONGEST_CHAIN = 8
"""How many mergers are followed; beyond that a person must look."""


class Unreached(StrEnum):
    """Why a department cannot be reached (R-HND-15)."""

    NO_LIAISON = "department_without_liaison"
    SUSPENDED = "department_suspended"
    SUCCESSOR_UNKNOWN = "successor_unknown"


class Way(NamedTuple):
    """The departments that are followed to whoever answers for the first of them, and why the last is not reached."""

    chain: Sequence[str]
    reason: Unreached | None

    @property
    def ends(self) -> tuple[str, ...]:
        """Who was meant, and who answers for them."""
        return tuple(dict.fromkeys((self.chain[0], self.chain[-1])))

    def __str__(self) -> str:
        return f"{self.reason}: {' → '.join(self.ends)}"


class Obstacle(NamedTuple):
    """A supervisor who is not reached, and the way on which that was learned."""

    supervisor: Supervisor
    way: Way

    def __str__(self) -> str:
        return str(self.way)


class Ways(NamedTuple):
    """The supervisors as they are reached, each department once, and those who are not."""

    reached: tuple[Supervisor, ...]
    unreached: tuple[Obstacle, ...]


def ways_to(supervisors: Iterable[Supervisor], departments: Iterable[Department]) -> Ways:
    """Where what is meant for an item's supervisors goes now."""
    known = tuple(departments)
    reached: dict[str, Supervisor] = {}
    unreached: list[Obstacle] = []
    for supervisor in supervisors:
        way = way_to(supervisor.department, known)
        last = way.chain[-1]
        if way.reason is not None:
            unreached.append(Obstacle(supervisor, way))
        # Who answers for two of an item's departments is pushed to once, and leads if one of them led.
        elif last not in reached or supervisor.part is SupervisorPart.LEAD:
            reached[last] = supervisor.model_copy(update={"department": last})
    return Ways(tuple(reached.values()), tuple(unreached))


def way_to(department: str, departments: Iterable[Department]) -> Way:
    """The way to a department, or to the one that answers for it now."""
    known = {each.department_id: each for each in departments}
    chain = chain_of(department, known)
    return Way(chain, _obstacle(chain, known))


def chain_of(department: str, known: Mapping[str, Department]) -> Sequence[str]:
    """A department, its successor if it was merged, that one's, and so on: the last answers for the first."""
    chain = [department]
    while len(chain) <= LONGEST_CHAIN:
        successor = _successor(known.get(chain[-1]))
        if successor is None:
            break
        chain.append(successor)
    return chain


def answers_for(department: str, other: str, departments: Iterable[Department]) -> bool:
    """Whether a department is another, or answers for it since that one was merged (R-ORG-1)."""
    return department in chain_of(other, {each.department_id: each for each in departments})


def successors(departments: Iterable[Department]) -> frozenset[str]:
    """The departments that answer for those of these that were merged."""
    return frozenset(each for each in map(_successor, departments) if each is not None)


def _successor(department: Department | None) -> str | None:
    merged = department is not None and department.state is DepartmentState.MERGED
    return department.successor if department and merged else None


def _obstacle(chain: Sequence[str], known: Mapping[str, Department]) -> Unreached | None:
    last = known.get(chain[-1])
    if last is None:
        # A department we have not heard of yet is only late news: its item could not be published without a liaison.
        return Unreached.SUCCESSOR_UNKNOWN if len(chain) > 1 else None
    if last.state is not DepartmentState.ACTIVE:
        return _STATES[last.state]
    return None if any(liaison.active for liaison in last.liaisons) else Unreached.NO_LIAISON


_STATES: Mapping[DepartmentState, Unreached] = {
    DepartmentState.SUSPENDED: Unreached.SUSPENDED,
    DepartmentState.MERGED: Unreached.SUCCESSOR_UNKNOWN,
}
