"""Feedback threads through the service's own app, on its own store (R-FBK-1, R-FBK-2, R-FBK-10)."""

from typing import Any

import pytest

from services.feedback import logic, wiring
from services.feedback.domain import SOURCE
from services.feedback.domain.threads import MOVES, Move, moved
from services.feedback.events import HANDLERS, consume_events
from services.feedback.schemas import OpenThread
from shared.aws.consumer import take
from shared.aws.table import Row
from shared.contracts.access import RecordRead, RequestRefused
from shared.contracts.cases import CaseAccepted
from shared.contracts.change import Context, Outdated, change
from shared.contracts.event import Event, body_of
from shared.contracts.feedback import FeedbackAcknowledged, FeedbackOpened
from shared.kernel.clock import utc_now
from shared.kernel.errors import Refused
from shared.kernel.permissions import Principal, Role
from tests.support.aws import sqs_batch, unsent_events
from tests.support.feedback_builders import (
    BUREAU,
    CASE,
    HEALTH,
    MARKET,
    SHOP,
    STRANGER,
    case,
    case_decided,
    case_pushed_to,
    decided,
    inspection,
    penalty,
    push_claimed,
    told,
)
from tests.support.gateway import Answer, Gateway

FUTURE = "2999-01-01T00:00:00+08:00"


def inspector(gateway: Gateway, department: str | None = MARKET) -> Gateway:
    return gateway.with_principal(department, Role.INSPECTOR)


def bureau(gateway: Gateway) -> Gateway:
    return gateway.with_principal(BUREAU, Role.APPROVER)


def oversight(gateway: Gateway) -> Gateway:
    return gateway.with_principal(None, Role.OVERSIGHT)


def reported(
    gateway: Gateway, report: dict[str, Any] | None = None, department: str = MARKET, key: str | None = None
) -> Answer:
    body = {"case_id": CASE, "report": report or inspection()}
    return inspector(gateway, department).post("/v1/threads", body, key=key)


def of_type(table: type[Row], wanted: str) -> list[Event]:
    return [event for event in unsent_events(table) if event.type == wanted]


