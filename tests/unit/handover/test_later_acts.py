"""What is done to a licence after it was granted, through the service's own app (R-HND-3, R-HND-13)."""

from collections.abc import Mapping
from typing import Any

import pytest

from services.handover import wiring
from services.handover.domain.licences import ACT_FIELDS, LEADS_TO, LEGAL_ACTS, STAGE_WORDS, STANDING_WORDS
from shared.aws.table import Row
from shared.contracts.cases import LATER_ACTS
from shared.contracts.change import Context, Once
from shared.contracts.items import Item
from shared.contracts.vocabulary import ItemStanding, LicenceStanding, PushStage, Stage, SupervisorPart
from shared.kernel.clock import utc_now
from shared.kernel.ids import new_id
from shared.kernel.permissions import ANONYMOUS, Role
from tests.support.aws import unsent_events
from tests.support.gateway import Answer, Gateway
from tests.support.handover_builders import (
    BUREAU,
    HEALTH,
    ITEM_CODE,
    MARKET,
    acceptance,
    decision,
    item,
    later_act,
    supervisor,
)

WHY = {"reason": "申请材料虚假", "legal_basis": "《中华人民共和国行政许可法》第六十九条"}
ENOUGH: Mapping[str, dict[str, Any]] = {
    "amendment": {"conditions": "仅限冷食类"},
    "renewal": {"valid_until": "2036-03-05"},
    "suspension": {**WHY, "valid_until": "2026-04-20"},
    "rescission": WHY,
    "withdrawal": WHY,
    "cancellation": WHY,
}
"""What suffices for each act."""

EVENTS = {
    "amendment": "case.amended.v1",
    "renewal": "case.renewed.v1",
    "suspension": "licence.suspended.v1",
    "rescission": "licence.rescinded.v1",
    "withdrawal": "licence.withdrawn.v1",
    "cancellation": "licence.cancelled.v1",
}
BEFORE_THE_LINKAGE = {key: acceptance()[key] for key in ("item_code", "applicant")}


def know(given: Item) -> None:
    context = Context(ANONYMOUS, utc_now(), "correlation", Once(f"event#{new_id('evt')}", "0"))
    wiring.directory().keep_item(given, context)


def bureau(gateway: Gateway) -> Gateway:
    return gateway.with_principal(BUREAU, Role.APPROVER)


def done(gateway: Gateway, stage: str, day: int = 20, *, key: str | None = None, **changed: Any) -> Answer:
    """An act of that kind on a day of March 2026, under a document of its own."""
    act = {
        "stage": stage,
        "document_number": f"示审批〔2026〕{stage}{day}号",
        "done_at": f"2026-03-{day:02d}T10:00:00+08:00",
        **ENOUGH[stage],
        **changed.pop("act", {}),
    }
    return bureau(gateway).post("/v1/later-acts", later_act(act=act, **changed), key=key)


def granted(gateway: Gateway) -> str:
    """A case accepted and granted; its id."""
    know(item())
    bureau(gateway).post("/v1/acceptances", acceptance())
    return str(bureau(gateway).post("/v1/decisions", decision()).json["case_id"])


def licence(gateway: Gateway, case_id: str) -> dict[str, Any]:
    return dict(bureau(gateway).get(f"/v1/cases/{case_id}").json["licence"])


def faulty(answer: Answer) -> set[str]:
    assert (answer.status, answer.json["code"]) == (400, "invalid_fields"), answer.text
    return {each["pointer"] for each in answer.json["errors"]}


