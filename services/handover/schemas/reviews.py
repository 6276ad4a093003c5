"""Requests for opinions as they are made, answered and shown (R-HND-10)."""

from typing import Annotated

from pydantic import ConfigDict, Field

from shared.contracts.cases import Material
from shared.contracts.model import Checked, Contract, Disagreement, Identifier, Instant, LongText, ShortText
from shared.contracts.reviews import MOST_ASKED, Opinion, ReviewRequest
from shared.contracts.vocabulary import OpinionResult, ReviewKind, TimeLimit
from shared.http.pages import PageQuery

_TWICE = Disagreement("departments", "同一部门只列一次", "Name each department once")
_NO_CONDITIONS = Disagreement("conditions", "附条件通过的须写明条件", "A conditional opinion says on which conditions")
_CONDITIONS = Disagreement("conditions", "只有附条件通过的才写条件", "Only a conditional opinion has conditions")


class ReviewRequestRequest(Checked):
    """What a bureau asks for, of whom, and until when; without a limit, that of its kind."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "kind": "site_survey",
                    "departments": ["dept_01MARKET0000000000000000000"],
                    "text": "请联合踏勘经营场所,核实布局与平面图是否一致",
                    "place": "示例市中心区一路 1 号",
                    "meets_at": "2036-03-05T09:30:00+08:00",
                    "limit": {"amount": 5},
                }
            ]
        }
    )

    kind: ReviewKind
    departments: Annotated[tuple[Identifier, ...], Field(min_length=1, max_length=MOST_ASKED)]
    text: LongText
    place: ShortText | None = None
    meets_at: Instant | None = None
    limit: TimeLimit | None = None

    def disagreements(self) -> list[Disagreement]:
        """Each department is asked once."""
        return [_TWICE] if len(set(self.departments)) < len(self.departments) else []


class OpinionRequest(Checked):
    """A department's written opinion: its result, its words, who took part, what it attaches.

    `department`: whose opinion it is, where I answer for one that was merged into mine (R-ORG-1). Left out, it is my
    own, or once that is given the next that I owe.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "result": "conditional",
                    "text": "现场布局与平面图基本一致",
                    "conditions": "开业前增设专用洗消池",
                    "participants": ["丁某", "戊某"],
                }
            ]
        }
    )

    department: Identifier | None = None
    result: OpinionResult
    text: LongText
    conditions: LongText | None = None
    participants: Annotated[tuple[ShortText, ...], Field(max_length=30)] = ()
    attachments: Annotated[tuple[Material, ...], Field(max_length=20)] = ()

    def disagreements(self) -> list[Disagreement]:
        """Conditions belong to a conditional opinion, and to no other."""
        conditional = self.result is OpinionResult.CONDITIONAL
        if conditional == (self.conditions is not None):
            return []
        return [_NO_CONDITIONS if conditional else _CONDITIONS]


class ReviewWithdrawalRequest(Contract):
    """Why the bureau needs the opinions no more."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "申请人变更经营场所,须另行踏勘"}]})

    reason: ShortText


class ReviewView(Contract):
    """A request for opinions, and those that were given."""

    review: ReviewRequest
    opinions: tuple[Opinion, ...]


class ReviewQuery(PageQuery):
    """A page of what my department has not answered yet. `department`: one merged into mine; mine when left out."""

    department: Identifier | None = None


class ReviewPage(Contract):
    """One page of the requests that wait for my department's opinion, oldest first."""

    reviews: tuple[ReviewRequest, ...]
    next: str | None
