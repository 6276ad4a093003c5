"""What a report must say (R-FBK-1, R-FBK-2)."""

from datetime import UTC, datetime
from typing import Any

import pytest

from services.feedback.domain.reports import INSPECTION_RULES, PENALTY_RULES, check_report, faults_of
from shared.contracts.feedback import Inspection, Penalty
from shared.kernel.errors import Refused
from tests.support.feedback_builders import inspection, penalty

NOW = datetime(2026, 4, 2, 16, 30, tzinfo=UTC)
"""Half past midnight on 3 April in Beijing."""


def inspected(**changed: Any) -> Inspection:
    return Inspection.model_validate(inspection(**changed))


def punished(**changed: Any) -> Penalty:
    return Penalty.model_validate(penalty(**changed))


@pytest.mark.parametrize(
    "report",
    [
        inspected(),
        inspected(result="compliant", handling="pass", rectify_by=None),
        inspected(result="basically_compliant", handling="pass", rectify_by=None),
        inspected(handling="referred_to_enforcement", rectify_by=None),
        inspected(rectify_by="2026-03-20"),
        punished(),
        punished(kinds=["revocation"], fine_yuan=None),
        punished(decided_on="2026-04-03"),
    ],
)
def test_a_sound_report_has_no_faults(report: Inspection | Penalty) -> None:
    assert faults_of(report, NOW) == ()


@pytest.mark.parametrize(
    ("report", "pointer", "code"),
    [
        (inspected(inspected_at="2026-04-03T00:31:00+08:00", rectify_by="2026-05-01"), "inspected_at", "in_future"),
        (inspected(handling="pass", rectify_by=None), "handling", "handling_too_light"),
        (inspected(result="compliant"), "handling", "handling_too_heavy"),
        (inspected(rectify_by=None), "rectify_by", "rectify_by_missing"),
        (inspected(handling="referred_to_enforcement"), "rectify_by", "rectify_by_unexpected"),
        (inspected(rectify_by="2026-03-19"), "rectify_by", "rectify_by_too_early"),
        (punished(decided_on="2026-04-04"), "decided_on", "in_future"),
        (punished(kinds=["fine", "fine"]), "kinds", "kinds_repeated"),
        (punished(fine_yuan=None), "fine_yuan", "fine_yuan_missing"),
        (punished(kinds=["warning"]), "fine_yuan", "fine_yuan_unexpected"),
        (punished(fine_yuan="0.00"), "fine_yuan", "fine_yuan_zero"),
    ],
)
def test_a_contradiction_is_named_with_its_field(report: Inspection | Penalty, pointer: str, code: str) -> None:
    assert [(fault.pointer, fault.code) for fault in faults_of(report, NOW)] == [(f"/report/{pointer}", code)]


def test_every_rule_of_both_tables_is_tried_above() -> None:
    codes = {rule.code for rule in INSPECTION_RULES} | {rule.code for rule in PENALTY_RULES}
    assert codes == {
        "in_future", "handling_too_light", "handling_too_heavy", "rectify_by_missing", "rectify_by_unexpected",
        "rectify_by_too_early", "kinds_repeated", "fine_yuan_missing", "fine_yuan_unexpected", "fine_yuan_zero",
    }  # fmt: skip


def test_all_faults_are_named_at_once_in_both_languages() -> None:
    wrong = inspected(inspected_at="2026-05-01T00:00:00+08:00", handling="pass")
    with pytest.raises(Refused) as refused:
        check_report(wrong, NOW)
    assert refused.value.code == "invalid_fields"
    assert {fault.code for fault in refused.value.faults} == {
        "in_future", "handling_too_light", "rectify_by_unexpected", "rectify_by_too_early",
    }  # fmt: skip
    assert all(fault.zh and fault.en for fault in refused.value.faults)
