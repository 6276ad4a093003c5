"""Departments as others need to know them: what they are, who speaks for them, whether they still stand (R-ORG).

Every change is told as a whole snapshot with its version, so that a consumer keeps the highest it has seen. A
department's id never changes: renamed, suspended or merged, whatever names it goes on naming it.
"""

from enum import StrEnum
from typing import ClassVar

from shared.contracts.event import Actor, Body
from shared.contracts.model import Code, Contract, Identifier, Instant, LongText, Phone, ShortText
from shared.contracts.vocabulary import DepartmentKind, DivisionCode, Level


class DepartmentState(StrEnum):
    """Whether a department can take work."""

    ACTIVE = "active"
    SUSPENDED = "suspended"  # 停用
    MERGED = "merged"  # 并入; its successor answers for it


class DepartmentAct(StrEnum):
    """What was done to a department in one change."""

    REGISTERED = "registered"
    EDITED = "edited"
    SUSPENDED = "suspended"
    RESUMED = "resumed"
    MERGED = "merged"
    LIAISON_HANDED_OVER = "liaison_handed_over"


class Section(Contract):
    """A section (科室) of a department; its id stays when it is renamed."""

    section_id: Identifier
    name: ShortText


class Person(Contract):
    """Somebody in a department whom items name as responsible; the id stays when name, phone or post change."""

    person_id: Identifier
    name: ShortText
    phone: Phone
    section: Identifier | None = None
    post: ShortText | None = None


class Liaison(Contract):
    """A liaison (联络员): the person a department answers through (R-ORG-2)."""

    person_id: Identifier | None = None
    name: ShortText
    phone: Phone
    active: bool = True


class FormerName(Contract):
    """What a department was called, and until when."""

    name: ShortText
    until: Instant


class LiaisonHandover(Contract):
    """Who hands the work over, and who takes it."""

    giver: Identifier
    taker: Identifier


class Department(Contract):
    """A department as others need to know it (R-ORG-1, R-ORG-2)."""

    department_id: Identifier
    version: int
    name: ShortText
    kind: DepartmentKind
    level: Level
    division_code: DivisionCode
    credit_code: Code | None = None
    superior: Identifier | None = None
    """The same-line superior department (同条线上级部门)."""
    leader: ShortText
    coordinating_section: ShortText
    liaisons: tuple[Liaison, ...]
    sections: tuple[Section, ...] = ()
    people: tuple[Person, ...] = ()
    state: DepartmentState = DepartmentState.ACTIVE
    successor: Identifier | None = None
    """Who answers for a merged department."""
    former_names: tuple[FormerName, ...] = ()


class DepartmentChanged(Body):
    """A department was registered or changed (`department.changed`)."""

    TYPE: ClassVar[str] = "department.changed.v1"
    department: Department
    act: DepartmentAct = DepartmentAct.EDITED
    reason: LongText | None = None
    handover: LiaisonHandover | None = None


class LiaisonWorkState(StrEnum):
    """How far the items that name a liaison who handed over have come."""

    WAITING = "waiting"
    PASSING = "passing"
    DONE = "done"


class LiaisonWork(Contract):
    """The items of a department that name the giver of a hand-over, passing to the taker, part by part.

    `after` is the item looked at last; the next part begins behind it. `passed` counts the items that named the giver,
    `consultations` the open ones, among all that were looked at, in which the department still owes an answer.
    """

    hand_id: Identifier
    department_id: Identifier
    giver: Liaison
    taker: Liaison
    reason: ShortText
    by: Actor
    state: LiaisonWorkState
    after: Identifier | None = None
    looked_at: int = 0
    passed: int = 0
    consultations: int = 0


class LiaisonWorkPassed(Body):
    """A part of a liaison's items passed to the taker (`liaison.work_passed`, R-ORG-2)."""

    TYPE: ClassVar[str] = "liaison.work_passed.v1"
    work: LiaisonWork