@pytest.mark.usefixtures("table")
class TestEachAct:
    @pytest.mark.parametrize("stage", list(LATER_ACTS))
    def test_each_act_is_told_by_an_event_of_its_own_and_pushed_where_decisions_are(
        self, stage: Stage, gateway: Gateway, table: type[Row]
    ) -> None:
        """R-HND-3: different legal acts, never merged."""
        granted(gateway)
        answer = done(gateway, stage)
        assert answer.status == 201, answer.text
        assert [(push["department"], push["stage"]) for push in answer.json["pushes"]] == [(MARKET, stage)]
        assert len(answer.json["receipts"]) == 1
        told = [event for event in unsent_events(table) if event.type == EVENTS[stage]]
        assert [event.data.body["act"]["document_number"] for event in told] == [f"示审批〔2026〕{stage}20号"]

    def test_the_decision_stays_and_the_licence_says_what_it_now_says(self, gateway: Gateway) -> None:
        """R-HND-3: nothing is overwritten."""
        case_id = granted(gateway)
        before = bureau(gateway).get(f"/v1/cases/{case_id}").json["case"]["decision"]
        done(gateway, "amendment", 20, act={"licence_number": "JY29900000000025"})
        done(gateway, "renewal", 21)
        view = bureau(gateway).get(f"/v1/cases/{case_id}").json
        assert view["case"]["decision"] == before
        assert view["licence"] == {
            "standing": "granted",
            "number": "JY29900000000025",
            "name": None,
            "valid_from": "2026-03-06",
            "valid_until": "2036-03-05",
            "conditions": "仅限冷食类",
            "suspended_from": None,
            "suspended_until": None,
            "documents": ["示审批〔2026〕101号", "示审批〔2026〕amendment20号", "示审批〔2026〕renewal21号"],
        }
        assert {each["stage"] for each in view["stages"]} == {"acceptance", "decision", "amendment", "renewal"}
        assert [each["act"]["document_number"] for each in view["stages"] if each["act"]] == view["licence"][
            "documents"
        ][1:]

    def test_a_suspension_lasts_its_days_and_then_the_licence_stands_again(self, gateway: Gateway) -> None:
        """R-HND-3: taken for a time, it is not lost."""
        case_id = granted(gateway)
        done(gateway, "suspension", act={"valid_until": "2026-04-20"})
        over = licence(gateway, case_id)
        assert (over["standing"], over["suspended_from"], over["suspended_until"]) == (
            "granted",
            "2026-03-20",
            "2026-04-20",
        )
        done(gateway, "suspension", 25, act={"valid_until": "2098-12-31"})
        longer = licence(gateway, case_id)
        assert (longer["standing"], longer["suspended_from"], longer["suspended_until"]) == (
            "suspended",
            "2026-03-20",
            "2098-12-31",
        )
        assert longer["valid_until"] == "2031-03-05"

    def test_a_licence_may_be_amended_renewed_and_suspended_as_often_as_need_be(self, gateway: Gateway) -> None:
        """R-HND-3, R-HND-13: each time under a document of its own."""
        granted(gateway)
        acts = [done(gateway, stage, day) for stage in ("amendment", "renewal", "suspension") for day in (20, 21)]
        assert [act.status for act in acts] == [201] * 6
        assert len({act.json["content_hash"] for act in acts}) == 6

    def test_an_act_reaches_whom_the_version_in_force_names_and_whoever_supervises_already(
        self, gateway: Gateway
    ) -> None:
        """R-HND-3, R-REG-4."""
        granted(gateway)
        know(item(version=2, supervisors=(supervisor(HEALTH, SupervisorPart.LEAD),)))
        pushes = done(gateway, "cancellation").json["pushes"]
        assert [push["department"] for push in pushes] == [HEALTH, MARKET]

    def test_whoever_supervises_the_licence_hears_of_an_act_though_its_item_is_in_use_no_more(
        self, gateway: Gateway
    ) -> None:
        """R-HND-3, R-HND-15: a rescission under a retired item reaches its supervisor and waits for nobody."""
        granted(gateway)
        know(item(version=2, standing=ItemStanding.RETIRED))
        answer = done(gateway, "rescission").json
        assert [(each["department"], each["item_version"]) for each in answer["pushes"]] == [(MARKET, 1)]
        assert answer["unrouted"] == []

    def test_an_item_that_pushes_only_acceptances_pushes_no_later_act(self, gateway: Gateway) -> None:
        """R-REG-2."""
        know(item(push_stages=(PushStage.ACCEPTANCE,)))
        bureau(gateway).post("/v1/acceptances", acceptance())
        bureau(gateway).post("/v1/decisions", decision())
        assert done(gateway, "amendment").json["pushes"] == []

    def test_the_case_tells_where_its_licence_stands(self, gateway: Gateway, table: type[Row]) -> None:
        """R-HND-3: feedback and credit hear it with the case."""
        granted(gateway)
        done(gateway, "suspension", 20, act={"valid_until": "2098-12-31"})
        done(gateway, "rescission", 21)
        cases = [
            (event.time, event.sequence, event.data.body["case"])
            for event in unsent_events(table)
            if event.type.startswith(("case.", "licence."))
        ]
        told = [(case["standing"], case["suspended_until"]) for _, _, case in sorted(cases, key=lambda each: each[1])]
        assert told == [
            ("undecided", None),
            ("granted", None),
            ("suspended", "2098-12-31"),
            ("rescinded", "2098-12-31"),
        ]


