"""Consulting the supervision departments before a draft is published (R-REG-4, X II(2)1)."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from services.registry import events, wiring
from services.registry.schemas.consultation import LONGEST_REASON
from shared.aws.journal import Journal
from shared.aws.table import Row
from shared.contracts.chain import verify
from shared.contracts.change import Outdated
from shared.contracts.items import MOST_SUPERVISORS, ItemConsultationAnswered, ItemDrafted
from shared.kernel.clock import from_text, to_text, utc_now
from shared.kernel.permissions import Role
from tests.support.acts import all_rows
from tests.support.aws import TICK, unsent_events
from tests.support.gateway import Answer, Gateway
from tests.support.registry_builders import (
    a_bureau,
    a_department,
    a_draft,
    a_published_item,
    act,
    anybody,
    item_body,
    publish,
    put,
    registrar,
)

UNWAIVED = {"consultation_waived": None}


@pytest.fixture
def bureau(table: type[Row]) -> str:
    assert table
    return a_bureau()


@pytest.fixture
def market(table: type[Row]) -> str:
    assert table
    return a_department()


@pytest.fixture
def health(table: type[Row]) -> str:
    assert table
    return a_department(name="临江市卫生健康委员会")


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> list[datetime]:
    """Put an instant in, and the clock of the schedule shows it."""
    shown: list[datetime] = []
    monkeypatch.setattr(events, "utc_now", lambda: shown[-1] if shown else utc_now())
    return shown


def liaison(department: str, client: str = "cli_liaison_0001") -> Gateway:
    return anybody().with_principal(department, Role.LIAISON, client_id=client)


def consulted(bureau: str, *supervisors: str, **changed: Any) -> dict[str, Any]:
    """Draft an item and ask about it."""
    answer = act(registrar(bureau), a_draft(bureau, *supervisors, **changed), "consultation")
    assert answer.status == 200, answer.text
    return dict(answer.json)


def answer_to(file: dict[str, Any], department: str, answer: str = "confirmed", **changed: Any) -> Answer:
    body = {"number": file["consultation"]["number"], "answer": answer} | changed
    return liaison(department).post(f"/v1/items/{file['item_id']}/consultation/answer", body)


def read(file: dict[str, Any], bureau: str) -> dict[str, Any]:
    return dict(registrar(bureau).get(f"/v1/items/{file['item_id']}").json)


def answers(file: dict[str, Any]) -> dict[str, str]:
    return {each["department"]: each["answer"] for each in file["consultation"]["answers"]}


def waiting(department: str) -> list[str]:
    page = liaison(department).get(f"/v1/consultations?department={department}")
    assert page.status == 200, page.text
    return [each["draft"]["item_id"] for each in page.json["consultations"]]


def tick() -> None:
    events.elapse(TICK, None)


def due_rows(table: type[Row]) -> list[str]:
    return [row["sk"]["S"] for row in all_rows(table) if "due_at" in row]


class TestAsking:
    def test_every_supervisor_named_is_asked_and_has_five_working_days(
        self, bureau: str, market: str, health: str, table: type[Row]
    ) -> None:
        """R-REG-4, R-HND-14."""
        file = consulted(bureau, market, health)
        consultation = file["consultation"]
        assert answers(file) == {market: "awaited", health: "awaited"}
        assert consultation["number"] == 1
        ahead = from_text(consultation["due_at"]) - from_text(consultation["opened_at"])
        assert timedelta(days=5) <= ahead <= timedelta(days=20)
        told = unsent_events(table)[-1]
        assert (told.type, told.data.body["departments"]) == ("item.consultation_opened.v1", [market, health])
        assert waiting(market) == waiting(health) == [file["item_id"]]

    def test_the_limit_may_be_another(self, bureau: str, market: str) -> None:
        limit = {"amount": 30, "unit": "minute"}
        asked = act(registrar(bureau), a_draft(bureau, market), "consultation", limit=limit).json["consultation"]
        assert from_text(asked["due_at"]) - from_text(asked["opened_at"]) == timedelta(minutes=30)
        assert not asked["provisional"]

    def test_a_deadline_beyond_the_announced_calendar_is_marked(self, bureau: str, market: str) -> None:
        """R-HND-14."""
        limit = {"amount": 1000, "unit": "working_day"}
        asked = act(registrar(bureau), a_draft(bureau, market), "consultation", limit=limit).json["consultation"]
        assert asked["provisional"]

    def test_without_a_draft_there_is_nothing_to_ask_about(self, bureau: str, market: str) -> None:
        answer = act(registrar(bureau), a_published_item(bureau, market), "consultation")
        assert (answer.status, answer.json["code"]) == (409, "wrong_state")

    def test_only_the_bureau_asks(self, bureau: str, market: str) -> None:
        assert act(registrar(market), a_draft(bureau, market), "consultation").json["code"] == "not_your_department"

    def test_asking_again_begins_anew(self, bureau: str, market: str, table: type[Row]) -> None:
        file = consulted(bureau, market)
        answer_to(file, market)
        again = act(registrar(bureau), read(file, bureau), "consultation").json
        assert (again["consultation"]["number"], answers(again)) == (2, {market: "awaited"})
        assert answer_to(file, market).json["code"] == "consultation_ended"
        assert due_rows(table) == ["due#consultation"]

    def test_a_department_sees_what_the_draft_would_change(self, bureau: str, market: str) -> None:
        file = a_published_item(bureau, market)
        edited = put(registrar(bureau), f"/v1/items/{file['item_id']}", item_body(bureau, market, level="county"), 2)
        act(registrar(bureau), edited.json, "consultation")
        (shown,) = liaison(market).get(f"/v1/consultations?department={market}").json["consultations"]
        assert [each["zh"] for each in shown["differences"]] == ["行使层级:由“市级”改为“县级”"]

    def test_the_longest_waiting_comes_first_page_by_page(self, bureau: str, market: str) -> None:
        asked = [consulted(bureau, market, code=f"CODE-{number}")["item_id"] for number in range(5)]
        seen: list[str] = []
        url = f"/v1/consultations?department={market}&limit=2"
        cursor: str | None = ""
        while cursor is not None:
            page = liaison(market).get(f"{url}&cursor={cursor}" if cursor else url).json
            seen += [each["draft"]["item_id"] for each in page["consultations"]]
            cursor = page["next"]
        assert seen == asked

    def test_another_departments_consultations_are_not_listed(self, bureau: str, market: str, health: str) -> None:
        consulted(bureau, market)
        assert waiting(health) == []
        answer = liaison(health).get(f"/v1/consultations?department={market}")
        assert (answer.status, answer.json["code"]) == (403, "not_your_department")


class TestAnswering:
    def test_a_department_confirms_once_and_is_no_longer_asked(
        self, bureau: str, market: str, health: str, table: type[Row]
    ) -> None:
        file = consulted(bureau, market, health)
        given = answer_to(file, market)
        assert (given.status, given.json["answer"], given.json["by"]) == (200, "confirmed", "cli_liaison_0001")
        assert answers(read(file, bureau)) == {market: "confirmed", health: "awaited"}
        assert (waiting(market), waiting(health)) == ([], [file["item_id"]])
        event = unsent_events(table)[-1]
        told = ItemConsultationAnswered.model_validate(event.data.body)
        assert (told.department, told.answer, told.number, told.code) == (market, "confirmed", 1, "000131016000")

    def test_an_objection_says_why_and_a_confirmation_does_not(self, bureau: str, market: str) -> None:
        file = consulted(bureau, market)
        silent = answer_to(file, market, "objected")
        assert [each["code"] for each in silent.json["errors"]] == ["objection_reason_required"]
        chatty = answer_to(file, market, reason="同意")
        assert [each["code"] for each in chatty.json["errors"]] == ["reason_without_objection"]
        assert answer_to(file, market, "objected", reason="应由行业主管部门牵头").status == 200

    def test_the_same_answer_again_is_the_first_one_and_another_is_refused(
        self, bureau: str, market: str, table: type[Row]
    ) -> None:
        file = consulted(bureau, market)
        first = answer_to(file, market)
        count = len(unsent_events(table))
        again = answer_to(file, market)
        assert (again.status, again.json) == (200, first.json)
        assert len(unsent_events(table)) == count
        other = answer_to(file, market, "objected", reason="不同意")
        assert (other.status, other.json["code"]) == (409, "consultation_answered")
        assert "confirmed" in other.json["detail_en"]
        assert first.json["at"] in other.json["detail_en"]

    def test_only_the_departments_asked_answer(self, bureau: str, market: str, health: str) -> None:
        file = consulted(bureau, market)
        assert answer_to(file, health).json["code"] == "not_your_department"
        assert answer_to(file, bureau).json["code"] == "not_your_department"

    def test_nobody_answers_what_was_never_asked(self, bureau: str, market: str) -> None:
        draft = a_draft(bureau, market)
        body = {"number": 1, "answer": "confirmed"}
        answer = liaison(market).post(f"/v1/items/{draft['item_id']}/consultation/answer", body)
        assert (answer.status, answer.json["code"]) == (409, "consultation_ended")

    def test_after_the_limit_nobody_answers(self, bureau: str, market: str, monkeypatch: pytest.MonkeyPatch) -> None:
        file = consulted(bureau, market)
        due = from_text(file["consultation"]["due_at"])
        monkeypatch.setattr("services.registry.api.consultation.api._clock", lambda: due)
        answer = answer_to(file, market)
        assert (answer.status, answer.json["code"]) == (409, "consultation_ended")

    def test_answers_of_several_departments_at_once_are_all_recorded(
        self, bureau: str, market: str, health: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Their transactions race for one item: the loser is decided again, and nobody's answer is lost."""
        file = consulted(bureau, market, health)
        really = Journal.commit
        raced: list[str] = []

        def meanwhile(self: Journal, *given: Any) -> None:
            if not raced:
                raced.append(health)
                answer_to(file, health, "objected", reason="不同意")
            really(self, *given)

        monkeypatch.setattr(Journal, "commit", meanwhile)
        assert answer_to(file, market).status == 200
        after = read(file, bureau)
        assert answers(after) == {market: "confirmed", health: "objected"}
        journal = wiring.journal()
        assert verify(list(journal.events(file["item_id"]))) == []


