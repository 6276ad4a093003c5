"""The acts of the bureau together, through the service itself: their order, and a case as it reads (R-HND)."""

import pytest

from services.handover import wiring
from services.handover.domain.acts import DONE_AT
from shared.contracts.change import Context, Once
from shared.contracts.items import Item
from shared.contracts.vocabulary import Stage, SupervisorPart
from shared.kernel.clock import utc_now
from shared.kernel.ids import new_id
from shared.kernel.permissions import ANONYMOUS, Role
from tests.support.gateway import Answer, Gateway
from tests.support.handover_builders import (
    BUREAU,
    HEALTH,
    MARKET,
    STRANGER,
    acceptance,
    decision,
    item,
    later_act,
    supervisor,
)

BEFORE_THE_LINKAGE = {key: acceptance()[key] for key in ("item_code", "applicant")}


def know(given: Item) -> None:
    context = Context(ANONYMOUS, utc_now(), "correlation", Once(f"event#{new_id('evt')}", "0"))
    wiring.directory().keep_item(given, context)


def bureau(gateway: Gateway) -> Gateway:
    return gateway.with_principal(BUREAU, Role.APPROVER)


def faults(answer: Answer) -> dict[str, str]:
    assert (answer.status, answer.json["code"]) == (400, "invalid_fields"), answer.text
    return {each["pointer"]: each["code"] for each in answer.json["errors"]}


@pytest.mark.usefixtures("table")
class TestTheirOrder:
    def test_an_acceptance_told_after_its_decision_was_still_before_it(self, gateway: Gateway) -> None:
        """R-HND-1, R-HND-2."""
        know(item())
        bureau(gateway).post("/v1/decisions", decision(**BEFORE_THE_LINKAGE))
        later = acceptance(received_at="2026-03-07T09:00:00+08:00", accepted_at="2026-03-07T09:30:00+08:00")
        assert faults(bureau(gateway).post("/v1/acceptances", later)) == {"/accepted_at": "after_decision"}
        answer = bureau(gateway).post("/v1/acceptances", acceptance())
        assert answer.status == 201
        case = bureau(gateway).get(f"/v1/cases/{answer.json['case_id']}").json
        assert (case["case"]["standing"], case["licence"]["standing"]) == ("granted", "granted")

    def test_nothing_was_done_in_the_future(self, gateway: Gateway) -> None:
        """R-HND-1 to R-HND-3."""
        know(item())
        ahead = "2999-01-01T00:00:00+08:00"
        told = {
            "/v1/acceptances": acceptance(received_at=ahead, accepted_at=ahead),
            "/v1/decisions": decision(decision=decision()["decision"] | {"decided_at": ahead}, **BEFORE_THE_LINKAGE),
            "/v1/later-acts": later_act(act={"done_at": ahead}, **BEFORE_THE_LINKAGE),
        }
        assert [faults(bureau(gateway).post(path, body)) for path, body in told.items()] == [
            {"/accepted_at": "in_future"},
            {"/decision/decided_at": "in_future"},
            {"/act/done_at": "in_future"},
        ]

    def test_every_act_says_when_it_was_done(self) -> None:
        assert DONE_AT.keys() == set(Stage)


