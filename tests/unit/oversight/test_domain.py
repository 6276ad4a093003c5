"""When an unclaimed push becomes a finding and how loud it is (R-OVS-1, R-OVS-2)."""

from datetime import UTC, datetime, timedelta

import pytest

from services.oversight.domain import (
    Watch,
    due_at,
    examined,
    finding_id,
    observed,
    opened,
    readable_department,
    severity_at,
    starts,
)
from shared.contracts.oversight import Severity
from shared.contracts.pushes import Push
from shared.contracts.vocabulary import OnOverdue, PushState
from shared.kernel.errors import Refused
from shared.kernel.permissions import Principal, Role
from tests.support.push_builders import HEALTH, MARKET, NOON, a_push

FRIDAY_MIDNIGHT = datetime(2026, 3, 6, 16, 0, tzinfo=UTC)
"""Friday 6 March 2026, 24:00 in Beijing."""

MINUTE = timedelta(minutes=1)


def claimed(push: Push, at: datetime) -> Push:
    return push.model_copy(update={"state": PushState.CLAIMED, "claimed_at": at})


def test_a_push_in_time_is_no_finding_and_one_past_its_limit_is_a_reminder() -> None:
    push = a_push(claim_due_at=FRIDAY_MIDNIGHT)
    assert severity_at(push, FRIDAY_MIDNIGHT - timedelta(milliseconds=1)) is None
    assert severity_at(push, FRIDAY_MIDNIGHT) is Severity.REMINDER


def test_a_finding_is_yellow_after_one_working_day_and_red_after_three() -> None:
    """R-HND-14: a weekend is not late."""
    push = a_push(claim_due_at=FRIDAY_MIDNIGHT)
    assert dict(starts(push)) == {
        Severity.REMINDER: FRIDAY_MIDNIGHT,
        Severity.YELLOW: FRIDAY_MIDNIGHT + timedelta(days=3),
        Severity.RED: FRIDAY_MIDNIGHT + timedelta(days=5),
    }


def test_a_limit_in_minutes_is_late_by_a_day_when_the_next_working_day_has_passed() -> None:
    push = a_push(claim_due_at=NOON)
    assert dict(starts(push))[Severity.YELLOW] == datetime(2026, 3, 3, 16, 0, tzinfo=UTC)


def test_where_silence_is_the_claim_handover_is_given_an_hour_to_record_it() -> None:
    """R-HND-5 deemed claimed."""
    push = a_push(claim_due_at=NOON, on_overdue=OnOverdue.DEEMED_CLAIMED)
    assert severity_at(push, NOON + timedelta(minutes=59)) is None
    assert severity_at(push, NOON + timedelta(hours=1)) is Severity.REMINDER


def test_a_claimed_push_is_never_late_however_late_it_is() -> None:
    push = claimed(a_push(claim_due_at=NOON), NOON + timedelta(days=30))
    watch = Watch(push=push, sequence=5)
    assert severity_at(push, NOON + timedelta(days=60)) is None
    assert due_at(watch) is None
    assert examined(watch, NOON + timedelta(days=60)) is None


def test_the_newest_snapshot_wins_in_whatever_order_they_come() -> None:
    push = a_push()
    watch = observed(None, claimed(push, NOON), 5)
    assert watch is not None
    assert observed(watch, push, 2) is None
    assert observed(watch, claimed(push, NOON), 5) is None


def test_each_look_is_due_when_the_next_step_begins_and_none_after_red() -> None:
    watch: Watch | None = Watch(push=a_push(claim_due_at=FRIDAY_MIDNIGHT), sequence=2)
    reached = []
    for _ in range(3):
        assert watch is not None
        due = due_at(watch)
        assert due is not None
        assert examined(watch, due - timedelta(milliseconds=1)) is None
        watch = examined(watch, due)
        assert watch is not None
        reached.append(watch.severity)
    assert reached == [Severity.REMINDER, Severity.YELLOW, Severity.RED]
    assert watch is not None
    assert due_at(watch) is None


def test_a_look_that_comes_late_opens_the_finding_as_loud_as_it_is_by_then() -> None:
    watch = examined(Watch(push=a_push(claim_due_at=NOON), sequence=2), NOON + timedelta(days=20))
    assert watch is not None
    assert opened(watch, NOON).severity is Severity.RED
    assert due_at(watch) is None


def test_a_claim_taken_back_and_late_again_is_a_new_cause_with_a_new_id() -> None:
    """R-OVS-2: once per cause; R-HND-4: a claim may be withdrawn."""
    push = a_push(claim_due_at=NOON)
    first = examined(Watch(push=push, sequence=2), NOON)
    assert first is not None
    taken = observed(first, claimed(push, NOON + MINUTE), 3)
    assert taken is not None
    back = observed(taken, push, 4)
    assert back is not None
    again = examined(back, NOON + 2 * MINUTE)
    assert again is not None
    ids = [finding_id(watch) for watch in (first, taken, again)]
    assert ids[0] == ids[1] != ids[2]
    assert ids[0] == f"find_{push.push_id.removeprefix('push_')}_01"


@pytest.mark.parametrize("asked", [None, MARKET, HEALTH])
def test_oversight_reads_any_department_or_all(asked: str | None) -> None:
    assert readable_department(Principal("cli", None, frozenset({Role.OVERSIGHT})), asked) == asked


def test_others_read_only_their_own_department() -> None:
    liaison = Principal("cli", MARKET, frozenset({Role.LIAISON}))
    assert readable_department(liaison, None) == MARKET
    assert readable_department(liaison, MARKET) == MARKET
    for principal, asked in [(liaison, HEALTH), (Principal("cli", None, frozenset({Role.LIAISON})), None)]:
        with pytest.raises(Refused) as refused:
            readable_department(principal, asked)
        assert refused.value.code == "not_your_department"
