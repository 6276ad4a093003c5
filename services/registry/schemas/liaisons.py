"""What the endpoints for liaisons take and give."""

from typing import Any

from pydantic import ConfigDict

from services.registry.domain.liaisons import LiaisonTerm
from services.registry.schemas.changes import LoggedDay
from shared.contracts.departments import Department, LiaisonWork
from shared.contracts.model import Contract, Day, Identifier, ShortText

_HANDOVER: dict[str, Any] = {
    "giver": "pers_01J9ZQ3V6W7X8Y9Z0A1B2C3D4E",
    "taker": "pers_01J9ZQ3V6W7X8Y9Z0A1B2C3D4F",
    "reason": "李敏调离",
}


class HandOverRequest(Contract):
    """Which liaison hands over to whom, and why; both by their ids in the department."""

    model_config = ConfigDict(json_schema_extra={"examples": [_HANDOVER]})

    giver: Identifier
    taker: Identifier
    reason: ShortText


class HandOverAnswer(Contract):
    """The department after a hand-over, and the work that passes: its items follow part by part, see `hand_id`."""

    department: Department
    work: LiaisonWork


class LiaisonsQuery(Contract):
    """Of which day in Asia/Shanghai; today, if nothing is said."""

    on: LoggedDay | None = None


class LiaisonsAnswer(Contract):
    """Who was liaison on a day, with the terms that fall on it."""

    department_id: Identifier
    on: Day
    terms: tuple[LiaisonTerm, ...]


class LiaisonTermPage(Contract):
    """Some terms, latest first, and the cursor of the next page (null at the end)."""

    terms: tuple[LiaisonTerm, ...]
    next: str | None
