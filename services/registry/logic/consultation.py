"""Consulting the supervision departments about a draft (R-REG-4, X II(2)1)."""

from collections.abc import Mapping, Sequence

from services.registry.domain import SOURCE
from services.registry.domain.consultation import (
    check_reason,
    given,
    open_consultation,
    open_to,
    own_answer,
    silenced,
    with_answer,
)
from services.registry.domain.differences import Names, differences
from services.registry.domain.items import CONSULT, Answer, Consultation, ItemFile, check_move, check_revision
from services.registry.domain.jurisdiction import Jurisdiction
from services.registry.domain.readers import may_see
from services.registry.logic.items import departments_named, own_item, states_of, stored_item
from services.registry.ports.departments import Position
from services.registry.ports.items import Items
from services.registry.schemas.consultation import (
    ConsultationAnswerRequest,
    ConsultationRequest,
    ConsultationsQuery,
    OpenConsultation,
)
from services.registry.schemas.items import ItemAnswer
from shared.contracts.change import Context, Stored, change
from shared.contracts.items import Item, ItemConsultationAnswered, ItemConsultationOpened
from shared.contracts.vocabulary import ConsultationAnswer
from shared.kernel.errors import Refused
from shared.kernel.permissions import Principal


def consult(items: Items, context: Context, item_id: str, revision: int, asked: ConsultationRequest) -> ItemAnswer:
    """Ask every supervisor the draft names; asking again begins anew (R-REG-4).

    Raises Refused: "not_found", "not_your_department", "version_stale", "wrong_state", "department_unknown".
    """
    stored = own_item(items, context, item_id)
    before = stored.state
    check_revision(before.revision, revision)
    check_move(before, CONSULT, context.now)
    draft = before.newest
    departments_named(items, draft)
    opened = open_consultation(before, draft, asked.limit, stored.head.not_before(context.now))
    after = _with(before, opened)
    told = ItemConsultationOpened(
        item=draft,
        number=opened.number,
        departments=tuple(each.department for each in opened.answers),
        due_at=opened.due_at,
    )
    answer = ItemAnswer.of(after)
    items.save_item(change(SOURCE, item_id, stored.head, after, [told], context, answer), before)
    return answer


def answer_consultation(items: Items, context: Context, item_id: str, asked: ConsultationAnswerRequest) -> Answer:
    """One department confirms or objects, once and within the limit; the same again is the first answer (R-REG-4).

    Raises Refused: "not_found", "consultation_ended", "not_your_department", "consultation_answered", "invalid_fields".
    """
    answer = ConsultationAnswer(asked.answer)
    check_reason(answer, asked.reason)
    stored = stored_item(items, item_id)
    consultation = open_to(stored.state, asked.number)
    own = own_answer(consultation, context.principal.department)
    if given(own, answer, asked.reason):
        return own
    made = Answer(
        department=own.department,
        answer=answer,
        reason=asked.reason,
        at=stored.head.not_before(context.now),
        by=context.principal.client_id,
    )
    _answered(items, context, stored, with_answer(consultation, made), [made], response=made)
    return made


def fall_silent(items: Items, context: Context, item_id: str) -> bool:
    """Record the silence of whoever has not answered within the limit; whether anybody was silent (R-REG-4)."""
    stored = items.item(item_id)
    consultation = stored.state.consultation if stored else None
    if stored is None or consultation is None:
        return False
    after, silent = silenced(consultation, stored.head.not_before(context.now))
    if silent:
        _answered(items, context, stored, after, silent)
    return bool(silent)


def list_consultations(
    items: Items, jurisdiction: Jurisdiction, principal: Principal, asked: ConsultationsQuery, position: Position | None
) -> tuple[Sequence[OpenConsultation], Position | None]:
    """One page of the drafts that await the own department's answer, the longest waiting first (R-REG-4).

    Raises Refused("not_your_department").
    """
    if principal.department != asked.department:
        raise Refused("not_your_department")
    files, following = items.asking(asked.department, asked.limit, position)
    # The list is an index and may be a moment behind its items.
    waiting = [each for each in files if each.consultation and asked.department in each.consultation.awaited()]
    names = _names(items, jurisdiction, waiting)
    return [each for file in waiting for each in _shown(principal, file, names)], following


def _shown(principal: Principal, file: ItemFile, names: Names) -> Sequence[OpenConsultation]:
    if file.draft is None or file.consultation is None:
        return ()
    before = file.published.item if file.published else None
    changed = differences(before, file.draft, names) if before and may_see(principal, before) else ()
    return [OpenConsultation(draft=file.draft, consultation=file.consultation, differences=changed)]


def _names(items: Items, jurisdiction: Jurisdiction, files: Sequence[ItemFile]) -> Names:
    shown: list[Item] = []
    for file in files:
        if file.published:
            shown += [file.newest, file.published.item]
    named = {each.department for item in shown for each in item.supervisors}
    found = states_of(items.departments(named)) if named else {}
    return Names({identifier: each.name for identifier, each in found.items()}, jurisdiction.item_types)


def _with(before: ItemFile, consultation: Consultation) -> ItemFile:
    """The file after something happened to its draft's consultation."""
    number = max(before.consultations, consultation.number)
    changed: Mapping[str, object] = {
        "revision": before.revision + 1,
        "consultation": consultation,
        "consultations": number,
    }
    return before.model_copy(update=dict(changed))


def _answered(
    items: Items,
    context: Context,
    stored: Stored[ItemFile],
    after: Consultation,
    made: Sequence[Answer],
    response: Answer | None = None,
) -> None:
    before = stored.state
    bodies = [
        ItemConsultationAnswered(
            item_id=before.item_id,
            code=before.newest.code,
            number=after.number,
            department=each.department,
            answer=each.answer,
            reason=each.reason,
        )
        for each in made
    ]
    written = change(SOURCE, before.item_id, stored.head, _with(before, after), bodies, context, response)
    items.save_item(written, before)
