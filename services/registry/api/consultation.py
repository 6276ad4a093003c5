"""Consultations over HTTP: the bureau asks, the departments answer (R-REG-4)."""

from services.registry import wiring
from services.registry.domain.items import Answer
from services.registry.logic import consultation as logic
from services.registry.schemas.consultation import (
    ConsultationAnswerRequest,
    ConsultationPage,
    ConsultationRequest,
    ConsultationsQuery,
)
from services.registry.schemas.items import ItemAnswer
from shared.http.endpoints import Call, Endpoints, Nothing, Reply
from shared.http.pages import cursor_for, position_of
from shared.kernel.permissions import Action

api = Endpoints(__name__, wiring.desk)


@api.endpoint(
    "POST",
    "/v1/items/{item_id}/consultation",
    summary="Ask the supervision departments about a draft",
    action=Action.ITEM_WRITE,
    body=ConsultationRequest,
    response=ItemAnswer,
    once=True,
    edits=True,
    refusals=("not_found", "not_your_department", "wrong_state", "department_unknown", "import_running"),
)
def consult(call: Call[ConsultationRequest, Nothing]) -> Reply:
    """Every supervisor the draft names is asked; who is silent past the limit is recorded as silent (R-REG-4)."""
    file = logic.consult(wiring.items(), call.context, call.path["item_id"], call.version, call.body)
    return Reply(file, version=file.revision)


@api.endpoint(
    "POST",
    "/v1/items/{item_id}/consultation/answer",
    summary="Confirm a draft or object to it",
    action=Action.ITEM_CONSULT,
    body=ConsultationAnswerRequest,
    response=Answer,
    once=True,
    refusals=("not_found", "not_your_department", "consultation_ended", "consultation_answered", "import_running"),
)
def answer_consultation(call: Call[ConsultationAnswerRequest, Nothing]) -> Answer:
    """A department's one answer; an objection says why (R-REG-4)."""
    return logic.answer_consultation(wiring.items(), call.context, call.path["item_id"], call.body)


@api.endpoint(
    "GET",
    "/v1/consultations",
    summary="List the drafts that await a department's answer",
    action=Action.ITEM_CONSULT,
    query=ConsultationsQuery,
    response=ConsultationPage,
    refusals=("not_your_department", "cursor_invalid"),
)
def list_consultations(call: Call[Nothing, ConsultationsQuery]) -> ConsultationPage:
    """The own department's, the longest waiting first, each with what it would change (R-REG-4)."""
    scope = f"consultations#{call.query.department}"
    position = position_of(call.query, scope, wiring.cursor_key)
    found, following = logic.list_consultations(
        wiring.items(), wiring.jurisdiction(), call.principal, call.query, position
    )
    return ConsultationPage(consultations=tuple(found), next=cursor_for(following, scope, wiring.cursor_key))