class TestOpening:
    def test_a_department_reports_to_the_bureau_that_approved(self, gateway: Gateway, table: type[Row]) -> None:
        """R-FBK-1."""
        answer = reported(gateway)
        assert answer.status == 201
        thread = answer.json
        assert (thread["from_department"], thread["to_department"]) == (MARKET, BUREAU)
        assert (thread["case_number"], thread["item_name"], thread["state"]) == (
            "SP-2026-000101", "食品经营许可", "open",
        )  # fmt: skip
        assert thread["applicant"]["code"] == SHOP
        (event,) = of_type(table, FeedbackOpened.TYPE)
        assert (event.subject, event.sequence, event.department) == (thread["thread_id"], 1, MARKET)
        assert body_of(event, FeedbackOpened).thread.thread_id == thread["thread_id"]

    def test_a_penalty_is_reported_with_its_kinds_and_amount(self, gateway: Gateway) -> None:
        """R-FBK-2."""
        report = reported(gateway, penalty()).json["report"]
        assert (report["kinds"], report["fine_yuan"]) == (["warning", "fine"], "5000.00")

    def test_attachments_are_kept_by_hash(self, gateway: Gateway) -> None:
        attached = [{"name": "现场检查笔录.pdf", "sha256": "a" * 64, "material_id": None, "location": None}]
        body = {"case_id": CASE, "report": inspection(), "attachments": attached}
        assert inspector(gateway).post("/v1/threads", body).json["attachments"] == attached

    def test_the_same_key_opens_one_thread(self, gateway: Gateway, table: type[Row]) -> None:
        """R-HND-13."""
        first, again = reported(gateway, key="key-1"), reported(gateway, key="key-1")
        assert (again.status, again.text) == (201, first.text)
        assert again.headers["Idempotent-Replayed"] == "true"
        assert len(of_type(table, FeedbackOpened.TYPE)) == 1

    def test_the_same_key_with_another_report_is_refused(self, gateway: Gateway) -> None:
        reported(gateway, key="key-1")
        answer = reported(gateway, penalty(), key="key-1")
        assert (answer.status, answer.json["code"]) == (422, "idempotency_key_reused")

    def test_a_department_the_case_was_not_pushed_to_may_not_report(self, gateway: Gateway, table: type[Row]) -> None:
        for department in (STRANGER, BUREAU):
            answer = reported(gateway, department=department)
            assert (answer.status, answer.json["code"]) == (403, "not_your_department")
        assert of_type(table, FeedbackOpened.TYPE) == []
        assert len(of_type(table, RequestRefused.TYPE)) == 2

    def test_a_client_without_a_department_may_not_report(self, gateway: Gateway) -> None:
        body = {"case_id": CASE, "report": inspection()}
        answer = inspector(gateway, None).post("/v1/threads", body)
        assert (answer.status, answer.json["code"]) == (403, "not_your_department")

    def test_an_unknown_case_is_said_to_be_unknown(self, gateway: Gateway) -> None:
        unknown = "case_01JD0M3Q5V8Z2K7T4B9N6R1X5D"
        answer = inspector(gateway).post("/v1/threads", {"case_id": unknown, "report": inspection()})
        assert (answer.status, answer.json["code"]) == (404, "not_found")
        assert unknown in answer.json["detail"]

    def test_the_bureau_does_not_report_to_itself(self, gateway: Gateway) -> None:
        answer = bureau(gateway).post("/v1/threads", {"case_id": CASE, "report": inspection()})
        assert (answer.status, answer.json["code"]) == (403, "forbidden")

    def test_every_contradiction_of_a_report_is_named_at_once(self, gateway: Gateway, table: type[Row]) -> None:
        wrong = inspection(inspected_at=FUTURE, handling="pass", rectify_by="2026-03-30")
        answer = reported(gateway, wrong)
        assert (answer.status, answer.json["code"]) == (400, "invalid_fields")
        assert {error["pointer"] for error in answer.json["errors"]} == {
            "/report/inspected_at", "/report/handling", "/report/rectify_by",
        }  # fmt: skip
        assert of_type(table, FeedbackOpened.TYPE) == []

    def test_the_documents_examples_work(self, gateway: Gateway) -> None:
        for example in OpenThread.model_json_schema()["examples"]:
            assert inspector(gateway).post("/v1/threads", example).status == 201

    @pytest.mark.parametrize(
        ("body", "pointer"),
        [
            ({"report": inspection()}, "/case_id"),
            ({"case_id": CASE, "report": inspection(), "department": HEALTH}, "/department"),
            ({"case_id": CASE, "report": inspection(result="good")}, "/report/result"),
            ({"case_id": CASE, "report": inspection(findings="长" * 4001)}, "/report/findings"),
            ({"case_id": CASE, "report": inspection(inspected_at="2026-03-20T10:30:00")}, "/report/inspected_at"),
            ({"case_id": CASE, "report": {"kind": "reward"}}, "/report"),
            ({"case_id": CASE, "report": penalty(kinds=[])}, "/report/kinds"),
            ({"case_id": CASE, "report": penalty(fine_yuan="5k")}, "/report/fine_yuan"),
            ({"case_id": 7, "report": inspection()}, "/case_id"),
        ],
    )
    def test_a_badly_formed_report_is_refused_with_its_field(
        self, gateway: Gateway, body: dict[str, Any], pointer: str
    ) -> None:
        answer = inspector(gateway).post("/v1/threads", body)
        assert (answer.status, answer.json["code"]) == (400, "invalid_fields")
        assert [error["pointer"] for error in answer.json["errors"]] == [pointer]


