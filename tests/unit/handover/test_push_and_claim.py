"""Push and claim through the service's own app, on its own store (R-HND-1 to R-HND-7, R-HND-13, R-HND-15)."""

from collections.abc import Sequence
from datetime import datetime

import pytest

from services.handover import wiring
from services.handover.events import ELAPSES
from shared.aws.due import elapse
from shared.aws.table import Row
from shared.contracts.change import Context, Once
from shared.contracts.event import Event, PastEvent
from shared.contracts.items import ClaimRule, Item
from shared.contracts.vocabulary import ClaimMode, ItemStanding, OnOverdue, Stage, SupervisorPart, TimeLimit
from shared.kernel.clock import BEIJING, from_text, utc_now
from shared.kernel.codes import citizen_check_character
from shared.kernel.ids import new_id
from shared.kernel.permissions import ANONYMOUS, Role
from tests.support.acts import all_rows
from tests.support.aws import unsent_events
from tests.support.gateway import Answer, Gateway
from tests.support.handover_builders import (
    BUREAU,
    HEALTH,
    ITEM_CODE,
    MARKET,
    STRANGER,
    acceptance,
    decision,
    department,
    item,
    supervisor,
)

CITIZEN = (_body := "99010119900307000") + citizen_check_character(_body)
"""An invented citizen: there is no division 990101."""


def _sort_key(row: Row) -> str:
    return row.sk


def know(given: Item) -> None:
    context = Context(ANONYMOUS, utc_now(), "correlation", Once(f"event#{new_id('evt')}", "0"))
    wiring.directory().keep_item(given, context)


def lapse_at(now: datetime) -> None:
    elapse(wiring.deadlines(), ELAPSES, lambda: Context(ANONYMOUS, now, "schedule"))


def bureau(gateway: Gateway) -> Gateway:
    return gateway.with_principal(BUREAU, Role.APPROVER, Role.REGISTRAR)


def liaison(gateway: Gateway, department: str = MARKET, name: str = "cli_liaison_000001") -> Gateway:
    return gateway.with_principal(department, Role.LIAISON, client_id=name)


def accepted(gateway: Gateway, **changed: object) -> Answer:
    return bureau(gateway).post("/v1/acceptances", acceptance(**changed))