@pytest.mark.usefixtures("table")
class TestACaseAsItReads:
    def test_every_act_is_shown_with_the_materials_it_carried(self, gateway: Gateway) -> None:
        """R-HND-1 to R-HND-3: what was approved, on which materials."""
        know(item())
        bureau(gateway).post("/v1/acceptances", acceptance())
        licence = [{"name": "许可证.pdf", "sha256": "1" * 64}]
        bureau(gateway).post("/v1/decisions", decision(materials=licence))
        case_id = bureau(gateway).post("/v1/later-acts", later_act()).json["case_id"]
        stages = {each["stage"]: each for each in bureau(gateway).get(f"/v1/cases/{case_id}").json["stages"]}
        assert [each["name"] for each in stages["acceptance"]["materials"]] == ["申请书.pdf"]
        assert [each["name"] for each in stages["decision"]["materials"]] == ["许可证.pdf"]
        assert (stages["decision"]["act"], stages["amendment"]["act"]["stage"]) == (None, "amendment")
        assert all("field_hashes" not in each for each in stages.values())

    def test_responsibility_is_told_for_every_place_and_whether_it_is_complete(self, gateway: Gateway) -> None:
        """R-HND-7."""
        know(item(supervisors=(supervisor(), supervisor(HEALTH, SupervisorPart.ASSISTING))))
        case_id = bureau(gateway).post("/v1/acceptances", acceptance()).json["case_id"]
        pushes = bureau(gateway).post("/v1/decisions", decision()).json["pushes"]
        url = f"/v1/cases/{case_id}/responsibility"
        whole = bureau(gateway).get(url).json
        assert whole["complete"] is True
        assert [each["place"] for each in whole["now"]] == [push["place"] for push in pushes]
        assert {each["since"] for each in whole["story"] if each["phase"] == "approving"} == {whole["begun"]}
        health = bureau(gateway).get(f"{url}?department={HEALTH}").json
        assert {each["place"] for each in health["story"]} == {pushes[1]["place"]}
        stranger = bureau(gateway).get(f"{url}?department={STRANGER}").json
        assert (stranger["now"], set(stranger["nobody"])) == ([], {"zh", "en"})
        before = bureau(gateway).get(f"{url}?at=2020-01-01T00:00:00Z").json
        assert (before["now"], before["complete"]) == ([], True)

    def test_who_has_no_part_in_a_case_is_not_told_who_is_answerable(self, gateway: Gateway) -> None:
        """R-AUD-7."""
        know(item())
        case_id = bureau(gateway).post("/v1/acceptances", acceptance()).json["case_id"]
        stranger = gateway.with_principal(STRANGER, Role.LIAISON)
        assert stranger.get(f"/v1/cases/{case_id}/responsibility").json["code"] == "not_your_department"
        assert gateway.with_principal(MARKET, Role.LIAISON).get(f"/v1/cases/{case_id}/responsibility").status == 200


@pytest.mark.usefixtures("table")
def test_another_decision_is_a_conflict_that_names_just_what_differs(gateway: Gateway) -> None:
    """R-HND-2, R-HND-13."""
    know(item())
    bureau(gateway).post("/v1/decisions", decision(**BEFORE_THE_LINKAGE))
    changed = decision()["decision"] | {"valid_until": "2099-12-31", "conditions": "仅限冷食类"}
    conflict = bureau(gateway).post("/v1/decisions", decision(decision=changed, **BEFORE_THE_LINKAGE))
    assert (conflict.status, conflict.json["code"]) == (409, "case_conflict")
    assert "decision.conditions, decision.valid_until" in conflict.json["detail_en"]


@pytest.mark.usefixtures("table")
def test_a_conflict_calls_the_stage_by_its_name_in_either_language(gateway: Gateway) -> None:
    """R-HND-13."""
    know(item())
    bureau(gateway).post("/v1/acceptances", acceptance())
    conflict = bureau(gateway).post("/v1/acceptances", acceptance(promises=["另作承诺"])).json
    assert "的“受理”已经推送" in conflict["detail_zh"]
    assert "“acceptance” of case" in conflict["detail_en"]


@pytest.mark.parametrize("path", ["/v1/acceptances", "/v1/decisions", "/v1/later-acts"])
@pytest.mark.usefixtures("table")
def test_the_document_of_an_act_done_off_line_is_not_dated_in_the_future(path: str, gateway: Gateway) -> None:
    """R-HND-12."""
    know(item())
    body = {
        "/v1/acceptances": acceptance(),
        "/v1/decisions": decision(**BEFORE_THE_LINKAGE),
        "/v1/later-acts": later_act(**BEFORE_THE_LINKAGE),
    }[path]
    letter = {"channel": "letter", "document_number": "示函〔2099〕1号", "dated": "2099-01-01", "scan": "0" * 64}
    assert faults(bureau(gateway).post(path, body | {"offline": letter})) == {"/offline/dated": "in_future"}
