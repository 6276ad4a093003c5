"""What the endpoints of consultations take and give."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, StringConstraints

from services.registry.domain.differences import Difference
from services.registry.domain.items import Consultation
from shared.contracts.items import Item
from shared.contracts.model import Contract, Identifier
from shared.contracts.vocabulary import TimeLimit
from shared.http.pages import PageQuery

LONGEST_REASON = 1000
"""Every supervisor may object at this length, and an item's file still fits into one row."""


class ConsultationRequest(Contract):
    """How long the supervision departments have to answer: five working days, if nothing is said (R-REG-4)."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"limit": {"amount": 5}}]})

    limit: TimeLimit = TimeLimit(amount=5)


class ConsultationAnswerRequest(Contract):
    """One department's answer to the consultation of a number; an objection says why (R-REG-4)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"number": 1, "answer": "objected", "reason": "该事项应由行业主管部门牵头监管"}]
        }
    )

    number: Annotated[int, Field(ge=1, le=999_999)]
    answer: Literal["confirmed", "objected"]
    reason: Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_REASON)] | None = None


class ConsultationsQuery(PageQuery):
    """The consultations that await a department's answer."""

    department: Identifier


class OpenConsultation(Contract):
    """A draft a department is asked about, and what it would change."""

    draft: Item
    consultation: Consultation
    differences: tuple[Difference, ...]
    """To the version made last; none where there is none, or where it was not shared with the department."""


class ConsultationPage(Contract):
    """Some consultations, the longest waiting first, and the cursor of the next page (null at the end)."""

    consultations: tuple[OpenConsultation, ...]
    next: str | None
