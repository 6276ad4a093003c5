"""Liaisons over time, and the hand-over of what one of them was answering for (R-ORG-2, W 16)."""

from collections.abc import Sequence
from datetime import date

from services.registry.domain import SOURCE
from services.registry.domain.departments import DepartmentMove, check_editor, check_move
from services.registry.domain.items import check_revision
from services.registry.domain.liaison_work import hand_id_of, waiting_work
from services.registry.domain.liaisons import LiaisonTerm, day_of, hand_over, on_duty, terms_after
from services.registry.logic.departments import running_terms, stored_department
from services.registry.ports.departments import Departments, Position
from services.registry.schemas.liaisons import HandOverAnswer, HandOverRequest, LiaisonsAnswer
from shared.contracts.change import Context, change
from shared.contracts.departments import DepartmentAct, DepartmentChanged, LiaisonHandover
from shared.kernel.clock import BEIJING


def liaisons_on(departments: Departments, context: Context, department_id: str, on: date | None) -> LiaisonsAnswer:
    """Who was liaison on a day in Asia/Shanghai, today if none is named (R-ORG-2). Raises Refused("not_found")."""
    stored_department(departments, department_id)
    day = on or context.now.astimezone(BEIJING).date()
    _, after = day_of(day)
    terms = on_duty(departments.terms_begun(department_id, after), day)
    return LiaisonsAnswer(department_id=department_id, on=day, terms=terms)


def list_terms(
    departments: Departments, department_id: str, limit: int, position: Position | None
) -> tuple[Sequence[LiaisonTerm], Position | None]:
    """One page of a department's liaisons' terms, latest first. Raises Refused("not_found")."""
    stored_department(departments, department_id)
    return departments.list_terms(department_id, limit, position)


def hand_over_liaison(
    departments: Departments, context: Context, department_id: str, version: int, asked: HandOverRequest
) -> HandOverAnswer:
    """One liaison hands over to another: terms and department change now, the items follow part by part.

    Raises Refused: "not_your_department", "not_found", "version_stale", "wrong_state", "invalid_fields".
    """
    stored = stored_department(departments, department_id)
    before = stored.state
    check_editor(context.principal, department_id)
    check_revision(before.version, version)
    check_move(before, DepartmentMove.HAND_OVER)
    handover = LiaisonHandover(giver=asked.giver, taker=asked.taker)
    changed = {"version": stored.head.sequence + 1, "liaisons": hand_over(before, handover)}
    department = before.model_copy(update=changed)
    at = stored.head.not_before(context.now)
    running = running_terms(departments, before)
    terms = terms_after(running, department.liaisons, at, asked.reason, handover)
    act = DepartmentAct.LIAISON_HANDED_OVER
    body = DepartmentChanged(department=department, act=act, reason=asked.reason, handover=handover)
    work = waiting_work(hand_id_of(department_id, department.version), body, context.actor)
    answer = HandOverAnswer(department=department, work=work)
    written = change(SOURCE, department_id, stored.head, department, [body], context, answer)
    departments.save_department(written, before, terms)
    return answer
