"""Asking the supervision departments a draft names, before it is published (征求意见, R-REG-4, X II(2)1).

Each answers once, within the limit: it confirms, or objects and says why. Silence past the limit is recorded as
silence and holds nothing up; an objection has to be settled by whoever publishes.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from services.registry.domain.differences import differences
from services.registry.domain.faults import fault
from services.registry.domain.items import Answer, Consultation, ItemFile
from shared.contracts.items import Item
from shared.contracts.vocabulary import ConsultationAnswer, TimeLimit
from shared.kernel.calendar import deadline
from shared.kernel.clock import to_text
from shared.kernel.errors import Refused, refuse_fields

CONSULTATION = "consultation"
"""The kind of deadline a consultation has."""

CONSULTED_FIELDS = frozenset(
    {
        "code",
        "name",
        "item_type",
        "level",
        "division_code",
        "legal_basis",
        "approval_department",
        "approval_mode",
        "push_stages",
        "claim",
        "feedback_limits",
        "procedures",
        "sharing",
        "documents",
        "supervisors",
    }
)
"""What concerns the supervisors: whoever changes it asks them. How fast and by whom the bureau works does not."""


def open_consultation(file: ItemFile, draft: Item, limit: TimeLimit, now: datetime) -> Consultation:
    """The draft put to every supervisor it names, from now until the limit is over (R-HND-14)."""
    due = deadline(now, limit.limit())
    return Consultation(
        number=file.consultations + 1,
        opened_at=now,
        due_at=due.at,
        provisional=due.provisional,
        answers=tuple(Answer(department=each.department) for each in draft.supervisors),
    )


def open_to(file: ItemFile, number: int) -> Consultation:
    """The consultation of a number. Raises Refused("consultation_ended") unless it is that of the present draft."""
    consultation = file.consultation
    if consultation is None or consultation.number != number:
        raise Refused("consultation_ended", number=number)
    return consultation


def own_answer(consultation: Consultation, department: str | None) -> Answer:
    """What a department was asked. Raises Refused("not_your_department") where it was not."""
    own = next((each for each in consultation.answers if each.department == department), None)
    if own is None:
        raise Refused("not_your_department")
    return own


def given(own: Answer, answer: ConsultationAnswer, reason: str | None) -> bool:
    """Whether this very answer was given before. Raises Refused("consultation_answered") when another one was."""
    if own.answer is ConsultationAnswer.AWAITED:
        return False
    if (own.answer, own.reason) == (answer, reason):
        return True
    raise Refused("consultation_answered", answer=own.answer, at=to_text(own.at) if own.at else "?")


def with_answer(consultation: Consultation, made: Answer) -> Consultation:
    """The consultation with one department's answer. Raises Refused("consultation_ended") once the limit is over."""
    if made.at is None or made.at >= consultation.due_at:
        raise Refused("consultation_ended", number=consultation.number)
    return _answered(consultation, [made])


def check_reason(answer: ConsultationAnswer, reason: str | None) -> None:
    """Raises Refused("invalid_fields") for an objection without a reason, or a confirmation with one."""
    objects = answer is ConsultationAnswer.OBJECTED
    if objects and reason is None:
        refuse_fields([fault("/reason", "objection_reason_required")])
    if not objects and reason is not None:
        refuse_fields([fault("/reason", "reason_without_objection")])


def silenced(consultation: Consultation, now: datetime) -> tuple[Consultation, tuple[Answer, ...]]:
    """The consultation once its limit is over, and who was silent; nobody before that."""
    if now < consultation.due_at:
        return consultation, ()
    silent = tuple(
        each.model_copy(update={"answer": ConsultationAnswer.SILENT, "at": now})
        for each in consultation.answers
        if each.answer is ConsultationAnswer.AWAITED
    )
    return _answered(consultation, silent), silent


def check_consulted(file: ItemFile, draft: Item, *, waived: str | None, settled: str | None) -> None:
    """Whether the draft may be published as far as the supervisors are concerned (R-REG-4).

    They need not be asked where nothing that concerns them changed, or where there is a reason not to ask; but whoever
    was asked and objects is heard.

    Raises Refused: "consultation_missing", "consultation_open", "objections_open".
    """
    asked = file.consultation
    if asked is not None and asked.objections() and settled is None:
        raise Refused("objections_open", departments=_listed(each.department for each in asked.objections()))
    if waived is not None or not concerns_supervisors(file, draft):
        return
    if asked is None:
        raise Refused("consultation_missing")
    if asked.open:
        raise Refused("consultation_open", due_at=to_text(asked.due_at), departments=_listed(asked.awaited()))


def concerns_supervisors(file: ItemFile, draft: Item) -> bool:
    """Whether a draft changes anything the supervisors are asked about."""
    if file.published is None:
        return True
    return any(each.root in CONSULTED_FIELDS for each in differences(file.published.item, draft))


def _answered(consultation: Consultation, made: Sequence[Answer]) -> Consultation:
    by_department = {each.department: each for each in made}
    answers = tuple(by_department.get(each.department, each) for each in consultation.answers)
    return consultation.model_copy(update={"answers": answers})


def _listed(departments: Iterable[str]) -> str:
    return ", ".join(sorted(departments))
