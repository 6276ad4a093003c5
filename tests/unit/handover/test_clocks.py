"""The clock of a case: its limits, what stops it, its one extension (R-HND-14; licensing law art. 42, 45)."""

from datetime import datetime, timedelta

import pytest

from services.handover import wiring
from services.handover.domain import clocks
from services.handover.domain.cases import CaseFile
from services.handover.domain.clocks import CLOCK_MOVES, MOST_STOPS, ClockMove, ClockState
from shared.contracts.cases import Stop
from shared.contracts.departments import DepartmentState
from shared.contracts.vocabulary import StopReason, TimeLimit
from shared.kernel.calendar import Deadline
from shared.kernel.clock import to_text, utc_now
from shared.kernel.errors import Refused
from shared.kernel.permissions import Role
from tests.support.acts import act, once
from tests.support.case_builders import accepted, beijing, clock_of, granted, stop
from tests.support.city_clock import hear
from tests.support.gateway import Gateway
from tests.support.handover_builders import BUREAU, HEALTH, STRANGER, acceptance, department, item


def stopped_by(*stops: Stop) -> CaseFile:
    file = accepted()
    return file.model_copy(update={"clock": clock_of(file).model_copy(update={"stops": stops})})


def ends(*stops: Stop, limit: TimeLimit | None = None) -> datetime | None:
    found = clocks.limit_ends(clock_of(stopped_by(*stops)), (limit or TimeLimit(amount=5)).limit())
    return found.at if found else None


def after(day: int) -> datetime:
    """The midnight after a day of March 2026."""
    return beijing(day, 0) + timedelta(days=1)


class TestLimits:
    def test_both_limits_run_from_the_day_of_acceptance_which_is_not_counted(self) -> None:
        """R-HND-14: Monday and 5 working days is next Monday, 24:00; 20 are Monday the 30th."""
        clock = clock_of(accepted())
        assert clocks.committed_ends(clock) == Deadline(after(9), provisional=False)
        assert clocks.statutory_ends(clock) == Deadline(after(30), provisional=False)

    def test_days_after_the_stop_up_to_the_day_it_runs_again_are_not_counted(self) -> None:
        """Art. 45: stopped on Wednesday, running again on Friday: Thursday and Friday do not count."""
        assert ends(stop(beijing(4), beijing(6))) == after(11)

    @pytest.mark.parametrize("hours", [(10, 11), (0, 23)])
    def test_a_stop_that_ends_on_its_own_day_gains_nothing(self, hours: tuple[int, int]) -> None:
        assert ends(stop(beijing(4, hours[0]), beijing(4, hours[1]))) == after(9)

    def test_two_stops_at_once_stop_the_clock_once(self) -> None:
        """R-HND-10: a survey from Wednesday to Friday, a hearing from Thursday to Monday."""
        both = ends(stop(beijing(4), beijing(6)), stop(beijing(5), beijing(9)))
        assert both == ends(stop(beijing(4), beijing(9))) == after(12)

    def test_while_it_stands_still_no_limit_ends(self) -> None:
        assert ends(stop(beijing(4))) is None

    @pytest.mark.parametrize("since", [9, 10])
    def test_a_stop_on_the_last_day_or_later_gains_nothing(self, since: int) -> None:
        assert ends(stop(beijing(since))) == after(9)
        assert ends(stop(beijing(since), beijing(20))) == after(9)

    def test_a_limit_in_hours_stands_still_for_exactly_as_long_as_it_was_stopped(self) -> None:
        limit = TimeLimit(amount=8, unit="hour")
        overlapping = (stop(beijing(2, 11), beijing(2, 13)), stop(beijing(2, 12), beijing(2, 14)))
        assert ends(*overlapping, limit=limit) == beijing(2, 21)
        assert ends(*overlapping, stop(beijing(2, 20)), limit=limit) is None
        assert ends(*overlapping, stop(beijing(2, 21)), limit=limit) == beijing(2, 21)

    @pytest.mark.parametrize(("day", "left"), [(2, 5), (3, 4), (8, 1), (9, 0), (11, -2)])
    def test_the_days_left_are_those_after_today(self, day: int, left: int) -> None:
        clock = clock_of(accepted())
        assert clocks.working_days_left(clock, clock.committed.limit(), beijing(day)) == left

    def test_no_days_are_used_up_while_it_stands_still_nor_counted_for_a_limit_in_hours(self) -> None:
        clock = clock_of(stopped_by(stop(beijing(4))))
        assert clocks.working_days_left(clock, clock.committed.limit(), beijing(20)) == 3
        assert clocks.working_days_left(clock, TimeLimit(amount=1, unit="hour").limit(), beijing(20)) is None

    def test_a_limit_that_ends_in_a_year_not_announced_is_provisional(self) -> None:
        """R-HND-14."""
        clock = clock_of(accepted(item(statutory_limit=TimeLimit(amount=600))))
        found = clocks.statutory_ends(clock)
        assert found is not None
        assert found.provisional


