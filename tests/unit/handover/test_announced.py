"""Limits that rest on a calendar not official yet, and are reckoned again once it is (R-HND-14)."""

from datetime import UTC, date, datetime, timedelta

import pytest

from services.handover import wiring
from services.handover.domain import announced, terms
from services.handover.domain.cases import CaseFile, Outcome
from services.handover.events import ELAPSES
from shared.aws.due import due_row, elapse
from shared.aws.table import Row
from shared.contracts.items import ClaimRule
from shared.contracts.pushes import Push
from shared.contracts.terms import TermBody
from shared.contracts.vocabulary import TermKind, TimeLimit
from shared.kernel.calendar import awaited_year, deadline, official_until
from shared.kernel.clock import to_text, utc_now
from shared.kernel.ids import new_id
from shared.kernel.permissions import Role
from tests.support.acts import act, once
from tests.support.announcements import SLOW, announce, at_now, recompute
from tests.support.aws import unsent_events
from tests.support.case_builders import accepted
from tests.support.counted import counted
from tests.support.gateway import Gateway
from tests.support.handover_builders import BUREAU, MARKET, acceptance, department, item


def accepted_in_december(year: int) -> CaseFile:
    known = item(statutory_limit=TimeLimit(amount=30), committed_limit=TimeLimit(amount=5))
    file = accepted(known, accepted_at=datetime(year, 12, 10, 2, tzinfo=UTC))
    return terms.settle(None, Outcome(file)).file


def test_a_day_is_awaited_until_the_notice_that_settles_it_is_out() -> None:
    """A notice may still move the last December days of the year before."""
    last = official_until()
    assert awaited_year(date(last.year, 11, 30)) is None
    assert awaited_year(date(last.year, 12, 1)) == awaited_year(date(last.year + 1, 5, 1)) == last.year + 1


def test_every_provisional_limit_of_a_case_is_reckoned_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """R-HND-14: and told with its new end; what the notice settled as it was is told as settled."""
    year = official_until().year
    file = accepted_in_december(year)
    assert announced.awaited(file) == year + 1
    announce(monkeypatch, year + 1)
    outcome = announced.rescheduled(file)
    told = {body.term.kind: body.term for body in outcome.bodies if isinstance(body, TermBody)}
    assert set(told) == {TermKind.COMMITTED_LIMIT, TermKind.STATUTORY_LIMIT}
    before = {term.kind: term.due_at for term in file.terms}
    assert told[TermKind.COMMITTED_LIMIT].due_at == before[TermKind.COMMITTED_LIMIT]
    statutory, was = told[TermKind.STATUTORY_LIMIT].due_at, before[TermKind.STATUTORY_LIMIT]
    assert statutory is not None
    assert was is not None
    assert statutory > was + timedelta(days=20)
    assert announced.awaited(outcome.file) is None


def test_the_same_calendar_changes_nothing() -> None:
    """R-HND-14."""
    assert announced.rescheduled(accepted_in_december(official_until().year)).bodies == ()


@pytest.mark.usefixtures("table", "settling_year")
class TestByTheClock:
    def test_a_push_waits_for_its_calendar_and_is_set_anew_when_it_is_out(
        self, gateway: Gateway, table: type[Row], settling_year: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """R-HND-14: once, wherever the claim limit stood."""
        case_id = push_slowly(gateway)
        before = pushed(case_id)
        assert before.claim_due_provisional
        assert recompute() == 0
        announce(monkeypatch, settling_year)
        assert recompute() == 1
        after = pushed(case_id)
        assert after.claim_due_at == deadline(after.delivered_at, SLOW.limit()).at > before.claim_due_at
        types = [event.type for event in unsent_events(table)]
        assert types.count("push.rescheduled.v1") == 1
        assert "term.rescheduled.v1" in types
        assert recompute() == 0

    def test_years_announced_at_once_leave_nobody_waiting(
        self, gateway: Gateway, settling_year: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """R-HND-14: whoever waits for an earlier year is found as well."""
        push_slowly(gateway)
        announce(monkeypatch, settling_year + 1)
        assert recompute() == 1
        assert list(wiring.calendar().due(utc_now())) == []

    def test_what_may_still_change_waits_for_the_next_notice(
        self, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """R-HND-14: and is looked at once, not in every run."""
        push_slowly(gateway, TimeLimit(amount=500))
        announce(monkeypatch, official_until().year + 1)
        assert recompute() == 1
        assert list(wiring.calendar().due(utc_now())) == []
        announce(monkeypatch, official_until().year + 1)
        assert len(list(wiring.calendar().due(utc_now()))) == 1

    def test_what_is_decided_and_claimed_waits_no_more(self, gateway: Gateway, table: type[Row]) -> None:
        """The row is as sparse as what awaits the year."""
        case_id = push_slowly(gateway)
        row = table.get(case_id, "due#calendar")
        assert row.due_at == str(official_until().year + 1)
        push_id = pushed(case_id).push_id
        assert gateway.with_principal(MARKET, Role.LIAISON).post(f"/v1/pushes/{push_id}/claim", None).status == 200
        stored = wiring.cases().case(case_id)
        assert stored is not None
        awaits = announced.awaited(stored.state) is not None
        assert bool(table.count(case_id, table.sk == "due#calendar")) == awaits

    def test_the_cost_follows_what_awaits_the_year_and_not_what_is_stored(
        self, table: type[Row], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """R-HND-14: eight queries of rows that are due, whatever else waits for other days."""
        announce(monkeypatch, official_until().year + 1)
        seen = []
        for _ in range(2):
            with counted() as asked:
                recompute()
            seen.append((dict(asked.requests), asked.rows))
            store_cases_not_due(table, 1000)
        assert seen[0] == seen[1] == ({"Query": 8}, 0)

    def test_a_run_of_the_clock_costs_the_same_with_ten_and_with_a_thousand_cases(self, table: type[Row]) -> None:
        """R-HND-14: reads follow what is due."""
        seen = []
        for stored in (10, 990):
            store_cases_not_due(table, stored)
            with counted() as asked:
                assert elapse(wiring.deadlines(), ELAPSES, at_now) == 0
            seen.append((dict(asked.requests), asked.rows))
        assert seen[0] == seen[1] == ({"Query": 8}, 0)


def push_slowly(gateway: Gateway, limit: TimeLimit = SLOW) -> str:
    """A case accepted now whose push may be claimed for very long."""
    wiring.directory().keep_item(item(claim=ClaimRule(limit=limit)), act(once()))
    wiring.directory().keep_department(department(), act(once()))
    body = acceptance(accepted_at=to_text(utc_now()))
    return str(gateway.with_principal(BUREAU, Role.APPROVER).post("/v1/acceptances", body).json["case_id"])


def pushed(case_id: str) -> Push:
    stored = wiring.cases().case(case_id)
    assert stored is not None
    return stored.state.pushes[0]


def store_cases_not_due(table: type[Row], number: int) -> None:
    """Cases whose time has not come, as far as the clock can see."""
    later = utc_now() + timedelta(days=1)
    with table.batch_write() as batch:
        for _ in range(number):
            batch.save(due_row(table, terms.CASE, new_id("case"), later))