@pytest.mark.usefixtures("table")
class TestAcceptance:
    def test_an_accepted_case_is_pushed_to_every_department_its_item_names(self, gateway: Gateway) -> None:
        """R-HND-1, R-HND-8, R-REG-1."""
        know(item(supervisors=(supervisor(), supervisor(HEALTH, SupervisorPart.ASSISTING))))
        receipt = accepted(gateway)
        assert receipt.status == 201
        assert [push["department"] for push in receipt.json["pushes"]] == [MARKET, HEALTH]
        assert receipt.json["item_version"] == 1
        inbox = liaison(gateway, HEALTH).get("/v1/inbox").json
        assert [push["state"] for push in inbox["pushes"]] == ["delivered"]

    def test_a_stage_the_item_does_not_push_reaches_nobody_and_is_still_recorded(self, gateway: Gateway) -> None:
        """R-REG-2: which stages push."""
        know(item(push_stages=(Stage.DECISION,)))
        receipt = accepted(gateway)
        assert (receipt.status, receipt.json["pushes"], receipt.json["unrouted"]) == (201, [], [])

    def test_the_same_case_number_with_the_same_content_gets_the_first_answer_again(
        self, gateway: Gateway, table: type[Row]
    ) -> None:
        """R-HND-13."""
        know(item())
        first = accepted(gateway)
        events = len(unsent_events(table))
        again = accepted(gateway)
        assert again.status == 201
        assert again.json == first.json
        assert len(unsent_events(table)) == events

    def test_the_same_case_number_with_other_content_is_a_conflict_that_names_the_difference(
        self, gateway: Gateway
    ) -> None:
        """R-HND-13."""
        know(item())
        accepted(gateway)
        conflict = accepted(gateway, promises=["按期提交材料"], approval_mode="informed_commitment")
        assert (conflict.status, conflict.json["code"]) == (409, "case_conflict")
        assert "approval_mode, promises" in conflict.json["detail_en"]

    def test_a_case_that_cannot_be_routed_is_kept_for_the_coordinator(self, gateway: Gateway) -> None:
        """R-HND-15: never rejected into the void nor dropped."""
        receipt = accepted(gateway)
        assert receipt.status == 201
        waiting = bureau(gateway).get("/v1/unrouted").json["unrouted"]
        assert [each["reason"] for each in waiting] == ["no_published_item"]
        assert waiting[0]["case_id"] == receipt.json["case_id"]

    @pytest.mark.parametrize(
        ("standing", "reason"),
        [(ItemStanding.SUSPENDED, "item_suspended"), (ItemStanding.RETIRED, "item_retired")],
    )
    def test_a_case_of_an_item_no_longer_in_use_waits_for_a_person_who_is_told_why(
        self, standing: ItemStanding, reason: str, gateway: Gateway
    ) -> None:
        """R-HND-15, R-REG-4: the version in force at the instant decides, whichever was heard of first."""
        know(item(version=2, standing=standing))
        know(item())
        receipt = accepted(gateway).json
        assert (receipt["pushes"], receipt["item_version"]) == ([], 2)
        assert [each["reason"] for each in receipt["unrouted"]] == [reason]
        assert bureau(gateway).get(f"/v1/routes/{ITEM_CODE}").json["standing"] == standing

    def test_a_reinstated_item_reaches_its_departments_again(self, gateway: Gateway) -> None:
        """R-REG-4."""
        know(item(version=2, standing=ItemStanding.SUSPENDED))
        know(item(version=3))
        assert [push["department"] for push in accepted(gateway).json["pushes"]] == [MARKET]

    def test_a_department_without_an_active_liaison_waits_for_a_person_and_the_others_are_reached(
        self, gateway: Gateway
    ) -> None:
        """R-HND-15, R-ORG-2."""
        know(item(supervisors=(supervisor(), supervisor(HEALTH, SupervisorPart.ASSISTING))))
        context = Context(ANONYMOUS, utc_now(), "correlation", Once("event#evt_1", "0"))
        wiring.directory().keep_department(department(HEALTH, active=False), context)
        receipt = accepted(gateway).json
        assert [push["department"] for push in receipt["pushes"]] == [MARKET]
        assert [each["reason"] for each in receipt["unrouted"]] == [f"department_without_liaison: {HEALTH}"]

    def test_oversight_sees_any_bureaus_queue_and_a_bureau_its_own(self, gateway: Gateway) -> None:
        """R-HND-15."""
        accepted(gateway)
        oversight = gateway.with_principal("dept_01OVERSIGHT00000000000000000", Role.OVERSIGHT)
        assert len(oversight.get(f"/v1/unrouted?bureau={BUREAU}").json["unrouted"]) == 1
        stranger = gateway.with_principal(STRANGER, Role.REGISTRAR)
        assert stranger.get(f"/v1/unrouted?bureau={BUREAU}").json["code"] == "not_your_department"

    def test_another_bureaus_item_reaches_nobody_and_waits_for_a_person(self, gateway: Gateway) -> None:
        """R-HND-15: nobody pushes in another bureau's name."""
        know(item())
        stranger = gateway.with_principal(STRANGER, Role.APPROVER)
        receipt = stranger.post("/v1/acceptances", acceptance()).json
        assert receipt["pushes"] == []
        assert [each["reason"] for each in receipt["unrouted"]] == ["item_of_another_bureau"]

    def test_a_number_is_one_however_it_was_typed(self, gateway: Gateway) -> None:
        """R-HND-13."""
        know(item())
        accepted(gateway)
        again = accepted(gateway, case_number="ＳＰ-2026-000101", promises=["另作承诺"])
        assert again.json["code"] == "case_conflict"

    def test_what_is_left_out_and_what_is_given_its_default_are_the_same(self, gateway: Gateway) -> None:
        """R-HND-13."""
        know(item())
        first = accepted(gateway)
        again = accepted(gateway, promises=[], approval_mode="ordinary")
        assert again.json == first.json

    def test_a_version_not_yet_in_force_does_not_route(self, gateway: Gateway) -> None:
        """R-REG-4: a push records the version that applied at its instant."""
        know(item())
        know(item(version=2, effective_from=from_text("2999-01-01T00:00:00Z")))
        assert accepted(gateway).json["item_version"] == 1

    def test_every_bad_field_is_named_at_once_and_nothing_is_changed(self, gateway: Gateway, table: type[Row]) -> None:
        bad = acceptance(
            applicant={"name": "", "kind": "person", "code": "110101199003070000"},
            accepted_at="2026-03-02",
            colour="red",
        )
        refused = bureau(gateway).post("/v1/acceptances", bad)
        assert (refused.status, refused.json["code"]) == (400, "invalid_fields")
        pointers = {fault["pointer"] for fault in refused.json["errors"]}
        assert {"/applicant/name", "/accepted_at", "/colour"} <= pointers
        assert [event.type for event in unsent_events(table)] == ["request.refused.v1"]

    def test_a_persons_id_must_come_masked(self, gateway: Gateway) -> None:
        """R-CRD-1."""
        person = {"name": "某人", "kind": "person", "code": "110101199003070000"}
        refused = accepted(gateway, applicant=person)
        assert [fault["pointer"] for fault in refused.json["errors"]] == ["/applicant/code"]

    @pytest.mark.parametrize(
        ("kind", "code"),
        [
            ("organisation", CITIZEN),
            ("person", f"{CITIZEN[:17]}*"),
            ("person", f"*{CITIZEN[1:]}"),
            ("person", f"{CITIZEN[:6]}****{CITIZEN[10:]}"),
            ("person", "E1234567*"),
        ],
    )
    def test_a_persons_id_is_not_let_in_by_another_name_or_half_masked(
        self, gateway: Gateway, table: type[Row], kind: str, code: str
    ) -> None:
        """R-CRD-1: what enters here travels to three other services and is kept."""
        refused = accepted(gateway, applicant={"name": "某人", "kind": kind, "code": code})
        assert [fault["pointer"] for fault in refused.json["errors"]] == ["/applicant/code"]
        assert not [row for row in all_rows(table) if code in str(row)]

    @pytest.mark.parametrize("code", ["990101********0019", "990***********0019", "E12******"])
    def test_a_masked_id_of_a_person_is_taken(self, gateway: Gateway, code: str) -> None:
        """R-HND-1."""
        assert accepted(gateway, applicant={"name": "某人", "kind": "person", "code": code}).status == 201

    def test_a_bureau_can_look_where_a_push_would_go(self, gateway: Gateway) -> None:
        """R-REG-1."""
        assert bureau(gateway).get(f"/v1/routes/{ITEM_CODE}").status == 404
        know(item())
        route = bureau(gateway).get(f"/v1/routes/{ITEM_CODE}").json
        assert [each["department"] for each in route["supervisors"]] == [MARKET]