class TestMoves:
    """`CLOCK_MOVES`: what a bureau may do, and what it is told where it may not."""

    def test_a_case_without_an_item_has_no_clock_until_it_is_routed(self) -> None:
        """R-HND-15: its limits are those of the version it is routed by."""
        never = CaseFile(case=accepted().case)
        assert clocks.clock_state(never) is ClockState.NOT_STARTED
        assert clocks.start_clock(never, item()).clock == accepted().clock
        undated = CaseFile(case=never.case.model_copy(update={"accepted_at": None}))
        assert clocks.start_clock(undated, item()).clock is None

    def test_a_clock_once_started_keeps_the_limits_it_started_with(self) -> None:
        """R-REG-4: a later version changes no case that is under way."""
        file = accepted()
        assert clocks.start_clock(file, item(version=2, committed_limit=TimeLimit(amount=1))) is file

    def test_it_stops_and_runs_again_with_reasons(self) -> None:
        """R-HND-14: pause and resume with reason."""
        still = clocks.stop(accepted(), StopReason.SUPPLEMENT, "缺平面布置图", beijing(4)).file
        assert clocks.clock_state(still) is ClockState.STOPPED
        outcome = clocks.resume(still, "已补正", beijing(6))
        assert [body.TYPE for body in outcome.bodies] == ["case.clock_resumed.v1"]
        (made,) = clock_of(outcome.file).stops
        assert (made.text, made.resumption, made.until) == ("缺平面布置图", "已补正", beijing(6))
        assert clocks.clock_state(outcome.file) is ClockState.RUNNING

    def test_the_bureau_may_stop_what_a_review_stops_and_resumes_only_its_own(self) -> None:
        """R-HND-10."""
        review = "rev_01JD0M3Q5V8Z2K7T4B9N6R1X5C_001"
        under_review = stopped_by(stop(beijing(4), review=review))
        refused = _refused(under_review, ClockMove.RESUME)
        assert refused.en == "The state is “under_review”, which does not allow “resume”; from here: extend, stop."
        assert refused.zh == "当前状态为“征求意见中”,不能执行“恢复计时”;此时可以:延长期限、中止计时。"
        both = clocks.stop(under_review, StopReason.SUPPLEMENT, "缺材料", beijing(5)).file
        resumed = clocks.resume(both, "已补正", beijing(6)).file
        assert clocks.clock_state(resumed) is ClockState.UNDER_REVIEW
        assert clocks.resumed(resumed, clock_of(resumed), None, beijing(7)).bodies == ()

    @pytest.mark.parametrize("move", ClockMove)
    @pytest.mark.parametrize("state", ClockState)
    def test_what_the_table_does_not_allow_is_refused_naming_what_is_legal(
        self, state: ClockState, move: ClockMove
    ) -> None:
        file = {
            ClockState.NOT_STARTED: CaseFile(case=accepted().case),
            ClockState.RUNNING: accepted(),
            ClockState.STOPPED: stopped_by(stop(beijing(3))),
            ClockState.UNDER_REVIEW: stopped_by(stop(beijing(3), review="rev_01JD0M3Q5V8Z2K7T4B9N6R1X5C_001")),
            ClockState.DECIDED: accepted(decision=granted(beijing(3))),
        }[state]
        if move in CLOCK_MOVES[state]:
            assert _ACTS[move](file).bodies
        else:
            refused = _refused(file, move)
            legal = ", ".join(sorted(CLOCK_MOVES[state])) or "none"
            assert refused.code == "wrong_state"
            assert refused.en.endswith(f"from here: {legal}.")

    def test_an_extension_adds_ten_working_days_to_the_statutory_limit_alone(self) -> None:
        """Art. 42; the bureau's own promise stays what it was."""
        outcome = clocks.extend(accepted(), "局长 郑某", "案情复杂", beijing(4))
        clock = clock_of(outcome.file)
        statutory = clocks.statutory_ends(clock)
        assert statutory is not None
        assert statutory.at == beijing(15, 0, month=4)  # the 6th of April is a holiday
        assert clocks.committed_ends(clock) == Deadline(after(9), provisional=False)
        assert [body.TYPE for body in outcome.bodies] == ["case.clock_extended.v1"]

    def test_a_limit_is_extended_once_before_it_ends_and_only_in_working_days(self) -> None:
        """Art. 42."""
        once = clocks.extend(accepted(), "局长 郑某", "案情复杂", beijing(4)).file
        in_hours = accepted(item(statutory_limit=TimeLimit(amount=900, unit="hour")))
        for file, why in ((once, "extended_already"), (in_hours, "not_in_working_days")):
            refused = _refused(file, ClockMove.EXTEND).en
            assert f"“{why}”" in refused
            assert refused.endswith("from here: stop.")
        with pytest.raises(Refused, match="limit_ended"):
            clocks.extend(accepted(), "局长 郑某", "案情复杂", beijing(31, 0))

    def test_a_clock_is_not_stopped_without_end(self) -> None:
        full = stopped_by(*(stop(beijing(3), beijing(3)) for _ in range(MOST_STOPS)))
        assert _refused(full, ClockMove.STOP).en.endswith("from here: extend.")


