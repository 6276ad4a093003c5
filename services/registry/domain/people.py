"""A department's sections, people and liaisons as they are given, and the ids they keep through versions (R-ORG-2).

Ids are the server's. What is given without one is recognised by its name (a section) or by name and phone (a person),
so that a department written anew without ids keeps those it has.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from services.registry.domain.faults import fault
from shared.contracts.departments import Department, Liaison, Person, Section
from shared.contracts.model import Contract, Identifier, Phone, ShortText
from shared.kernel.errors import Fault
from shared.kernel.ids import new_id


class SectionGiven(Contract):
    """A section (科室); without an id the one of that name, or a new one."""

    section_id: Identifier | None = None
    name: ShortText


class PersonGiven(Contract):
    """Somebody items may name; without an id the one of that name and phone, or somebody new.

    `section` is the id or the name of one of the sections given.
    """

    person_id: Identifier | None = None
    name: ShortText
    phone: Phone
    section: ShortText | None = None
    post: ShortText | None = None


@dataclass(frozen=True, slots=True)
class Staff:
    """Who makes up a department, each with an id, and what was wrong with how they were given."""

    sections: tuple[Section, ...]
    people: tuple[Person, ...]
    liaisons: tuple[Liaison, ...]
    faults: tuple[Fault, ...]


def staff_of(
    before: Department | None,
    sections: Sequence[SectionGiven],
    people: Sequence[PersonGiven],
    liaisons: Sequence[Liaison],
) -> Staff:
    """Give everybody the id they had, or a new one. An id that the department never gave is a fault."""
    naming = _Naming.of(before)
    named_sections = tuple(naming.section(number, each) for number, each in enumerate(sections))
    named_people = tuple(naming.person(number, each, named_sections) for number, each in enumerate(people))
    named_liaisons = tuple(naming.liaison(number, each) for number, each in enumerate(liaisons))
    faults = [
        *naming.faults,
        *_twice("/sections/{}/name", "section_twice", [each.name for each in named_sections]),
        *_twice("/sections/{}/section_id", "section_twice", [each.section_id for each in named_sections]),
        *_twice("/people/{}", "person_twice", [each.person_id for each in named_people]),
        *_twice("/liaisons/{}", "person_twice", [each.person_id or "" for each in named_liaisons]),
        *_differing(named_people, named_liaisons),
    ]
    return Staff(named_sections, named_people, named_liaisons, tuple(faults))


@dataclass(slots=True)
class _Naming:
    """Hands out ids; remembers whom it knows and what was wrong."""

    sections: dict[str, str]
    people: dict[tuple[str, str], str]
    ids: set[str]
    faults: list[Fault] = field(default_factory=list)

    @classmethod
    def of(cls, before: Department | None) -> "_Naming":
        sections = {each.name: each.section_id for each in before.sections} if before else {}
        known: Sequence[Person | Liaison] = (*before.people, *before.liaisons) if before else ()
        people = {(each.name, each.phone): each.person_id for each in reversed(known) if each.person_id}
        ids = {each.person_id for each in known if each.person_id}
        return cls(sections, people, ids)

    def section(self, number: int, given: SectionGiven) -> Section:
        found = given.section_id or self.sections.get(given.name) or new_id("sect")
        self._check(f"/sections/{number}/section_id", "section_unknown", given.section_id, self.sections.values())
        return Section(section_id=found, name=given.name)

    def person(self, number: int, given: PersonGiven, sections: Sequence[Section]) -> Person:
        self._check(f"/people/{number}/person_id", "person_unknown", given.person_id, self.ids)
        found = given.person_id or self._known(given.name, given.phone)
        self.people[given.name, given.phone] = found
        self.ids.add(found)
        section = next((each.section_id for each in sections if given.section in {each.section_id, each.name}), None)
        if given.section is not None and section is None:
            self.faults.append(fault(f"/people/{number}/section", "section_unknown", id=given.section))
        return Person(person_id=found, name=given.name, phone=given.phone, section=section, post=given.post)

    def liaison(self, number: int, given: Liaison) -> Liaison:
        self._check(f"/liaisons/{number}/person_id", "person_unknown", given.person_id, self.ids)
        found = given.person_id or self._known(given.name, given.phone)
        return given.model_copy(update={"person_id": found})

    def _known(self, name: str, phone: str) -> str:
        return self.people.setdefault((name, phone), new_id("pers"))

    def _check(self, pointer: str, code: str, given: str | None, known: Collection[str]) -> None:
        if given is not None and given not in known:
            self.faults.append(fault(pointer, code, id=given))


def _twice(pointer: str, code: str, keys: Sequence[str]) -> Iterable[Fault]:
    for number, key in enumerate(keys):
        if key in keys[:number]:
            yield fault(pointer.format(number), code)


def _differing(people: Sequence[Person], liaisons: Sequence[Liaison]) -> Iterable[Fault]:
    names = {each.person_id: each.name for each in people}
    for number, liaison in enumerate(liaisons):
        if names.get(liaison.person_id or "", liaison.name) != liaison.name:
            yield fault(f"/liaisons/{number}/name", "person_differs", name=names[liaison.person_id or ""])