@pytest.mark.usefixtures("table")
class TestDecision:
    def test_a_decision_pushes_its_result_in_the_same_act(self, gateway: Gateway) -> None:
        """R-HND-2."""
        know(item())
        case_id = accepted(gateway).json["case_id"]
        receipt = bureau(gateway).post("/v1/decisions", decision())
        assert receipt.status == 201
        assert receipt.json["case_id"] == case_id
        assert [push["stage"] for push in receipt.json["pushes"]] == ["decision"]

    def test_a_decision_on_a_case_never_accepted_needs_its_item_and_applicant(self, gateway: Gateway) -> None:
        """R-HND-2."""
        know(item())
        refused = bureau(gateway).post("/v1/decisions", decision())
        assert [fault["pointer"] for fault in refused.json["errors"]] == ["/item_code", "/applicant"]
        whole = decision(item_code=ITEM_CODE, applicant=acceptance()["applicant"])
        assert bureau(gateway).post("/v1/decisions", whole).status == 201

    def test_a_second_decision_with_different_content_is_refused(self, gateway: Gateway) -> None:
        """R-HND-2."""
        know(item())
        accepted(gateway)
        bureau(gateway).post("/v1/decisions", decision())
        other = decision()
        other["decision"] = {**other["decision"], "document_number": "示审批〔2026〕102号"}
        refused = bureau(gateway).post("/v1/decisions", other)
        assert (refused.status, refused.json["code"]) == (409, "case_conflict")

    def test_nothing_is_pushed_before_it_was_done_nor_decided_before_it_was_accepted(self, gateway: Gateway) -> None:
        """R-HND-1, R-HND-2."""
        know(item())
        assert accepted(gateway, accepted_at="2999-01-01T00:00:00+08:00").json["errors"][0]["code"] == "in_future"
        accepted(gateway)
        for decided_at, code in (("2999-01-01T00:00:00Z", "in_future"), ("2026-01-01T00:00:00Z", "before_acceptance")):
            other = decision()
            other["decision"] = {**other["decision"], "decided_at": decided_at}
            refused = bureau(gateway).post("/v1/decisions", other)
            assert [(each["pointer"], each["code"]) for each in refused.json["errors"]] == [
                ("/decision/decided_at", code)
            ]

    def test_a_decision_about_another_item_or_applicant_is_a_conflict(self, gateway: Gateway) -> None:
        """R-HND-13: the difference is named."""
        know(item())
        accepted(gateway)
        other = decision(item_code="another", applicant={**acceptance()["applicant"], "name": "另一家面馆"})
        refused = bureau(gateway).post("/v1/decisions", other)
        assert (refused.status, refused.json["code"]) == (409, "case_conflict")
        assert "applicant, item_code" in refused.json["detail_en"]

    def test_an_acceptance_that_comes_after_its_decision_leaves_the_decision_alone(self, gateway: Gateway) -> None:
        """R-HND-2."""
        know(item())
        whole = decision(item_code=ITEM_CODE, applicant=acceptance()["applicant"])
        case_id = bureau(gateway).post("/v1/decisions", whole).json["case_id"]
        assert accepted(gateway).status == 201
        case = bureau(gateway).get(f"/v1/cases/{case_id}").json["case"]
        assert case["decision"]["result"] == "granted"
        assert case["accepted_at"] is not None
        assert bureau(gateway).post("/v1/decisions", whole).status == 201


