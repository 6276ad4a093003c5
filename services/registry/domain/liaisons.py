"""Who was liaison (联络员) when: terms, and how one liaison hands over to another (R-ORG-2, W 16).

A term is one person, under one name and phone, on duty from an instant up to, not including, another. A corrected
phone ends a term and begins the next, so that the terms of a day say exactly what stood in the register on that day.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta

from services.registry.domain.faults import fault
from shared.contracts.departments import Department, Liaison, LiaisonHandover
from shared.contracts.model import Contract, Day, Identifier, Instant, LongText, Phone, ShortText
from shared.kernel.clock import BEIJING
from shared.kernel.errors import refuse_fields


class LiaisonTerm(Contract):
    """One liaison's time on duty. `until` is open while it lasts; `reason` says why it ended."""

    person_id: Identifier
    name: ShortText
    phone: Phone
    since: Instant
    until: Instant | None = None
    handed_to: Identifier | None = None
    reason: LongText | None = None


def terms_after(
    running: Iterable[LiaisonTerm],
    liaisons: Iterable[Liaison],
    at: datetime,
    reason: str | None,
    handover: LiaisonHandover | None = None,
) -> tuple[LiaisonTerm, ...]:
    """The terms that end or begin at an instant, when these are the liaisons from then on."""
    running = tuple(running)
    named, on_terms = _named(liaisons), _on_terms(running)
    ended = [
        each.model_copy(update={"until": at, "handed_to": _taker(each, handover), "reason": reason})
        for each in running
        if (each.person_id, each.name, each.phone) not in named
    ]
    begun = [
        LiaisonTerm(person_id=person_id, name=name, phone=phone, since=at)
        for person_id, name, phone in named
        if (person_id, name, phone) not in on_terms
    ]
    # A term that ends in the millisecond it began in is no term, if the same person goes on.
    return tuple({(each.since, each.person_id): each for each in (*ended, *begun)}.values())


def belong_together(running: Iterable[LiaisonTerm], liaisons: Iterable[Liaison]) -> bool:
    """Whether the terms that run are those of the liaisons on duty: both change in one transaction."""
    return _on_terms(running) == set(_named(liaisons))


def on_duty(terms: Iterable[LiaisonTerm], day: Day) -> tuple[LiaisonTerm, ...]:
    """The terms that fall on a day in Asia/Shanghai, earliest first."""
    first, after = day_of(day)
    found = (each for each in terms if each.since < after and (each.until is None or each.until > first))
    return tuple(sorted(found, key=lambda each: (each.since, each.person_id)))


def day_of(day: date) -> tuple[datetime, datetime]:
    """A day's first instant in Asia/Shanghai, and the next day's."""
    first = datetime.combine(day, time(), BEIJING)
    return first, first + timedelta(days=1)


def hand_over(department: Department, handover: LiaisonHandover) -> tuple[Liaison, ...]:
    """The liaisons after one has handed over to another, who takes the giver's place in the list.

    The giver stays known, but not on duty. Raises Refused("invalid_fields") when the giver is not on duty, the taker is
    nobody of the department, or both are one.
    """
    faults = []
    giver = next((each for each in department.liaisons if each.person_id == handover.giver and each.active), None)
    taker = _liaison(department, handover.taker)
    if giver is None:
        faults.append(fault("/giver", "liaison_not_on_duty", id=handover.giver))
    if taker is None:
        faults.append(fault("/taker", "person_unknown", id=handover.taker))
    if handover.giver == handover.taker:
        faults.append(fault("/taker", "taker_is_giver"))
    refuse_fields(faults)
    if giver is None or taker is None:
        raise ValueError("who is missing was named")
    rest = [each for each in department.liaisons if each.person_id != handover.taker]
    place = rest.index(giver)
    return (*rest[:place], taker, *rest[place + 1 :], giver.model_copy(update={"active": False}))


def known_liaison(department: Department, person_id: str) -> Liaison | None:
    """A liaison of the department, on duty or not any more."""
    return next((each for each in department.liaisons if each.person_id == person_id), None)


def _liaison(department: Department, person_id: str) -> Liaison | None:
    known = known_liaison(department, person_id)
    if known is not None:
        return known.model_copy(update={"active": True})
    found: Sequence[Liaison] = [
        Liaison(person_id=each.person_id, name=each.name, phone=each.phone)
        for each in department.people
        if each.person_id == person_id
    ]
    return next(iter(found), None)


_Named = tuple[str, str, str]


def _named(liaisons: Iterable[Liaison]) -> dict[_Named, None]:
    on_duty = (each for each in liaisons if each.active)
    return {(each.person_id, each.name, each.phone): None for each in on_duty if each.person_id}


def _on_terms(running: Iterable[LiaisonTerm]) -> set[_Named]:
    return {(each.person_id, each.name, each.phone) for each in running}


def _taker(term: LiaisonTerm, handover: LiaisonHandover | None) -> str | None:
    return handover.taker if handover and handover.giver == term.person_id else None
