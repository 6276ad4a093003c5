"""Showing a case to the public, and recording what was said or that nothing was (R-HND-11, W 19)."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from services.handover import wiring
from services.handover.domain import SOURCE, public_notices, terms
from services.handover.domain.cases import CaseFile, Outcome
from services.handover.domain.clocks import ClockState, clock_state
from services.handover.domain.public_notices import Objection, Shown
from services.handover.events import ELAPSES
from shared.aws.due import elapse
from shared.aws.table import Row
from shared.contracts.chain import ChainHead
from shared.contracts.change import Change, Context, Taken, change
from shared.contracts.event import body_of
from shared.contracts.public_notices import ObjectionFiled, PublicNotice, PublicNoticeState
from shared.contracts.vocabulary import TermKind
from shared.kernel.calendar import add_working_days, beijing_date
from shared.kernel.clock import from_text, to_text, utc_now
from shared.kernel.errors import Refused
from shared.kernel.permissions import ANONYMOUS, Role
from tests.support.acts import act, once
from tests.support.aws import unsent_events
from tests.support.case_builders import accepted, beijing, case, granted
from tests.support.gateway import Answer, Gateway
from tests.support.handover_builders import BUREAU, HEALTH, STRANGER, acceptance, item

SHOWN = Shown("食品经营许可公示", "现予公示。", date(2026, 3, 13))
SHORTEST = 5


def opened(file: CaseFile | None = None) -> CaseFile:
    return public_notices.open_notice(file or accepted(), SHOWN, SHORTEST, beijing(5)).file


class TestRules:
    def test_a_notice_is_open_until_the_end_of_its_last_day(self) -> None:
        """R-HND-11: it does not stop the clock by itself, since art. 45 does not name it."""
        file = opened()
        assert (file.notices[0].from_day, file.notices[0].ends_at) == (date(2026, 3, 5), beijing(14, 0))
        assert clock_state(file) is ClockState.RUNNING

    @pytest.mark.parametrize("until", [date(2026, 3, 11), date(2026, 9, 2)])
    def test_it_is_neither_too_short_nor_without_end(self, until: date) -> None:
        """R-HND-11: Thursday and five working days is next Thursday."""
        with pytest.raises(Refused) as refused:
            public_notices.open_notice(accepted(), SHOWN._replace(until=until), SHORTEST, beijing(5))
        assert refused.value.faults[0].pointer == "/until"
        assert "2026-03-12" in refused.value.faults[0].en

    @pytest.mark.parametrize(
        ("file", "state"),
        [
            (CaseFile(case=case(accepted_at=None)), "not_accepted"),
            (accepted(decision=granted(beijing(3))), "decided"),
        ],
    )
    def test_it_is_opened_between_acceptance_and_decision(self, file: CaseFile, state: str) -> None:
        with pytest.raises(Refused, match=state):
            opened(file)

    def test_one_at_a_time(self) -> None:
        with pytest.raises(Refused, match="withdraw_notice"):
            opened(opened())

    def test_the_bureau_is_warned_the_day_before_it_closes(self) -> None:
        """R-HND-11, R-NTF-1."""
        file = terms.settle(None, Outcome(opened())).file
        ends = beijing(14, 0)
        warned = terms.take_course(file, ends - timedelta(days=1))
        reminded = [body for body in warned.bodies if getattr(body, "term").kind is TermKind.PUBLIC_NOTICE]  # noqa: B009
        assert [body.TYPE for body in reminded] == ["term.reminded.v1"]

    def test_it_ends_in_one_step_and_is_counted_in_the_next(self) -> None:
        """R-HND-11: what is read as ended is written against no more, so the count is right whenever it is made."""
        file = terms.settle(None, Outcome(opened())).file
        ended = terms.settle(file, terms.take_course(file, beijing(14, 0)))
        assert [body.TYPE for body in ended.bodies if "publicity" in body.TYPE] == ["publicity.ended.v1"]
        assert "term.missed.v1" not in [body.TYPE for body in ended.bodies if _kind(body) is TermKind.PUBLIC_NOTICE]
        (notice,) = public_notices.to_be_counted(ended.file)
        assert terms.due_at(ended.file) == beijing(14, 0)
        closed = public_notices.close(ended.file, notice, 0, beijing(14, 1))
        assert closed.file.notices[0].outcome == "no_objection"
        assert public_notices.to_be_counted(closed.file) == ()

    @pytest.mark.parametrize("state", [each for each in PublicNoticeState if each is not PublicNoticeState.OPEN])
    def test_nobody_objects_to_nor_withdraws_what_is_not_open(self, state: PublicNoticeState) -> None:
        file = opened()
        notice = file.notices[0].model_copy(update={"state": state})
        with pytest.raises(Refused, match="object"):
            public_notices.check_objection(notice, beijing(6))
        with pytest.raises(Refused, match="withdraw_notice"):
            public_notices.withdraw(file, notice, "有误", beijing(6))

    def test_nobody_objects_after_the_end_even_before_the_clock_has_come_by(self) -> None:
        """R-HND-11."""
        notice = opened().notices[0]
        public_notices.check_objection(notice, beijing(14, 0) - timedelta(milliseconds=1))
        with pytest.raises(Refused, match="ended"):
            public_notices.check_objection(notice, beijing(14, 0))

    def test_what_is_decided_is_shown_no_more(self) -> None:
        decided = opened().model_copy(update={"case": case(decision=granted(beijing(6)))})
        ended = public_notices.end_decided(decided, beijing(6)).file
        assert ended.notices[0].state is PublicNoticeState.WITHDRAWN
        assert public_notices.end_decided(ended, beijing(6)).bodies == ()

    def test_the_event_of_an_objection_says_that_it_was_made_and_not_by_whom(self) -> None:
        """R-AUD: names and words of the public stay in one table."""
        told = objection(name="己某", phone="0999-5550101").told()
        assert "己某" not in told.model_dump_json()
        assert told.content_hash != objection(name="庚某", phone="0999-5550101").told().content_hash


def objection(**changed: Any) -> Objection:
    notice = opened().notices[0]
    given: dict[str, Any] = {
        "objection_id": "obj_01JD0M3Q5V8Z2K7T4B9N6R1X5C",
        "notice_id": notice.notice_id,
        "case_id": notice.case_id,
        "bureau": BUREAU,
        "text": "排烟口正对居民窗户",
        "at": beijing(6),
    }
    return Objection(**given | changed)


def _kind(body: object) -> TermKind | None:
    term = getattr(body, "term", None)
    return term.kind if term else None


@pytest.mark.usefixtures("table")
class TestOverHttp:
    def test_from_the_opening_to_the_record_of_what_was_said(self, gateway: Gateway, table: type[Row]) -> None:
        """R-HND-11: a department and the public object, and the end is recorded with their number."""
        notice = open_now(gateway)
        notice_id = notice["notice_id"]
        (listed,) = gateway.get("/v1/public/notices").json["notices"]
        assert listed["notice_id"] == notice_id
        assert "case_number" not in listed
        from_public = object_publicly(gateway, notice_id)
        assert from_public.status == 201
        health = gateway.with_principal(HEALTH, Role.LIAISON)
        assert health.post(f"/v1/public-notices/{notice_id}/objections", {"text": "该址在保护区内"}).status == 201
        said = gateway.with_principal(BUREAU, Role.REGISTRAR).get(f"/v1/public-notices/{notice_id}/objections").json
        assert [(each["department"], each["name"]) for each in said["objections"]] == [(None, "己某"), (HEALTH, None)]
        assert said["objections"][0]["objection_id"] == from_public.json["objection_id"]
        let_pass(notice)
        shown = gateway.get(f"/v1/public/notices/{notice_id}").json
        assert (shown["state"], shown["outcome"], shown["objections"]) == ("closed", "objections", 2)
        assert gateway.get("/v1/public/notices").json["notices"] == []
        filed = [event for event in unsent_events(table) if event.type == ObjectionFiled.TYPE]
        assert [body_of(event, ObjectionFiled).department for event in filed] == [None, HEALTH]
        assert len({event.subject for event in filed}) == 2

    def test_silence_is_recorded_as_no_objection(self, gateway: Gateway) -> None:
        """R-HND-11, W 19."""
        notice = open_now(gateway)
        let_pass(notice)
        shown = gateway.get(f"/v1/public/notices/{notice['notice_id']}").json
        assert (shown["state"], shown["outcome"], shown["objections"]) == ("closed", "no_objection", 0)

    def test_nothing_gets_in_once_it_has_ended_whenever_it_is_counted(self, gateway: Gateway) -> None:
        """R-HND-11: the row decides, not what was read before."""
        notice = PublicNotice.model_validate(open_now(gateway))
        let_pass(notice.model_dump(mode="json"), runs=1)
        stored = wiring.public_notices().notice(notice.notice_id)
        assert stored is not None
        assert stored.state is PublicNoticeState.ENDED
        refused = object_publicly(gateway, notice.notice_id)
        assert (refused.status, refused.json["code"]) == (409, "wrong_state")
        late = _change_against(notice)
        with pytest.raises(Taken, match="notice"):
            wiring.public_notices().file_objection(late)
        assert wiring.public_notices().count(notice.notice_id, 9) == 0

    def test_a_withdrawn_notice_says_why_and_takes_no_more(self, gateway: Gateway) -> None:
        """R-HND-11."""
        notice_id = open_now(gateway)["notice_id"]
        url, body = f"/v1/public-notices/{notice_id}/withdraw", {"reason": "内容有误"}
        assert gateway.with_principal(STRANGER, Role.APPROVER).post(url, body).json["code"] == "not_your_department"
        assert gateway.with_principal(BUREAU, Role.APPROVER).post(url, body).json["state"] == "withdrawn"
        assert gateway.get(f"/v1/public/notices/{notice_id}").json["ended_reason"] == "内容有误"
        assert object_publicly(gateway, notice_id).status == 409

    def test_an_objection_sent_twice_is_one(self, gateway: Gateway) -> None:
        """R-HND-13."""
        notice_id = open_now(gateway)["notice_id"]
        first, again = (object_publicly(gateway, notice_id, key="one-and-the-same") for _ in range(2))
        assert first.json == again.json
        assert wiring.public_notices().count(notice_id, 9) == 1

    def test_what_was_said_is_for_its_bureau_and_oversight(self, gateway: Gateway) -> None:
        """R-AUD-1: it is personal."""
        notice_id = open_now(gateway)["notice_id"]
        url = f"/v1/public-notices/{notice_id}/objections"
        assert gateway.with_principal(STRANGER, Role.APPROVER).get(url).status == 403
        assert gateway.with_principal(STRANGER, Role.OVERSIGHT).get(url).status == 200

    @pytest.mark.parametrize(("filed", "at_least"), [(2, False), (4, True)])
    def test_a_flood_of_objections_is_counted_up_to_a_bound(
        self, filed: int, at_least: bool, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """R-HND-11, R-HND-14: whatever the public sends, the clock gets past it, and says that there is more."""
        monkeypatch.setattr(public_notices, "MOST_COUNTED", 2)
        notice = open_now(gateway)
        for number in range(filed):
            assert object_publicly(gateway, notice["notice_id"], key=f"key-{number}").status == 201
        let_pass(notice)
        shown = gateway.get(f"/v1/public/notices/{notice['notice_id']}").json
        assert (shown["outcome"], shown["objections"], shown["objections_at_least"]) == ("objections", 2, at_least)

    def test_the_open_notices_are_paged_newest_first(self, gateway: Gateway) -> None:
        """R-HND-11."""
        ids = [open_now(gateway, case_number=f"SP-{number}")["notice_id"] for number in range(5)]
        first = gateway.get("/v1/public/notices?limit=3").json
        rest = gateway.get(f"/v1/public/notices?limit=3&cursor={first['next']}").json
        found = [each["notice_id"] for page in (first, rest) for each in page["notices"]]
        assert found == ids[::-1]
        assert rest["next"] is None

    @pytest.mark.parametrize("notice_id", ["pnt_01JD0M3Q5V8Z2K7T4B9N6R1X5C_001", "nothing"])
    def test_a_notice_that_never_was_is_not_found(self, gateway: Gateway, notice_id: str) -> None:
        assert gateway.get(f"/v1/public/notices/{notice_id}").status == 404
        assert object_publicly(gateway, notice_id).status == 404


def open_now(gateway: Gateway, case_number: str = "SP-2026-000101") -> dict[str, Any]:
    """A notice opened now, for the shortest time allowed."""
    wiring.directory().keep_item(item(), act(once()))
    bureau = gateway.with_principal(BUREAU, Role.APPROVER)
    body = acceptance(accepted_at=to_text(utc_now()), case_number=case_number)
    case_id = bureau.post("/v1/acceptances", body).json["case_id"]
    until = add_working_days(beijing_date(utc_now()), SHORTEST)
    shown = {"title": SHOWN.title, "text": SHOWN.text, "until": until.isoformat()}
    made = bureau.post(f"/v1/cases/{case_id}/public-notices", shown)
    assert made.status == 201
    opened_notice: dict[str, Any] = made.json
    return opened_notice


def object_publicly(gateway: Gateway, notice_id: str, key: str | None = None) -> Answer:
    said = {"text": "排烟口正对居民窗户", "name": "己某", "phone": "0999-5550101"}
    return gateway.post(f"/v1/public/notices/{notice_id}/objections", said, key=key)


def let_pass(notice: dict[str, Any], runs: int = 2) -> None:
    """The clock comes by once its last day is over."""
    now: datetime = from_text(notice["ends_at"])
    for _ in range(runs):
        elapse(wiring.deadlines(), ELAPSES, lambda: Context(ANONYMOUS, now, "schedule"))


def _change_against(notice: PublicNotice) -> Change[Objection]:
    said = objection(notice_id=notice.notice_id, case_id=notice.case_id)
    return change(SOURCE, said.objection_id, ChainHead(), said, [said.told()], act())