@pytest.mark.usefixtures("table")
class TestClaim:
    def test_a_claim_passes_responsibility_and_the_second_is_told_who_and_when(self, gateway: Gateway) -> None:
        """R-HND-6."""
        know(item())
        push_id = accepted(gateway).json["pushes"][0]["push_id"]
        won = liaison(gateway).post(f"/v1/pushes/{push_id}/claim", None)
        lost = liaison(gateway, name="cli_liaison_000002").post(f"/v1/pushes/{push_id}/claim", None)
        assert (won.status, won.json["state"]) == (200, "claimed")
        assert (lost.status, lost.json["code"]) == (409, "already_claimed")
        assert "cli_liaison_000001" in lost.json["detail_en"]
        when = from_text(won.json["claimed_at"]).astimezone(BEIJING).isoformat(timespec="milliseconds")
        assert when in lost.json["detail_en"]

    def test_the_same_key_again_gets_the_same_answer(self, gateway: Gateway) -> None:
        """R-HND-13."""
        know(item())
        push_id = accepted(gateway).json["pushes"][0]["push_id"]
        first = liaison(gateway).post(f"/v1/pushes/{push_id}/claim", None, key="once")
        again = liaison(gateway).post(f"/v1/pushes/{push_id}/claim", None, key="once")
        assert again.json == first.json
        assert again.headers["Idempotent-Replayed"] == "true"

    def test_a_claim_takes_no_content(self, gateway: Gateway) -> None:
        """Unknown fields are refused, also where none is known."""
        know(item())
        push_id = accepted(gateway).json["pushes"][0]["push_id"]
        refused = liaison(gateway).post(f"/v1/pushes/{push_id}/claim", {"note": "ours"})
        assert (refused.status, refused.json["errors"][0]["pointer"]) == (400, "/note")
        assert liaison(gateway).post(f"/v1/pushes/{push_id}/claim", {}).status == 200

    def test_another_department_may_neither_see_nor_claim_it(self, gateway: Gateway, table: type[Row]) -> None:
        know(item())
        push_id = accepted(gateway).json["pushes"][0]["push_id"]
        stranger = liaison(gateway, STRANGER)
        assert stranger.post(f"/v1/pushes/{push_id}/claim", None).json["code"] == "not_your_department"
        assert stranger.get(f"/v1/pushes/{push_id}").status == 403
        refusals = [event for event in unsent_events(table) if event.type == "request.refused.v1"]
        assert [event.data.body["code"] for event in refusals] == ["not_your_department"] * 2

    def test_opening_a_push_is_recorded_the_first_time_only(self, gateway: Gateway, table: type[Row]) -> None:
        """R-HND-4; each reading of personal data is an event (R-AUD-1)."""
        know(item())
        push_id = accepted(gateway).json["pushes"][0]["push_id"]
        for _ in range(2):
            seen = liaison(gateway).get(f"/v1/pushes/{push_id}")
            assert seen.json["push"]["state"] == "viewed"
        types = [event.type for event in unsent_events(table)]
        assert types.count("push.viewed.v1") == 1
        assert types.count("record.read.v1") == 2

    def test_where_delivery_is_the_claim_nothing_is_left_to_claim(self, gateway: Gateway) -> None:
        """R-HND-5 on_push (Y 4: 推送即认领)."""
        know(item(claim=ClaimRule(mode=ClaimMode.ON_PUSH)))
        push = accepted(gateway).json["pushes"][0]
        assert (push["state"], push["claimed_by"]) == ("claimed", "system:on_push")
        refused = liaison(gateway).post(f"/v1/pushes/{push['push_id']}/claim", None)
        assert refused.json["code"] == "already_claimed"
        assert "系统(推送即认领)" in refused.json["detail_zh"]
        assert "by system:on_push" in refused.json["detail_en"]

    @pytest.mark.parametrize(
        ("on_overdue", "state"),
        [(OnOverdue.ESCALATE, "overdue_unclaimed"), (OnOverdue.DEEMED_CLAIMED, "claimed")],
    )
    def test_past_its_limit_a_push_becomes_what_its_item_says(
        self, gateway: Gateway, on_overdue: OnOverdue, state: str
    ) -> None:
        """R-HND-5: deemed claimed, or visibly overdue (R-HND-4)."""
        know(item(claim=ClaimRule(limit=TimeLimit(amount=1, unit="minute"), on_overdue=on_overdue)))
        push = accepted(gateway).json["pushes"][0]
        due = from_text(push["claim_due_at"])
        lapse_at(due)
        file = wiring.cases().case(push["case_id"])
        assert file is not None
        assert [each.state for each in file.state.pushes] == [state]
        assert list(wiring.deadlines().due(due)) == []

    def test_a_push_nobody_can_read_any_more_holds_up_no_other(self, gateway: Gateway, table: type[Row]) -> None:
        """R-HND-5, R-HND-15: one damaged row, one damaged case; every other push past its limit still lapses."""
        know(item(claim=ClaimRule(limit=TimeLimit(amount=1, unit="minute"))))
        pushes = [accepted(gateway, case_number=f"SP-{number}").json["pushes"][0] for number in range(12)]
        for number, sort_key in ((0, f"head#pushes#{pushes[0]['push_id']}"), (1, "head")):
            row = table.get(pushes[number]["case_id"], sort_key)
            row.update(actions=[table.body.set("{}")])
        lapse_at(from_text(pushes[-1]["claim_due_at"]))
        whole = [wiring.cases().case(each["case_id"]) for each in pushes[2:]]
        states = {push.state.value for file in whole if file for push in file.state.pushes}
        assert states == {"overdue_unclaimed"}

    def test_a_claim_after_the_limit_is_visibly_late(self, gateway: Gateway) -> None:
        """R-HND-4: claimed-late is a state, not a guess."""
        know(item(claim=ClaimRule(limit=TimeLimit(amount=1, unit="minute"))))
        push = accepted(gateway).json["pushes"][0]
        due = from_text(push["claim_due_at"])
        lapse_at(due)
        claimed = liaison(gateway).post(f"/v1/pushes/{push['push_id']}/claim", None)
        assert claimed.json["state"] == "claimed_late"


