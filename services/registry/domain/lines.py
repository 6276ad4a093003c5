"""Superior lines (同条线上级部门): which department reports to which, upwards by level (R-ORG-1, X II(2)2, II(3)2).

A line strictly rises: each department's superior is of a higher level. So no line is longer than there are levels, and
none comes back to where it began. What a county's or a development zone's department owes its superior line goes up
from department to department (X II(2)2); a zone's falls to its parent city's (X II(3)2).
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

from services.registry.domain.faults import fault
from shared.contracts.departments import Department
from shared.contracts.vocabulary import Level
from shared.kernel.errors import Fault

RANKS: Mapping[Level, int] = {
    Level.PROVINCE: 1,
    Level.CITY: 2,
    Level.COUNTY: 3,
    Level.DEVELOPMENT_ZONE: 3,
}
"""How far from the top a level is; a zone's departments stand beside the counties', below the city's (X II(2)2)."""

LONGEST_LINE = len(set(RANKS.values()))
"""Departments above one another, the lowest included."""


def line_faults(department: Department, above: Sequence[Department]) -> list[Fault]:
    """What is wrong with a department's line, nearest superior first."""
    if department.department_id in {each.department_id for each in above}:
        return [fault("/superior", "superior_in_circle", line=" → ".join(each.name for each in above))]
    for lower, upper in pairwise((department, *above)):
        if RANKS[upper.level] >= RANKS[lower.level]:
            words = {"upper": upper.name, "lower": lower.name}
            return [fault("/superior", "superior_not_higher", **words)]
    return []


def below_faults(department: Department, below: Iterable[Department]) -> list[Fault]:
    """A department that moves down must stay above those that report to it."""
    names = [each.name for each in below if RANKS[department.level] >= RANKS[each.level]]
    return [fault("/level", "level_not_above", names="、".join(sorted(names)))] if names else []