_ACTS = {
    ClockMove.STOP: lambda file: clocks.stop(file, StopReason.SUPPLEMENT, "缺材料", beijing(4)),
    ClockMove.RESUME: lambda file: clocks.resume(file, "已补正", beijing(4)),
    ClockMove.EXTEND: lambda file: clocks.extend(file, "局长 郑某", "案情复杂", beijing(4)),
}


def _refused(file: CaseFile, move: ClockMove) -> Refused:
    with pytest.raises(Refused) as refused:
        _ACTS[move](file)
    return refused.value


@pytest.mark.usefixtures("table")
class TestOverHttp:
    def test_a_bureau_stops_resumes_and_extends_and_everybody_who_reads_the_case_sees_it(
        self, gateway: Gateway
    ) -> None:
        """R-HND-14."""
        case_id = _accepted_now(gateway)
        bureau = gateway.with_principal(BUREAU, Role.APPROVER)
        url = f"/v1/cases/{case_id}"
        stopped_view = bureau.post(f"{url}/stops", {"reason": "supplement", "text": "缺平面布置图"})
        assert (stopped_view.status, stopped_view.json["stopped"]) == (201, True)
        assert stopped_view.json["committed"]["due_at"] is None
        again = bureau.post(f"{url}/stops", {"reason": "hearing", "text": "听证"})
        assert (again.status, again.json["code"]) == (409, "wrong_state")
        assert "extend, resume" in again.json["detail_en"]
        assert bureau.post(f"{url}/resumptions", {"text": "已补正"}).json["stopped"] is False
        extended = bureau.post(f"{url}/extension", {"approved_by": "局长 郑某", "reason": "案情复杂"})
        assert extended.json["statutory"]["limit"]["amount"] == 30
        assert bureau.get(url).json["clock"] == extended.json

    def test_nobody_else_touches_the_clock(self, gateway: Gateway) -> None:
        """R-HND-14: it is the bureau's, and nothing of it changes."""
        case_id = _accepted_now(gateway)
        for who, role, code in (
            (STRANGER, Role.APPROVER, "not_your_department"),
            (BUREAU, Role.REGISTRAR, "forbidden"),
        ):
            refused = gateway.with_principal(who, role).post(
                f"/v1/cases/{case_id}/stops", {"reason": "supplement", "text": "缺材料"}
            )
            assert (refused.status, refused.json["code"]) == (403, code)

    def test_who_answers_for_a_merged_bureau_stops_its_clocks(self, gateway: Gateway) -> None:
        """R-ORG-1, R-HND-14: no clock runs on because its bureau is no more."""
        case_id = _accepted_now(gateway)
        merged = {"version": 2, "state": DepartmentState.MERGED, "successor": HEALTH}
        hear(department(BUREAU).model_copy(update=merged), department(HEALTH))
        heir = gateway.with_principal(HEALTH, Role.APPROVER)
        stopped_view = heir.post(f"/v1/cases/{case_id}/stops", {"reason": "supplement", "text": "缺平面布置图"})
        assert (stopped_view.status, stopped_view.json["stopped"]) == (201, True)

    def test_a_case_of_no_known_item_shows_no_clock(self, gateway: Gateway) -> None:
        """R-HND-15: until it is routed."""
        bureau = gateway.with_principal(BUREAU, Role.APPROVER)
        case_id = bureau.post("/v1/acceptances", acceptance()).json["case_id"]
        assert bureau.get(f"/v1/cases/{case_id}").json["clock"] is None
        refused = bureau.post(f"/v1/cases/{case_id}/stops", {"reason": "supplement", "text": "缺材料"})
        assert "not_started" in refused.json["detail_en"]


def _accepted_now(gateway: Gateway) -> str:
    wiring.directory().keep_item(item(), act(once()))
    given = acceptance(accepted_at=to_text(utc_now()))
    return str(gateway.with_principal(BUREAU, Role.APPROVER).post("/v1/acceptances", given).json["case_id"])