@pytest.mark.usefixtures("table")
class TestWhatIsLegal:
    @pytest.mark.parametrize("ending", ["rescission", "withdrawal"])
    @pytest.mark.parametrize("stage", list(LATER_ACTS))
    def test_what_was_rescinded_or_withdrawn_can_only_be_cancelled(
        self, stage: Stage, ending: str, gateway: Gateway
    ) -> None:
        """R-HND-3; administrative licensing law art. 70 (4)."""
        granted(gateway)
        done(gateway, ending, 20)
        answer = done(gateway, stage, 21)
        if stage is Stage.CANCELLATION:
            assert answer.status == 201
        else:
            assert (answer.status, answer.json["code"]) == (409, "wrong_state")
            assert answer.json["detail_en"].count("cancellation") == 1
            assert "注销" in answer.json["detail_zh"]

    @pytest.mark.parametrize("stage", list(LATER_ACTS))
    def test_nothing_is_done_to_what_is_cancelled(self, stage: Stage, gateway: Gateway) -> None:
        """R-HND-3."""
        granted(gateway)
        done(gateway, "cancellation", 20)
        answer = done(gateway, stage, 21)
        assert (answer.status, answer.json["code"]) == (409, "wrong_state")
        assert "none" in answer.json["detail_en"]

    @pytest.mark.parametrize("stage", list(LATER_ACTS))
    def test_a_suspended_licence_can_be_amended_renewed_suspended_again_and_ended(
        self, stage: Stage, gateway: Gateway
    ) -> None:
        """R-HND-3; administrative licensing law arts. 49, 50: it still stands, and its term runs on."""
        case_id = granted(gateway)
        done(gateway, "suspension", 19, act={"valid_until": "2098-12-31"})
        assert (
            done(gateway, stage, 20, act={"valid_until": "2098-12-31"} if stage == "suspension" else {}).status == 201
        )
        assert licence(gateway, case_id)["suspended_until"] == "2098-12-31"

    def test_nothing_is_done_to_what_is_not_decided_or_was_not_granted(self, gateway: Gateway) -> None:
        """R-HND-3."""
        know(item())
        bureau(gateway).post("/v1/acceptances", acceptance())
        undecided = done(gateway, "amendment")
        assert (undecided.status, undecided.json["code"]) == (409, "wrong_state")
        assert "decision" in undecided.json["detail_en"]
        refused = {"result": "refused", "document_number": "1", "decided_at": "2026-03-06T10:00:00+08:00"}
        bureau(gateway).post("/v1/decisions", decision(decision=refused))
        assert done(gateway, "cancellation").json["code"] == "wrong_state"

    def test_the_order_in_which_acts_were_done_counts_and_not_that_in_which_they_were_told(
        self, gateway: Gateway
    ) -> None:
        """R-HND-3: an amendment told late is still one of a licence that stood."""
        case_id = granted(gateway)
        done(gateway, "cancellation", 25)
        assert done(gateway, "amendment", 20).status == 201
        now = licence(gateway, case_id)
        assert (now["standing"], now["conditions"]) == ("cancelled", "仅限冷食类")
        assert done(gateway, "renewal", 26).json["code"] == "wrong_state"

    def test_a_licence_granted_before_the_linkage_needs_its_item_and_holder(self, gateway: Gateway) -> None:
        """R-HND-3: it was never decided here."""
        know(item())
        assert faulty(done(gateway, "suspension")) == {"/item_code", "/applicant"}
        answer = done(gateway, "suspension", act={"licence_number": "JY1"}, **BEFORE_THE_LINKAGE)
        assert [push["department"] for push in answer.json["pushes"]] == [MARKET]
        now = licence(gateway, answer.json["case_id"])
        assert (now["standing"], now["number"], now["valid_until"]) == ("granted", "JY1", None)
        assert done(gateway, "amendment", 21).status == 201

    def test_a_case_with_acts_is_decided_as_nothing_but_granted_and_not_after_them(self, gateway: Gateway) -> None:
        """R-HND-2, R-HND-3: a decision told after what was done to its licence."""
        know(item())
        done(gateway, "amendment", 5, **BEFORE_THE_LINKAGE)
        refused = {"result": "refused", "document_number": "1", "decided_at": "2026-03-06T10:00:00+08:00"}
        answer = bureau(gateway).post("/v1/decisions", decision(decision=refused))
        assert faulty(answer) == {"/decision/result", "/decision/decided_at"}

    def test_every_standing_and_every_act_is_in_the_tables(self) -> None:
        assert LEGAL_ACTS.keys() == STANDING_WORDS.keys() == set(LicenceStanding)
        assert LEADS_TO.keys() == ACT_FIELDS.keys() == LATER_ACTS.keys()
        assert STAGE_WORDS.keys() == set(Stage)
        # A suspension ends by itself, so whatever is legal before it ends must be legal after.
        assert LEGAL_ACTS[LicenceStanding.SUSPENDED] == LEGAL_ACTS[LicenceStanding.GRANTED]