class TestAcknowledging:
    def test_the_bureau_takes_note_with_a_reply(self, gateway: Gateway, table: type[Row]) -> None:
        """R-FBK-10."""
        thread_id = reported(gateway).json["thread_id"]
        answer = bureau(gateway).post(f"/v1/threads/{thread_id}/acknowledge", {"reply": "已记入档案"})
        assert answer.status == 200
        thread = answer.json
        assert (thread["state"], thread["reply"], thread["acknowledged_by"]) == (
            "acknowledged", "已记入档案", "cli_approver_0000",
        )  # fmt: skip
        assert thread["acknowledged_at"] >= thread["opened_at"]
        (opened,), (noted,) = of_type(table, FeedbackOpened.TYPE), of_type(table, FeedbackAcknowledged.TYPE)
        assert (noted.sequence, noted.previous) == (2, opened.hash())

    def test_no_reply_is_needed(self, gateway: Gateway) -> None:
        thread_id = reported(gateway).json["thread_id"]
        answer = bureau(gateway).post(f"/v1/threads/{thread_id}/acknowledge", {})
        assert (answer.status, answer.json["reply"]) == (200, None)

    def test_it_is_acknowledged_once(self, gateway: Gateway, table: type[Row]) -> None:
        url = f"/v1/threads/{reported(gateway).json['thread_id']}/acknowledge"
        first = bureau(gateway).post(url, {}, key="key-1")
        again = bureau(gateway).post(url, {}, key="key-1")
        other = bureau(gateway).post(url, {}, key="key-2")
        assert again.text == first.text
        assert (other.status, other.json["code"]) == (409, "wrong_state")
        assert len(of_type(table, FeedbackAcknowledged.TYPE)) == 1

    def test_another_bureau_may_not_acknowledge(self, gateway: Gateway) -> None:
        thread_id = reported(gateway).json["thread_id"]
        other = gateway.with_principal(STRANGER, Role.APPROVER)
        answer = other.post(f"/v1/threads/{thread_id}/acknowledge", {})
        assert (answer.status, answer.json["code"]) == (403, "not_your_department")

    def test_the_department_that_opened_it_may_not_acknowledge(self, gateway: Gateway) -> None:
        thread_id = reported(gateway).json["thread_id"]
        answer = inspector(gateway).post(f"/v1/threads/{thread_id}/acknowledge", {})
        assert (answer.status, answer.json["code"]) == (403, "forbidden")

    def test_an_unknown_thread_is_said_to_be_unknown(self, gateway: Gateway) -> None:
        answer = bureau(gateway).post("/v1/threads/thread_unknown0000/acknowledge", {})
        assert (answer.status, answer.json["code"]) == (404, "not_found")

    def test_a_change_made_meanwhile_is_not_overwritten(self, gateway: Gateway) -> None:
        thread_id = reported(gateway).json["thread_id"]
        stored = wiring.store().thread(thread_id)
        assert stored
        context = Context(Principal("cli_approver_0001", BUREAU, frozenset({Role.APPROVER})), utc_now(), "correlation")
        late = change(SOURCE, thread_id, stored.head, stored.state, [], context)
        logic.acknowledge(wiring.store(), context, thread_id, None)
        with pytest.raises(Outdated):
            wiring.store().save(late)

    def test_the_table_of_moves_leads_from_open_to_acknowledged_and_ends(self) -> None:
        assert moved("open", Move.ACKNOWLEDGE) == "acknowledged"
        assert set(MOVES) == {"open", "acknowledged"}
        with pytest.raises(Refused, match="acknowledged"):
            moved("acknowledged", Move.ACKNOWLEDGE)


