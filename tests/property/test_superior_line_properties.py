"""Superior lines rise, end, and never come back, whatever is edited in whatever order (R-ORG-1, X II(2)2).

Edits are judged and written as the store does it: every department a line was judged by is a condition of the write. An
edit may be decided on what was read before others were written; then it is refused and decided again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from services.registry.domain.lines import LONGEST_LINE, RANKS, line_faults
from shared.contracts.departments import Department
from shared.contracts.vocabulary import DepartmentKind, Level

COUNT = 3
"""Few, so that edits cross: a circle of two is a circle."""


def name(number: int) -> str:
    return f"dept_{number:026d}"


def department(number: int, level: Level, superior: str | None, version: int = 1) -> Department:
    return Department(
        department_id=name(number),
        version=version,
        name=f"局{number}",
        kind=DepartmentKind.SUPERVISION,
        level=level,
        division_code="990100",
        leader="丙某",
        coordinating_section="审管联动科",
        liaisons=(),
        superior=superior,
    )


@dataclass
class Register:
    """The departments as they stand, and edits decided but not yet written."""

    states: dict[str, Department] = field(default_factory=dict)
    decided: list[tuple[Department, Mapping[str, int]]] = field(default_factory=list)

    def above(self, superior: str | None) -> Sequence[Department]:
        line: list[Department] = []
        while superior is not None and len(line) < LONGEST_LINE:
            line.append(self.states[superior])
            superior = line[-1].superior
        return line

    def decide(self, number: int, level: Level, above: int | None) -> None:
        superior = name(above) if above is not None else None
        version = self.states[name(number)].version
        edited = department(number, level, superior, version + 1)
        line = self.above(superior)
        if superior != name(number) and not line_faults(edited, line):
            read = {each.department_id: each.version for each in line} | {name(number): version}
            self.decided.append((edited, read))

    def write(self, which: int) -> None:
        """Write one of the edits decided, if everything it was judged by is as it was."""
        if not self.decided:
            return
        edited, read = self.decided.pop(which % len(self.decided))
        if all(self.states[each].version == version for each, version in read.items()):
            self.states[edited.department_id] = edited


levels = st.sampled_from(list(Level))
numbers = st.integers(min_value=0, max_value=COUNT - 1)
edits = st.lists(st.tuples(numbers, levels, numbers) | st.tuples(numbers, levels, st.none()) | numbers, max_size=12)


@settings(max_examples=1000)
@given(st.lists(levels, min_size=COUNT, max_size=COUNT), edits)
def test_no_order_of_edits_closes_a_circle(
    begun: list[Level], order: list[tuple[int, Level, int | None] | int]
) -> None:
    register = Register({name(number): department(number, level, None) for number, level in enumerate(begun)})
    for step in order:
        if isinstance(step, int):
            register.write(step)
        else:
            register.decide(*step)
        for each in register.states:
            seen, at = set[str](), register.states[each].superior
            while at is not None:
                assert at not in seen | {each}
                seen.add(at)
                at = register.states[at].superior


@given(st.lists(levels, min_size=1, max_size=LONGEST_LINE + 1))
def test_a_line_is_right_exactly_where_it_rises(order: list[Level]) -> None:
    line = [department(number, level, name(number + 1)) for number, level in enumerate(order)]
    ranks = [RANKS[each] for each in order]
    rises = all(lower > upper for lower, upper in pairwise(ranks))
    assert (line_faults(line[0], line[1:]) == []) is rises
    assert len(line) <= LONGEST_LINE or not rises