@pytest.mark.usefixtures("table")
class TestWhatAnActSays:
    @pytest.mark.parametrize(
        ("stage", "missing"),
        [
            ("renewal", {"valid_until"}),
            ("suspension", {"reason", "legal_basis", "valid_until"}),
            ("rescission", {"reason", "legal_basis"}),
            ("withdrawal", {"reason", "legal_basis"}),
            ("cancellation", {"reason", "legal_basis"}),
        ],
    )
    def test_every_field_that_an_act_needs_is_named_at_once(
        self, stage: str, missing: set[str], gateway: Gateway
    ) -> None:
        """R-HND-3: who loses something is told why, and by which law."""
        answer = bureau(gateway).post("/v1/later-acts", later_act(act={"stage": stage}))
        assert faulty(answer) == {f"/act/{name}" for name in missing}

    @pytest.mark.parametrize("stage", ["rescission", "withdrawal", "cancellation"])
    def test_what_ends_a_licence_changes_nothing_in_it(self, stage: str, gateway: Gateway) -> None:
        """R-HND-3."""
        changed = {"valid_from": "2026-03-06", "valid_until": "2027-03-05", "conditions": "无"}
        assert faulty(done(gateway, stage, act=changed)) == {f"/act/{name}" for name in changed}

    def test_a_suspension_changes_no_condition_and_does_not_end_before_it_begins(self, gateway: Gateway) -> None:
        """R-HND-3."""
        wrong = {"conditions": "无", "valid_from": "2026-03-21", "valid_until": "2026-03-20"}
        assert faulty(done(gateway, "suspension", act=wrong)) == {"/act/conditions", "/act/valid_until"}
        assert faulty(done(gateway, "suspension", act={"valid_until": "2026-03-19"})) == {"/act/valid_until"}

    @pytest.mark.parametrize("stage", ["acceptance", "decision", "revocation"])
    def test_only_a_later_act_is_one(self, stage: str, gateway: Gateway) -> None:
        """R-HND-3; a revocation 吊销 comes from supervision (R-FBK-5)."""
        assert "/act/stage" in faulty(bureau(gateway).post("/v1/later-acts", later_act(act={"stage": stage})))

    @pytest.mark.parametrize("done_at", ["2026-03-06T09:59:59+08:00", "2999-01-01T00:00:00+08:00"])
    def test_an_act_is_done_after_the_decision_and_not_in_the_future(self, done_at: str, gateway: Gateway) -> None:
        """R-HND-3."""
        granted(gateway)
        assert faulty(done(gateway, "amendment", act={"done_at": done_at})) == {"/act/done_at"}

    def test_an_act_on_another_licence_than_the_cases_is_told(self, gateway: Gateway) -> None:
        """R-HND-3."""
        granted(gateway)
        assert faulty(done(gateway, "cancellation", act={"licence_number": "JY9"})) == {"/act/licence_number"}
        assert done(gateway, "cancellation", act={"licence_number": "JY29900000000017"}).status == 201