class TestReading:
    def test_both_departments_and_oversight_read_a_thread_and_the_read_is_recorded(
        self, gateway: Gateway, table: type[Row]
    ) -> None:
        """R-AUD-1."""
        thread = reported(gateway).json
        for reader in (inspector(gateway), bureau(gateway), oversight(gateway)):
            assert reader.get(f"/v1/threads/{thread['thread_id']}").json == thread
        reads = [body_of(event, RecordRead) for event in of_type(table, RecordRead.TYPE)]
        assert [read.target for read in reads] == [thread["thread_id"]] * 3

    def test_nobody_else_reads_it(self, gateway: Gateway) -> None:
        thread_id = reported(gateway).json["thread_id"]
        for department in (HEALTH, STRANGER, None):
            answer = inspector(gateway, department).get(f"/v1/threads/{thread_id}")
            assert (answer.status, answer.json["code"]) == (403, "not_your_department")
        answer = gateway.with_principal(None, Role.SYSTEM_ADMIN).get(f"/v1/threads/{thread_id}")
        assert (answer.status, answer.json["code"]) == (403, "forbidden")

    def test_the_inbox_lists_what_is_open_newest_first_page_by_page(self, gateway: Gateway) -> None:
        opened = [reported(gateway).json["thread_id"] for _ in range(3)]
        first = bureau(gateway).get("/v1/inbox?limit=2").json
        rest = bureau(gateway).get(f"/v1/inbox?limit=2&cursor={first['next']}").json
        listed = [thread["thread_id"] for thread in first["threads"] + rest["threads"]]
        assert listed == sorted(listed, reverse=True)
        assert set(listed) == set(opened)
        assert rest["next"] is None

    def test_an_acknowledged_thread_moves_to_the_other_list(self, gateway: Gateway) -> None:
        kept, done = (reported(gateway).json["thread_id"] for _ in range(2))
        bureau(gateway).post(f"/v1/threads/{done}/acknowledge", {})
        still = bureau(gateway).get("/v1/inbox?state=open").json["threads"]
        noted = bureau(gateway).get("/v1/inbox?state=acknowledged").json["threads"]
        assert [thread["thread_id"] for thread in still] == [kept]
        assert [(thread["thread_id"], thread["state"]) for thread in noted] == [(done, "acknowledged")]

    def test_an_inbox_holds_only_what_is_addressed_to_the_department(self, gateway: Gateway) -> None:
        reported(gateway)
        assert inspector(gateway).get("/v1/inbox").json == {"threads": [], "next": None}
        answer = oversight(gateway).get("/v1/inbox")
        assert (answer.status, answer.json["code"]) == (403, "not_your_department")

    def test_a_cursor_of_another_department_is_refused(self, gateway: Gateway) -> None:
        for _ in range(2):
            reported(gateway)
        cursor = bureau(gateway).get("/v1/inbox?limit=1").json["next"]
        answer = inspector(gateway).get(f"/v1/inbox?limit=1&cursor={cursor}")
        assert (answer.status, answer.json["code"]) == (400, "cursor_invalid")

    def test_a_wrong_query_is_refused(self, gateway: Gateway) -> None:
        for name, value in (
            ("limit", "0"), ("limit", "201"), ("limit", "many"), ("state", "closed"), ("sort", "oldest"),
        ):  # fmt: skip
            answer = bureau(gateway).get(f"/v1/inbox?{name}={value}")
            assert (answer.status, answer.json["code"]) == (400, "invalid_fields")
            assert [error["pointer"] for error in answer.json["errors"]] == [f"query:{name}"]

    def test_a_case_shows_its_bureau_everything_and_each_department_its_own(self, gateway: Gateway) -> None:
        market = reported(gateway).json["thread_id"]
        health = reported(gateway, department=HEALTH).json["thread_id"]
        seen = {
            reader: {thread["thread_id"] for thread in asking.get(f"/v1/cases/{CASE}/threads").json["threads"]}
            for reader, asking in {
                "bureau": bureau(gateway),
                "oversight": oversight(gateway),
                "market": inspector(gateway),
                "health": inspector(gateway, HEALTH),
            }.items()
        }
        both = {market, health}
        assert seen == {"bureau": both, "oversight": both, "market": {market}, "health": {health}}

    def test_a_case_is_closed_to_departments_it_does_not_concern(self, gateway: Gateway) -> None:
        answer = inspector(gateway, STRANGER).get(f"/v1/cases/{CASE}/threads")
        assert (answer.status, answer.json["code"]) == (403, "not_your_department")
        answer = oversight(gateway).get("/v1/cases/case_unknown00000/threads")
        assert (answer.status, answer.json["code"]) == (404, "not_found")


class TestLearning:
    def test_a_claim_is_as_good_as_its_delivery(self, table: type[Row]) -> None:
        """Queues keep no order: the claim may arrive first."""
        take(push_claimed(STRANGER), HANDLERS, "feedback", utc_now)
        assert wiring.store().was_pushed(CASE, STRANGER)
        assert unsent_events(table) == []

    def test_an_older_snapshot_does_not_replace_a_newer_one(self, table: type[Row]) -> None:
        old, new = told(CaseAccepted(case=case()), CaseAccepted(case=case(item_name="食品经营许可(新版)")))
        for event in (new, old, old):
            take(event, HANDLERS, "feedback", utc_now)
        known = wiring.store().case(CASE)
        assert known
        assert known.item_name == "食品经营许可(新版)"
        assert table.count(f"once#event#{old.id}") == 1

    @pytest.mark.usefixtures("table")
    def test_a_case_known_only_by_its_decision_is_known(self) -> None:
        """R-HND-2."""
        take(case_decided(), HANDLERS, "feedback", utc_now)
        known = wiring.store().case(CASE)
        assert known
        assert known.bureau == BUREAU

    @pytest.mark.usefixtures("table")
    def test_an_unroutable_case_is_known_by_its_items_code(self) -> None:
        """R-HND-15."""
        take(case_decided(decided(item_name=None)), HANDLERS, "feedback", utc_now)
        known = wiring.store().case(CASE)
        assert known
        assert known.item_name == "000131001000"

    @pytest.mark.usefixtures("table")
    def test_a_poison_message_fails_alone(self) -> None:
        answer = consume_events(sqs_batch("{", *case_pushed_to(MARKET)), None)
        assert answer == {"batchItemFailures": [{"itemIdentifier": "message-0"}]}
        assert wiring.store().was_pushed(CASE, MARKET)

    @pytest.mark.usefixtures("table")
    def test_only_a_consumed_event_is_kept(self) -> None:
        nobody = Context(Principal("cli_approver_0000", BUREAU, frozenset()), utc_now(), "correlation")
        with pytest.raises(ValueError, match="once per event"):
            logic.know_case(wiring.store(), case(), 1, nobody)
