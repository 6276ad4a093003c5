"""What handover's store promises of reviews, public notices and calendars awaited, as checks any engine must pass.

They are part of tests.support.store_checks, which says what is run where.
"""

import json
from dataclasses import replace
from datetime import date, timedelta

import pytest

from services.handover.domain import SOURCE
from services.handover.logic import course, reviews, stages
from services.handover.logic import public_notices as notice_logic
from services.handover.logic.office import Office
from services.handover.schemas.public_notices import PublicNoticeRequest, PublicObjectionRequest
from services.handover.schemas.reviews import OpinionRequest, ReviewRequestRequest
from services.handover.schemas.stages import AcceptanceRequest
from services.handover.store.calendar import CalendarStore
from services.handover.store.directory import DirectoryStore
from services.handover.store.public_notices import PublicNoticeStore
from services.handover.store.reviews import ReviewStore
from shared.aws.due import Owed
from shared.aws.journal import Journal
from shared.aws.table import Row
from shared.contracts.change import Context
from shared.contracts.public_notices import PublicNotice, PublicNoticeState
from shared.contracts.vocabulary import OpinionResult, ReviewKind
from shared.kernel.calendar import official_until
from shared.kernel.errors import Refused
from shared.kernel.permissions import ANONYMOUS, Role
from tests.support import handover_builders as city
from tests.support.acts import NOW, once
from tests.support.offices import by, office_on
from tests.support.table_checks import Check, at_once

_BUREAU = by(city.BUREAU, Role.APPROVER)
_SAID = PublicObjectionRequest(text="排烟口正对居民窗户", name="己某")


def opinions_from_the_request_to_the_last(table: type[Row]) -> None:
    """R-HND-10: whoever is still waited for has the request in its list, and nobody else."""
    office, lists = _office(table), ReviewStore(Journal(table, SOURCE))

    def waiting(department: str) -> list[str]:
        return [each.review_id for each in lists.asked(department, limit=10, position=None)[0]]

    asked = ReviewRequestRequest(kind=ReviewKind.SITE_SURVEY, departments=(city.MARKET, city.HEALTH), text="请联合踏勘")
    review_id = reviews.request_review(office, _BUREAU, _accepted(office), asked).review.review_id
    assert [waiting(each) for each in asked.departments] == [[review_id], [review_id]]
    for department, left in ((city.MARKET, [[], [review_id]]), (city.HEALTH, [[], []])):
        given = OpinionRequest(result=OpinionResult.PASS, text="同意")
        reviews.give_opinion(office, by(department, Role.LIAISON, after=timedelta(hours=1)), review_id, given)
        assert [waiting(each) for each in asked.departments] == left


def a_public_notice_from_its_opening_to_its_record(table: type[Row]) -> None:
    """R-HND-11: what is said is counted once it has ended, and nothing is said afterwards."""
    office, notices = _office(table), PublicNoticeStore(Journal(table, SOURCE))
    shown = _shown(office)
    assert [each.notice_id for each in notices.shown(limit=10, before=None)[0]] == [shown.notice_id]
    for _ in range(3):
        notice_logic.object_to(notices, _anybody(), shown.notice_id, _SAID)
    first, position = notices.objections(shown.notice_id, limit=2, position=None)
    rest, _ = notices.objections(shown.notice_id, limit=2, position=position)
    assert len({each.objection_id for each in (*first, *rest)}) == 3
    _pass(office, notices, shown)
    assert _now(notices, shown).state is PublicNoticeState.ENDED
    assert notices.shown(limit=10, before=None) == ([], None)
    with pytest.raises(Refused, match="ended"):
        notice_logic.object_to(notices, _anybody(), shown.notice_id, _SAID)
    _pass(office, notices, shown)
    assert _now(notices, shown).objections == 3


def a_case_that_awaits_a_calendar(table: type[Row]) -> None:
    """R-HND-14: it is found once the year it awaits is announced, and waits for a later one afterwards."""
    calendar = CalendarStore(Journal(table, SOURCE))
    year = official_until().year
    for case_id, awaited in (("case_01JD0M3Q5V8Z2K7T4B9N6R1X5C", year), ("case_01JD0M3Q5V8Z2K7T4B9N6R1X5D", year + 1)):
        _await(table, case_id, awaited)
    assert list(calendar.due(NOW)) == [Owed("calendar", "case_01JD0M3Q5V8Z2K7T4B9N6R1X5C")]
    calendar.wait_on("case_01JD0M3Q5V8Z2K7T4B9N6R1X5C", year + 1)
    calendar.wait_on("case_01JD0M3Q5V8Z2K7T4B9N6R1X5D", None)
    assert list(calendar.due(NOW)) == []
    assert table.find("case_01JD0M3Q5V8Z2K7T4B9N6R1X5D", "due#calendar") is not None


def many_object_while_it_ends(table: type[Row]) -> None:
    """R-HND-11: of those who object as it ends, exactly those are recorded who were told so."""
    office, notices = _office(table), PublicNoticeStore(Journal(table, SOURCE))
    shown, said = _shown(office), list[int]()

    def act(number: int) -> None:
        if number:
            notice_logic.object_to(notices, _anybody(), shown.notice_id, _SAID)
            said.append(number)
        else:
            _pass(office, notices, shown)

    at_once(8, act)
    while _now(notices, shown).state is not PublicNoticeState.CLOSED:
        _pass(office, notices, shown)
    assert _now(notices, shown).objections == len(said)


def _office(table: type[Row]) -> Office:
    directory = DirectoryStore(Journal(table, SOURCE))
    directory.keep_item(city.item(), by(None, once=once()))
    for each in (city.MARKET, city.HEALTH):
        directory.keep_department(city.department(each), by(None, once=once()))
    return office_on(table)


def _accepted(office: Office) -> str:
    request = AcceptanceRequest.model_validate_json(json.dumps(city.acceptance()))
    return stages.push_acceptance(office, _BUREAU, request).answer.case_id


def _shown(office: Office) -> PublicNotice:
    asked = PublicNoticeRequest(title="食品经营许可公示", text="现予公示。", until=date(2026, 3, 13))
    return notice_logic.open_notice(office, _BUREAU, _accepted(office), asked, 5)


def _anybody() -> Context:
    return replace(_BUREAU, principal=ANONYMOUS, once=None)


def _pass(office: Office, notices: PublicNoticeStore, shown: PublicNotice) -> None:
    context = replace(_BUREAU, now=shown.ends_at, once=None)
    course.let_case_elapse(office, notices, context, shown.case_id)


def _now(notices: PublicNoticeStore, shown: PublicNotice) -> PublicNotice:
    found = notices.notice(shown.notice_id)
    assert found is not None
    return found


def _await(table: type[Row], case_id: str, year: int) -> None:
    table(pk=case_id, sk="due#calendar", due_shard="calendar#0", due_at=str(year)).save()


CHECKS: tuple[Check, ...] = (
    opinions_from_the_request_to_the_last,
    a_public_notice_from_its_opening_to_its_record,
    a_case_that_awaits_a_calendar,
)
RACES: tuple[Check, ...] = (many_object_while_it_ends,)