@pytest.mark.usefixtures("table")
class TestReading:
    def test_responsibility_passes_at_delivery_and_at_the_claim_to_the_second(self, gateway: Gateway) -> None:
        """R-HND-7."""
        know(item())
        case_id = accepted(gateway).json["case_id"]
        result = bureau(gateway).post("/v1/decisions", decision()).json["pushes"][0]
        claimed = liaison(gateway).post(f"/v1/pushes/{result['push_id']}/claim", None).json
        url = f"/v1/cases/{case_id}/responsibility"
        story = bureau(gateway).get(url).json["story"]
        assert [(each["phase"], each["answerable"]) for each in story] == [
            ("approving", BUREAU),
            ("receiving", MARKET),
            ("supervising", MARKET),
        ]
        assert story[1]["since"] == result["delivered_at"]
        assert story[2]["since"] == claimed["claimed_at"]
        at = f"{url}?at={result['delivered_at']}&department={MARKET}"
        assert [each["phase"] for each in bureau(gateway).get(at).json["now"]] == ["receiving"]

    def test_nobody_can_say_who_will_be_answerable(self, gateway: Gateway) -> None:
        """R-HND-7: the future is not on record."""
        case_id = accepted(gateway).json["case_id"]
        refused = bureau(gateway).get(f"/v1/cases/{case_id}/responsibility?at=2999-01-01T00:00:00Z")
        assert (refused.status, refused.json["errors"][0]["pointer"]) == (400, "query:at")

    def test_a_case_that_reached_nobody_is_still_its_bureaus(self, gateway: Gateway) -> None:
        """R-HND-7: for any case somebody is answerable."""
        case_id = accepted(gateway).json["case_id"]
        now = bureau(gateway).get(f"/v1/cases/{case_id}/responsibility").json["now"]
        assert [(each["phase"], each["answerable"]) for each in now] == [("approving", BUREAU)]

    def test_a_claim_while_the_timeline_is_read_is_not_told_as_damage(
        self, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """R-AUD-4: head and events are two reads, and somebody may write between them."""
        know(item())
        push = accepted(gateway).json["pushes"][0]
        store = wiring.cases()
        read_past = store.past

        def past_after_a_claim(case_id: str) -> Sequence[PastEvent]:
            monkeypatch.setattr(store, "past", read_past)
            liaison(gateway).post(f"/v1/pushes/{push['push_id']}/claim", None)
            return read_past(case_id)

        monkeypatch.setattr(store, "past", past_after_a_claim)
        timeline = bureau(gateway).get(f"/v1/cases/{push['case_id']}/timeline").json
        assert (timeline["intact"], timeline["findings"]) == (True, [])
        assert timeline["entries"][-1]["envelope"]["type"] == "push.claimed.v1"

    def test_an_event_beyond_the_head_is_told_as_damage(self, gateway: Gateway, table: type[Row]) -> None:
        """R-AUD-4."""
        know(item())
        case_id = accepted(gateway).json["case_id"]
        last = max((row for row in table.scan() if row.pk == case_id and row.sk.startswith("event#")), key=_sort_key)
        forged = Event.model_validate_json(last.body or "").model_copy(update={"sequence": 3})
        table(pk=case_id, sk="event#0000000003", body=forged.model_dump_json()).save()
        assert bureau(gateway).get(f"/v1/cases/{case_id}/timeline").json["intact"] is False

    def test_the_timeline_is_an_intact_chain_with_everything_needed_to_check_it(self, gateway: Gateway) -> None:
        """R-AUD-2."""
        know(item())
        case_id = accepted(gateway).json["case_id"]
        timeline = bureau(gateway).get(f"/v1/cases/{case_id}/timeline").json
        assert timeline["intact"] is True
        assert [entry["envelope"]["type"] for entry in timeline["entries"]] == [
            "case.accepted.v1",
            "push.delivered.v1",
        ]

    def test_a_stranger_may_not_read_a_case_and_oversight_may(self, gateway: Gateway) -> None:
        know(item())
        case_id = accepted(gateway).json["case_id"]
        assert liaison(gateway, STRANGER).get(f"/v1/cases/{case_id}").status == 403
        assert gateway.with_principal(None, Role.OVERSIGHT).get(f"/v1/cases/{case_id}").status == 200

    def test_an_inbox_is_paged_and_a_cursor_fits_only_its_own_list(self, gateway: Gateway) -> None:
        """R-HND-16."""
        know(item())
        for number in range(3):
            accepted(gateway, case_number=f"SP-2026-{number}")
        first = liaison(gateway).get("/v1/inbox?limit=2").json
        rest = liaison(gateway).get(f"/v1/inbox?limit=2&cursor={first['next']}").json
        assert [len(first["pushes"]), len(rest["pushes"]), rest["next"]] == [2, 1, None]
        other = liaison(gateway, HEALTH).get(f"/v1/inbox?cursor={first['next']}")
        assert (other.status, other.json["code"]) == (400, "cursor_invalid")