@pytest.mark.usefixtures("table")
class TestAgain:
    def test_the_same_act_again_gets_the_first_answer_and_its_new_key_is_remembered(
        self, gateway: Gateway, table: type[Row]
    ) -> None:
        """R-HND-13."""
        granted(gateway)
        first = done(gateway, "suspension")
        events = len(unsent_events(table))
        again = done(gateway, "suspension", key="another-key")
        assert (again.status, again.json) == (201, first.json)
        assert (first.headers.get("Idempotent-Replayed"), again.headers.get("Idempotent-Replayed")) == (None, "true")
        assert len(unsent_events(table)) == events
        assert done(gateway, "suspension", key="another-key").json == first.json
        other = done(gateway, "suspension", 21, key="another-key")
        assert (other.status, other.json["code"]) == (422, "idempotency_key_reused")

    @pytest.mark.parametrize("path", ["/v1/acceptances", "/v1/decisions"])
    def test_a_stage_sent_again_under_a_new_key_says_so_and_remembers_the_key(
        self, path: str, gateway: Gateway
    ) -> None:
        """R-HND-13."""
        know(item())
        body = acceptance() if path == "/v1/acceptances" else decision(**BEFORE_THE_LINKAGE)
        first = bureau(gateway).post(path, body)
        again = bureau(gateway).post(path, body, key="another-key")
        assert (again.json, again.headers["Idempotent-Replayed"]) == (first.json, "true")
        other = bureau(gateway).post(path, body | {"case_number": "SP-2"}, key="another-key")
        assert other.json["code"] == "idempotency_key_reused"

    def test_the_same_document_with_other_content_is_a_conflict_that_names_just_what_differs(
        self, gateway: Gateway
    ) -> None:
        """R-HND-13."""
        granted(gateway)
        done(gateway, "suspension")
        conflict = done(gateway, "suspension", act={"reason": "另一理由", "valid_until": "2026-05-20"})
        assert (conflict.status, conflict.json["code"]) == (409, "case_conflict")
        assert "act.reason, act.valid_until" in conflict.json["detail_en"]

    def test_the_same_document_number_of_another_act_is_another_act(self, gateway: Gateway) -> None:
        """R-HND-3, R-HND-13."""
        granted(gateway)
        one = done(gateway, "amendment", 20, act={"document_number": "1"})
        other = done(gateway, "renewal", 21, act={"document_number": "1"})
        assert (one.status, other.status) == (201, 201)

    def test_an_act_on_another_item_than_the_cases_is_a_conflict(self, gateway: Gateway) -> None:
        """R-HND-13."""
        granted(gateway)
        conflict = done(gateway, "amendment", item_code="000131999999")
        assert (conflict.status, conflict.json["code"]) == (409, "case_conflict")
        assert "item_code" in conflict.json["detail_en"]
        assert done(gateway, "amendment", item_code=ITEM_CODE).status == 201
