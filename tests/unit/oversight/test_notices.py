"""Notices of changed law nobody takes note of or answers become findings about the bureau (R-OVS-1, R-REG-7)."""

from datetime import datetime, timedelta
from functools import partial
from itertools import permutations

import pytest

from services.oversight import logic
from services.oversight.domain import OwedNotice, Watch, cause_of
from services.oversight.events import HANDLERS, SERVICE
from services.oversight.store import OversightStore
from shared.aws.consumer import system_principal, take
from shared.aws.table import Row
from shared.contracts.change import Context
from shared.contracts.event import Event
from shared.contracts.notices import Notice, NoticeAcknowledged, NoticeAnswered, NoticeOverdue, Overdue
from shared.contracts.oversight import Finding, FindingKind, Severity
from tests.support.aws import unsent_events
from tests.support.notice_samples import ANSWER_BY, BUREAU, NOTED_BY, a_notice
from tests.support.push_builders import NOON, told

MINUTE = timedelta(minutes=1)


def hear(*events: Event) -> None:
    for event in events:
        take(event, HANDLERS, SERVICE, partial(getattr, event, "time"))


def look(store: OversightStore, now: datetime) -> int:
    return logic.examine(store, lambda: Context(system_principal(SERVICE), now, "job"))


def findings(store: OversightStore) -> dict[FindingKind, Finding]:
    return {each.kind: each for each in store.page(BUREAU, None, limit=50, before=None)[0]}


def overdue(notice: Notice, owed: Overdue, sequence: int) -> Event:
    at = NOTED_BY if owed is Overdue.ACKNOWLEDGEMENT else ANSWER_BY
    return told(NoticeOverdue(notice=notice, owed=owed), subject=notice.notice_id, sequence=sequence, time=at)


@pytest.fixture
def late() -> tuple[Event, Event, Event]:
    """The acknowledgement was late, then the answer was; then the bureau answered."""
    unnoted = a_notice(overdue=(Overdue.ACKNOWLEDGEMENT,))
    unanswered = unnoted.model_copy(update={"overdue": (Overdue.ACKNOWLEDGEMENT, Overdue.ANSWER)})
    at = ANSWER_BY + timedelta(hours=1)
    answered = unanswered.model_copy(update={"acknowledged_at": at, "answered_at": at})
    return (
        overdue(unnoted, Overdue.ACKNOWLEDGEMENT, 2),
        overdue(unanswered, Overdue.ANSWER, 3),
        told(NoticeAnswered(notice=answered), subject=unnoted.notice_id, sequence=4, time=at),
    )


def test_what_the_bureau_is_late_with_is_found_once_and_closed_when_it_is_given(
    store: OversightStore, table: type[Row], late: tuple[Event, Event, Event]
) -> None:
    """R-OVS-1, R-OVS-2: one finding for the acknowledgement, one for the answer."""
    unnoted, unanswered, answered = late
    hear(unnoted)
    assert [look(store, NOTED_BY + n * MINUTE) for n in range(3)] == [1, 0, 0]
    first = findings(store)[FindingKind.NOTICE_UNACKNOWLEDGED]
    assert (first.department, first.severity, first.due_at) == (BUREAU, Severity.REMINDER, NOTED_BY)
    assert (first.title, first.case_number, first.item_name) == ("《食品经营许可和备案管理办法》修订", None, None)
    hear(unanswered)
    assert look(store, ANSWER_BY) >= 1
    assert findings(store)[FindingKind.NOTICE_UNANSWERED].state == "open"
    hear(answered)
    assert {each.state for each in findings(store).values()} == {"closed"}
    assert len(findings(store)) == 2
    assert [event.type for event in unsent_events(table)].count("finding.opened.v1") == 2
    assert look(store, ANSWER_BY + timedelta(days=30)) == 0


def test_the_longer_it_lasts_the_louder_it_is(store: OversightStore, late: tuple[Event, Event, Event]) -> None:
    """R-OVS-2: yellow after one working day, red after three."""
    hear(late[0])
    for days in range(8):
        look(store, NOTED_BY + timedelta(days=days))
    assert findings(store)[FindingKind.NOTICE_UNACKNOWLEDGED].severity is Severity.RED


def test_a_late_acknowledgement_closes_its_finding_and_not_the_answers(store: OversightStore) -> None:
    both = a_notice(overdue=(Overdue.ACKNOWLEDGEMENT, Overdue.ANSWER))
    noted = both.model_copy(update={"acknowledged_at": ANSWER_BY + MINUTE})
    hear(overdue(both, Overdue.ANSWER, 3))
    look(store, ANSWER_BY)
    hear(told(NoticeAcknowledged(notice=noted), subject=both.notice_id, sequence=4, time=ANSWER_BY + MINUTE))
    states = {kind: each.state for kind, each in findings(store).items()}
    assert states == {FindingKind.NOTICE_UNACKNOWLEDGED: "closed", FindingKind.NOTICE_UNANSWERED: "open"}


def test_what_is_given_in_time_is_not_even_watched(store: OversightStore, table: type[Row]) -> None:
    noted = a_notice(acknowledged_at=NOON)
    hear(told(NoticeAcknowledged(notice=noted), subject=noted.notice_id, sequence=2))
    assert list(table.scan()) == []
    assert look(store, ANSWER_BY + timedelta(days=30)) == 0


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_in_whatever_order_they_are_heard_and_however_often_no_finding_stays_open(
    order: tuple[int, ...], store: OversightStore, late: tuple[Event, Event, Event]
) -> None:
    """The snapshot with the highest sequence wins; what comes again does nothing."""
    for number in order:
        hear(late[number], late[number])
        look(store, ANSWER_BY)
    look(store, ANSWER_BY + timedelta(days=30))
    assert {each.state for each in findings(store).values()} <= {"closed"}
    assert list(store.due(ANSWER_BY + timedelta(days=99))) == []


def test_an_event_after_the_answer_opens_nothing(store: OversightStore, late: tuple[Event, Event, Event]) -> None:
    unnoted, unanswered, answered = late
    hear(answered, unanswered, unnoted)
    assert look(store, ANSWER_BY + timedelta(days=1)) == 0
    assert findings(store) == {}


def test_a_watch_kept_before_there_were_notices_is_still_read() -> None:
    """Rows outlive the code that wrote them."""
    notice = OwedNotice(notice=a_notice(), owed=Overdue.ANSWER)
    watch = Watch(notice=notice, sequence=1)
    assert Watch.model_validate_json(watch.model_dump_json()).about == notice
    assert cause_of(notice).key == f"{notice.notice.notice_id}#answer"
    with pytest.raises(ValueError, match="of a push, of a notice or of a term"):
        _ = Watch(sequence=1).about
