"""Asking departments for an opinion before the decision (R-HND-10; licensing law art. 45)."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest

from services.handover import wiring
from services.handover.domain import clocks, reviews, terms
from services.handover.domain.cases import CaseFile, Outcome
from services.handover.domain.clocks import ClockState, clock_state
from services.handover.domain.reviews import MOST_OPEN, REVIEW_LIMITS, Asked
from services.handover.events import ELAPSES
from shared.aws.due import elapse
from shared.aws.table import Row
from shared.contracts.change import Context
from shared.contracts.departments import DepartmentState
from shared.contracts.reviews import Opinion, ReviewRequest, ReviewState
from shared.contracts.terms import Term
from shared.contracts.vocabulary import OpinionResult, ReviewKind, TermKind, TimeLimit
from shared.kernel.clock import to_text, utc_now
from shared.kernel.errors import Refused
from shared.kernel.permissions import ANONYMOUS, Role
from tests.support.acts import act, once
from tests.support.aws import unsent_events
from tests.support.case_builders import accepted, beijing, case, clock_of, granted
from tests.support.gateway import Answer, Gateway
from tests.support.handover_builders import (
    BUREAU,
    HEALTH,
    MARKET,
    STRANGER,
    acceptance,
    decision,
    department,
    item,
)

SURVEY = Asked(ReviewKind.SITE_SURVEY, (MARKET, HEALTH), "请联合踏勘", limit=TimeLimit(amount=5))


def asked(file: CaseFile | None = None, at: datetime | None = None) -> CaseFile:
    return reviews.request(file or accepted(), SURVEY, at or beijing(4)).file


def opinion(by: str, at: datetime, review: ReviewRequest) -> Opinion:
    return Opinion(
        review_id=review.review_id, department=by, result=OpinionResult.PASS, text="同意", at=at, by="cli_liaison_0001"
    )


def given(file: CaseFile, by: str, at: datetime) -> Outcome:
    return reviews.give(file, file.reviews[-1], opinion(by, at, file.reviews[-1]))


class TestRules:
    def test_the_clock_stands_still_from_the_request_until_the_last_opinion(self) -> None:
        """R-HND-10, art. 45."""
        file = asked()
        assert clock_state(file) is ClockState.UNDER_REVIEW
        one = given(file, MARKET, beijing(5))
        assert (one.file.reviews[0].state, clock_state(one.file)) == (ReviewState.OPEN, ClockState.UNDER_REVIEW)
        both = given(one.file, HEALTH, beijing(6))
        assert (both.file.reviews[0].state, clock_state(both.file)) == (ReviewState.COMPLETE, ClockState.RUNNING)
        assert [body.TYPE for body in both.bodies] == [
            "review.answered.v1",
            "review.completed.v1",
            "case.clock_resumed.v1",
        ]
        ends = clocks.committed_ends(clock_of(both.file))
        assert ends is not None
        assert ends.at == beijing(12, 0)

    def test_two_requests_at_once_stop_it_until_both_have_ended(self) -> None:
        """R-HND-10, R-HND-14."""
        file = asked(asked())
        first, second = file.reviews
        withdrawn = reviews.withdraw(file, first, "另行安排", beijing(5)).file
        assert clock_state(withdrawn) is ClockState.UNDER_REVIEW
        assert clock_state(reviews.withdraw(withdrawn, second, "另行安排", beijing(6)).file) is ClockState.RUNNING

    def test_each_department_owes_its_own_opinion(self) -> None:
        """R-HND-10: overdue opinions escalate, by department."""
        file = terms.settle(None, Outcome(asked())).file
        owed = [term for term in file.terms if term.kind is TermKind.OPINION]
        assert [(term.owner, term.due_at) for term in owed] == [
            (MARKET, beijing(12, 0)),
            (HEALTH, beijing(12, 0)),
        ]
        missed = terms.settle(file, terms.take_course(file, beijing(12, 0)))
        assert [_term(body).owner for body in missed.bodies if body.TYPE == "term.missed.v1"] == [MARKET, HEALTH]
        late = terms.settle(missed.file, given(missed.file, MARKET, beijing(13)))
        assert late.file.opinions[0].late
        assert [_term(body).owner for body in late.bodies if body.TYPE == "term.settled.v1"] == [MARKET]

    def test_an_opinion_in_time_is_not_late_and_is_given_once(self) -> None:
        file = given(asked(), MARKET, beijing(5)).file
        assert not file.opinions[0].late
        with pytest.raises(Refused, match="stands"):
            given(file, MARKET, beijing(6))

    def test_whoever_was_not_asked_gives_none(self) -> None:
        with pytest.raises(Refused) as refused:
            given(asked(), STRANGER, beijing(5))
        assert refused.value.code == "not_your_department"

    @pytest.mark.parametrize(
        ("file", "state"),
        [
            (CaseFile(case=case(accepted_at=None)), "not_accepted"),
            (accepted(decision=granted(beijing(3))), "decided"),
        ],
    )
    def test_opinions_are_asked_for_between_acceptance_and_decision(self, file: CaseFile, state: str) -> None:
        """R-HND-10."""
        with pytest.raises(Refused, match=state):
            asked(file)

    def test_no_more_requests_wait_at_once_than_the_clock_can_bring_its_course_in_one_write(self) -> None:
        file = accepted()
        for _ in range(MOST_OPEN):
            file = asked(file)
        with pytest.raises(Refused, match="withdraw_review"):
            asked(file)

    def test_a_request_that_has_ended_is_neither_answered_nor_withdrawn(self) -> None:
        file = asked()
        ended = reviews.withdraw(file, file.reviews[0], "另行安排", beijing(5)).file
        with pytest.raises(Refused, match="from here: none"):
            given(ended, MARKET, beijing(6))
        with pytest.raises(Refused, match="from here: none"):
            reviews.withdraw(ended, ended.reviews[0], "再次", beijing(6))

    @pytest.mark.parametrize("kind", ReviewKind)
    def test_every_kind_has_a_limit_of_its_own(self, kind: ReviewKind) -> None:
        """R-HND-10: where the bureau gives none."""
        file = reviews.request(accepted(), Asked(kind, (MARKET,), "请出具意见"), beijing(4)).file
        assert file.reviews[0].limit == REVIEW_LIMITS[kind]

    def test_what_a_review_stopped_before_the_case_was_routed_is_in_its_clock(self) -> None:
        """R-HND-15: the clock starts late, and reckons as if it had been there."""
        unrouted = asked(CaseFile(case=case()))
        assert unrouted.clock is None
        routed = clocks.start_clock(given(given(unrouted, MARKET, beijing(5)).file, HEALTH, beijing(6)).file, item())
        assert [(stop.since, stop.until) for stop in clock_of(routed).stops] == [(beijing(4), beijing(6))]

    def test_what_the_decision_can_no_longer_heed_is_withdrawn_by_the_clock(self) -> None:
        """R-HND-10: nobody is left owing an opinion on a decided case."""
        file = asked(asked())
        decided = file.model_copy(update={"case": file.case.model_copy(update={"decision": granted(beijing(9))})})
        assert terms.due_at(terms.settle(None, Outcome(decided)).file) == beijing(9)
        once_ended = reviews.end_decided(decided, beijing(9)).file
        both_ended = reviews.end_decided(once_ended, beijing(9)).file
        assert [each.state for each in both_ended.reviews] == [ReviewState.WITHDRAWN, ReviewState.WITHDRAWN]
        assert reviews.end_decided(both_ended, beijing(9)).bodies == ()
        assert terms.due_at(terms.settle(None, Outcome(both_ended)).file) is None


def _term(body: object) -> Term:
    found: Term = getattr(body, "term")  # noqa: B009 - every body of a term has one
    return found


@pytest.mark.usefixtures("table")
class TestOverHttp:
    def test_a_joint_survey_from_the_request_to_the_last_opinion(self, gateway: Gateway, table: type[Row]) -> None:
        """R-HND-10."""
        case_id = accepted_now(gateway)
        made = request_survey(gateway, case_id)
        assert (made.status, made.json["review"]["state"]) == (201, "open")
        review_id = made.json["review"]["review_id"]
        for who in (MARKET, HEALTH):
            assert [each["review_id"] for each in waiting(gateway, who)] == [review_id]
        first = answer(gateway, MARKET, review_id)
        assert (first.status, first.json["review"]["answered"]) == (201, [MARKET])
        assert waiting(gateway, MARKET) == []
        assert waiting(gateway, HEALTH)[0]["answered"] == [MARKET]
        conditional = answer(gateway, HEALTH, review_id, result="conditional", conditions="增设洗消池")
        assert conditional.json["review"]["state"] == "complete"
        shown = bureau(gateway).get(f"/v1/reviews/{review_id}").json
        assert [each["result"] for each in shown["opinions"]] == ["pass", "conditional"]
        assert bureau(gateway).get(f"/v1/cases/{case_id}").json["clock"]["stopped"] is False
        assert waiting(gateway, HEALTH) == []
        types = [event.type for event in unsent_events(table) if event.type.startswith("review.")]
        assert types == ["review.requested.v1", "review.answered.v1", "review.answered.v1", "review.completed.v1"]

    def test_nobody_is_asked_to_a_meeting_that_is_over(self, gateway: Gateway) -> None:
        """R-HND-10: and the clock is not stopped for it."""
        case_id = accepted_now(gateway)
        refused = request_survey(gateway, case_id, meets_at="2026-03-01T09:30:00+08:00")
        assert (refused.status, refused.json["errors"][0]["pointer"]) == (400, "/meets_at")
        assert bureau(gateway).get(f"/v1/cases/{case_id}").json["clock"]["stopped"] is False

    def test_who_was_asked_may_read_the_case_and_nobody_else(self, gateway: Gateway) -> None:
        """R-HND-10: an opinion needs the file."""
        case_id = accepted_now(gateway)
        health = gateway.with_principal(HEALTH, Role.LIAISON)
        assert health.get(f"/v1/cases/{case_id}").status == 403
        review_id = request_survey(gateway, case_id).json["review"]["review_id"]
        assert health.get(f"/v1/cases/{case_id}").status == 200
        stranger = gateway.with_principal(STRANGER, Role.LIAISON)
        assert stranger.get(f"/v1/reviews/{review_id}").status == 403
        assert gateway.with_principal(STRANGER, Role.OVERSIGHT).get(f"/v1/reviews/{review_id}").status == 200

    def test_only_departments_that_can_answer_are_asked(self, gateway: Gateway) -> None:
        """R-HND-10: known, active, with a liaison; each bad one is named."""
        case_id = accepted_now(gateway)
        suspended = department(STRANGER).model_copy(update={"state": DepartmentState.SUSPENDED, "version": 2})
        wiring.directory().keep_department(suspended, act(once()))
        unknown = "dept_01UNKNOWN00000000000000000"
        refused = request_survey(gateway, case_id, departments=[MARKET, STRANGER, unknown])
        assert [(each["pointer"], each["code"]) for each in refused.json["errors"]] == [
            ("/departments/1", "department_suspended"),
            ("/departments/2", "department_unknown"),
        ]
        twice = request_survey(gateway, case_id, departments=[MARKET, MARKET])
        assert twice.json["errors"][0]["pointer"] == "/departments"

    def test_conditions_belong_to_a_conditional_opinion(self, gateway: Gateway) -> None:
        """R-HND-10."""
        review_id = request_survey(gateway, accepted_now(gateway)).json["review"]["review_id"]
        for result, conditions in (("conditional", None), ("fail", "补正")):
            refused = answer(gateway, MARKET, review_id, result=result, conditions=conditions)
            assert refused.json["errors"][0]["pointer"] == "/conditions"

    def test_an_attachment_must_be_the_departments_own_and_stored(self, gateway: Gateway) -> None:
        """R-HND-1, R-HND-10."""
        review_id = request_survey(gateway, accepted_now(gateway)).json["review"]["review_id"]
        attached = {"name": "踏勘笔录.pdf", "sha256": "0" * 64, "material_id": "mat_01JD0M3Q5V8Z2K7T4B9N6R1X5C"}
        refused = answer(gateway, MARKET, review_id, attachments=[attached])
        assert refused.json["errors"][0]["code"] == "material_unknown"

    def test_the_successor_of_a_merged_department_gives_both_opinions_and_the_clock_runs_again(
        self, gateway: Gateway
    ) -> None:
        """R-HND-10, R-ORG-1: its own first, where it does not say whose."""
        case_id = accepted_now(gateway)
        review_id = request_survey(gateway, case_id, departments=[HEALTH, MARKET]).json["review"]["review_id"]
        merge(MARKET, HEALTH)
        assert answer(gateway, HEALTH, review_id).json["review"]["answered"] == [HEALTH]
        second = answer(gateway, HEALTH, review_id)
        assert (second.status, second.json["review"]["answered"]) == (201, [HEALTH, MARKET])
        assert second.json["review"]["state"] == "complete"
        assert bureau(gateway).get(f"/v1/cases/{case_id}").json["clock"]["stopped"] is False
        assert answer(gateway, HEALTH, review_id).json["code"] == "opinion_given"

    def test_the_successor_may_say_whose_opinion_it_gives(self, gateway: Gateway) -> None:
        """R-HND-10, R-ORG-1."""
        review_id = request_survey(gateway, accepted_now(gateway)).json["review"]["review_id"]
        assert answer(gateway, HEALTH, review_id, department=MARKET).json["code"] == "not_your_department"
        merge(MARKET, HEALTH)
        assert answer(gateway, HEALTH, review_id, department=STRANGER).json["code"] == "not_your_department"
        assert answer(gateway, HEALTH, review_id, department=MARKET).json["review"]["answered"] == [MARKET]
        assert answer(gateway, HEALTH, review_id, department=MARKET).json["code"] == "opinion_given"

    def test_the_bureau_withdraws_its_own_request(self, gateway: Gateway) -> None:
        """R-HND-10."""
        case_id = accepted_now(gateway)
        review_id = request_survey(gateway, case_id).json["review"]["review_id"]
        body = {"reason": "申请人变更经营场所"}
        stranger = gateway.with_principal(STRANGER, Role.APPROVER)
        assert stranger.post(f"/v1/reviews/{review_id}/withdraw", body).json["code"] == "not_your_department"
        withdrawn = bureau(gateway).post(f"/v1/reviews/{review_id}/withdraw", body)
        assert (withdrawn.status, withdrawn.json["review"]["ended_reason"]) == (200, body["reason"])
        assert waiting(gateway, MARKET) == []
        assert bureau(gateway).get(f"/v1/cases/{case_id}").json["clock"]["stopped"] is False

    def test_after_the_decision_the_clock_withdraws_what_was_still_asked(self, gateway: Gateway) -> None:
        """R-HND-10."""
        case_id = accepted_now(gateway)
        review_id = request_survey(gateway, case_id).json["review"]["review_id"]
        now = utc_now()
        decided = decision()
        decided["decision"]["decided_at"] = to_text(now)
        assert bureau(gateway).post("/v1/decisions", decided).status == 201
        elapse(wiring.deadlines(), ELAPSES, lambda: Context(ANONYMOUS, utc_now() + timedelta(minutes=1), "schedule"))
        assert bureau(gateway).get(f"/v1/reviews/{review_id}").json["review"]["state"] == "withdrawn"
        assert waiting(gateway, MARKET) == []


def bureau(gateway: Gateway) -> Gateway:
    return gateway.with_principal(BUREAU, Role.APPROVER)


def accepted_now(gateway: Gateway) -> str:
    wiring.directory().keep_item(item(), act(once()))
    for each in (MARKET, HEALTH):
        wiring.directory().keep_department(department(each), act(once()))
    body = acceptance(accepted_at=to_text(utc_now()))
    return str(bureau(gateway).post("/v1/acceptances", body).json["case_id"])


def merge(department_id: str, successor: str) -> None:
    merged = {"version": 2, "state": DepartmentState.MERGED, "successor": successor}
    wiring.directory().keep_department(department(department_id).model_copy(update=merged), act(once()))


def request_survey(gateway: Gateway, case_id: str, **changed: Any) -> Answer:
    body = {"kind": "site_survey", "departments": [MARKET, HEALTH], "text": "请联合踏勘"}
    return bureau(gateway).post(f"/v1/cases/{case_id}/reviews", body | changed)


def answer(gateway: Gateway, who: str, review_id: str, **changed: Any) -> Answer:
    body = {"result": "pass", "text": "布局与平面图一致", "participants": ["丁某"]}
    return gateway.with_principal(who, Role.INSPECTOR).post(f"/v1/reviews/{review_id}/opinion", body | changed)


def waiting(gateway: Gateway, who: str) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = gateway.with_principal(who, Role.LIAISON).get("/v1/reviews").json["reviews"]
    return found