class TestSilence:
    def test_silence_past_the_limit_is_recorded_as_silence(
        self, bureau: str, market: str, health: str, table: type[Row], later: list[datetime]
    ) -> None:
        file = consulted(bureau, market, health)
        answer_to(file, market)
        due = from_text(file["consultation"]["due_at"])
        later.append(due - timedelta(milliseconds=1))
        tick()
        assert answers(read(file, bureau))[health] == "awaited"
        later.append(due)
        tick()
        tick()
        assert answers(read(file, bureau)) == {market: "confirmed", health: "silent"}
        told = [each for each in unsent_events(table) if each.data.body.get("answer") == "silent"]
        assert [(each.data.body["department"], each.data.actor.client_id) for each in told] == [
            (health, "system:registry")
        ]
        assert (waiting(health), due_rows(table)) == ([], [])
        assert answer_to(file, health).json["code"] == "consultation_answered"

    def test_a_consultation_everybody_answered_falls_due_no_more(
        self, bureau: str, market: str, table: type[Row]
    ) -> None:
        file = consulted(bureau, market)
        assert due_rows(table) == ["due#consultation"]
        answer_to(file, market)
        assert due_rows(table) == []

    def test_one_that_fails_holds_up_no_other(
        self, bureau: str, market: str, later: list[datetime], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        files = [consulted(bureau, market, code=f"CODE-{number}") for number in range(3)]
        later.append(from_text(files[0]["consultation"]["due_at"]) + timedelta(days=1))
        store = wiring.items()
        really = store.item

        def item(item_id: str) -> Any:
            if item_id == files[0]["item_id"]:
                raise ValueError("damaged")
            if item_id == files[1]["item_id"]:
                raise Outdated
            return really(item_id)

        with monkeypatch.context() as broken:
            broken.setattr(store, "item", item)
            tick()
        assert [answers(read(each, bureau))[market] for each in files] == ["awaited", "awaited", "silent"]
        # What failed is put off by some minutes, so that it cannot hide others for ever.
        later.append(later[-1] + timedelta(minutes=10))
        tick()
        assert {answers(read(each, bureau))[market] for each in files} == {"silent"}


class TestPublishing:
    def test_a_draft_nobody_was_asked_about_is_not_published(self, bureau: str, market: str) -> None:
        answer = publish(registrar(bureau), a_draft(bureau, market), **UNWAIVED)
        assert (answer.status, answer.json["code"]) == (409, "consultation_missing")

    def test_a_draft_that_awaits_an_answer_is_not_published(self, bureau: str, market: str, health: str) -> None:
        file = consulted(bureau, market, health)
        answer_to(file, market)
        answer = publish(registrar(bureau), read(file, bureau), **UNWAIVED)
        assert (answer.status, answer.json["code"]) == (409, "consultation_open")
        assert health in answer.json["detail_en"]
        assert market not in answer.json["detail_en"]

    def test_a_version_keeps_the_answers_it_was_made_on(self, bureau: str, market: str, health: str) -> None:
        file = consulted(bureau, market, health)
        answer_to(file, market)
        answer_to(file, health)
        done = publish(registrar(bureau), read(file, bureau), **UNWAIVED)
        assert done.status == 200, done.text
        version = done.json["published"]
        assert [each["answer"] for each in version["answers"]] == ["confirmed", "confirmed"]
        assert (version["consultation_waived"], done.json["consultation"]) == (None, None)

    def test_silence_holds_nothing_up(self, bureau: str, market: str, later: list[datetime]) -> None:
        file = consulted(bureau, market)
        later.append(from_text(file["consultation"]["due_at"]))
        tick()
        done = publish(registrar(bureau), read(file, bureau), **UNWAIVED)
        assert [each["answer"] for each in done.json["published"]["answers"]] == ["silent"]

    @pytest.mark.parametrize("waiver", [UNWAIVED, {}])
    def test_an_objection_is_settled_first_even_where_asking_was_not_needed(
        self, waiver: dict[str, Any], bureau: str, market: str, table: type[Row]
    ) -> None:
        file = consulted(bureau, market)
        answer_to(file, market, "objected", reason="应由住建部门牵头")
        refused = publish(registrar(bureau), read(file, bureau), **waiver)
        assert (refused.status, refused.json["code"]) == (409, "objections_open")
        assert market in refused.json["detail_zh"]
        settled = "经联席会议研究,仍由市场监管部门牵头"
        done = publish(registrar(bureau), read(file, bureau), **waiver, objections_settled=settled)
        assert (done.status, done.json["published"]["objections_settled"]) == (200, settled)
        assert unsent_events(table)[-1].data.body["objections_settled"] == settled

    def test_a_reason_not_to_wait_ends_what_is_still_asked(self, bureau: str, market: str, table: type[Row]) -> None:
        file = consulted(bureau, market)
        assert publish(registrar(bureau), read(file, bureau)).status == 200
        assert (waiting(market), due_rows(table)) == ([], [])
        assert answer_to(file, market).json["code"] == "consultation_ended"

    def test_an_edit_ends_the_consultation_and_says_so(self, bureau: str, market: str, table: type[Row]) -> None:
        file = consulted(bureau, market)
        answer_to(file, market)
        now = read(file, bureau)
        url = f"/v1/items/{file['item_id']}"
        edited = put(registrar(bureau), url, item_body(bureau, market, name="另一名称"), now["revision"]).json
        assert edited["consultation"] is None
        assert ItemDrafted.model_validate(unsent_events(table)[-1].data.body).ended_consultation == 1
        assert (waiting(market), due_rows(table)) == ([], [])
        assert publish(registrar(bureau), edited, **UNWAIVED).json["code"] == "consultation_missing"
        assert act(registrar(bureau), edited, "consultation").json["consultation"]["number"] == 2

    @pytest.mark.parametrize(
        "changed",
        [
            {"approval_person": "赵丙", "approval_contact": "0999-5550109", "approval_section": "综合科"},
            {"committed_limit": {"amount": 3}, "statutory_limit": {"amount": 10}},
        ],
    )
    def test_how_the_bureau_works_concerns_the_bureau_alone(
        self, changed: dict[str, Any], bureau: str, market: str
    ) -> None:
        file = a_published_item(bureau, market)
        url = f"/v1/items/{file['item_id']}"
        edited = put(registrar(bureau), url, item_body(bureau, market, **changed), 2).json
        assert publish(registrar(bureau), edited, **UNWAIVED).status == 200

    @pytest.mark.parametrize(
        "changed",
        [
            {"name": "食品经营许可(含网络经营)"},
            {"approval_mode": "informed_commitment"},
            {"push_stages": ["decision"]},
            {"claim": {"mode": "on_push"}},
            {"sharing": {"scope": "government"}},
            {"feedback_limits": [{"kind": "inspection", "limit": {"amount": 10}}]},
        ],
    )
    def test_what_concerns_the_supervisors_is_asked_again(
        self, changed: dict[str, Any], bureau: str, market: str
    ) -> None:
        file = a_published_item(bureau, market)
        url = f"/v1/items/{file['item_id']}"
        edited = put(registrar(bureau), url, item_body(bureau, market, **changed), 2).json
        assert publish(registrar(bureau), edited, **UNWAIVED).json["code"] == "consultation_missing"


def test_every_supervisor_may_object_at_length_round_after_round(bureau: str) -> None:
    """R-REG-4: what one of them says leaves room for all the others to be heard, and for the versions to come."""
    asked = [a_department(name=f"临江市第{number}监管局") for number in range(MOST_SUPERVISORS)]
    file = a_draft(bureau, *asked)
    for ahead in range(1, 4):
        act(registrar(bureau), read(file, bureau), "consultation")
        opened = read(file, bureau)
        for each in asked:
            answer = answer_to(opened, each, answer="objected", reason="异" * LONGEST_REASON)
            assert answer.status == 200, answer.text
        day = to_text(utc_now() + timedelta(days=ahead))
        settled = {"objections_settled": "经联席会议研究确定", "effective_from": day}
        done = publish(registrar(bureau), read(file, bureau), **UNWAIVED, **settled)
        assert done.status == 200, done.text
        body = item_body(bureau, *asked, legal_basis=f"《条例》第{ahead}条")
        edited = put(
            registrar(bureau), f"/v1/items/{file['item_id']}", body, done.json["revision"], key=f"edit-{ahead}"
        )
        assert edited.status == 200, edited.text
    (*_, first) = registrar(bureau).get(f"/v1/items/{file['item_id']}/versions").json["versions"]
    assert [len(each["reason"]) for each in first["answers"]] == [LONGEST_REASON] * MOST_SUPERVISORS


def test_what_was_shared_with_others_alone_is_not_told_by_what_a_draft_changes(bureau: str, market: str) -> None:
    """R-REG-2: who is newly named sees the draft, and nothing of a version that was not for them."""
    health = a_department(name="临江市卫生健康委员会")
    secret = {"scope": "parties", "frequency": "at_once", "confidentiality": "internal"}
    file = a_published_item(bureau, market, sharing=secret, legal_basis="《内部规定》第一条")
    body = item_body(bureau, market, health, sharing=secret, legal_basis="《条例》第二条")
    edited = put(registrar(bureau), f"/v1/items/{file['item_id']}", body, file["revision"])
    act(registrar(bureau), edited.json, "consultation")
    shown = {each: liaison(each).get(f"/v1/consultations?department={each}") for each in (market, health)}
    assert "《内部规定》第一条" in shown[market].text
    assert "《内部规定》第一条" not in shown[health].text
    assert shown[health].json["consultations"][0]["draft"]["legal_basis"] == "《条例》第二条"


def test_the_public_reads_which_department_made_a_version_and_nobodys_answers(bureau: str, market: str) -> None:
    """R-REG-4, R-REG-5: clients and what departments said to one another are not for everybody."""
    file = consulted(bureau, market)
    answer_to(file, market, answer="objected", reason="牵头部门有异议")
    settled = {"objections_settled": "经联席会议研究确定"}
    assert publish(registrar(bureau), read(file, bureau), **UNWAIVED, **settled).status == 200
    code = file["draft"]["code"]
    for url in ("", f"/{code}", f"/{code}/versions", f"/{code}/versions/1", f"/{code}/in-force"):
        answer = anybody().get(f"/v1/public/items{url}")
        assert answer.status == 200, answer.text
        assert "牵头部门有异议" not in answer.text
        assert "cli_" not in answer.text
    assert anybody().get(f"/v1/public/items/{code}").json["department"] == bureau
