"""The operator's command that erases a payload, unless its case is held (R-AUD-2, R-AUD-7)."""

import io
import json
from typing import Any

import pytest
from typer.testing import CliRunner

from infra.__main__ import app
from infra.erasure import ErasureFailedError

CASE = "case_01JABCDEFGHJKMNPQRSTVWXYZ0"
ASKED = [
    "erase-payload", "--stage", "trial", "--service", "feedback", "--record", "fbk_01JABCDEFGHJKMNPQRSTVWXYZ0",
    "--number", "2", "--ground", "a court's decision",
]  # fmt: skip
EVENT = {"event_id": "evt_0000000001", "type": "feedback.opened.v1", "case": CASE, "erased_before": False}
REFUSAL = {"refused": {"zh": "尚未发布", "en": "not published yet"}}
OPERATOR = "arn:aws:iam::123456789012:user/" + "o" * 300


class Cloud:
    """A stage with two functions: `erase` of feedback, which answers in turn, and `held` of audit."""

    def __init__(self, *answers: dict[str, Any], held: bool = False) -> None:
        self.answers = list(answers)
        self.held = held
        self.asked: list[tuple[str, dict[str, Any]]] = []

    def client(self, name: str, **_: object) -> "Cloud":
        assert name in {"cloudformation", "lambda", "sts"}
        return self

    def get_caller_identity(self) -> dict[str, str]:
        return {"Arn": OPERATOR}

    def describe_stack_resource(self, *, StackName: str, LogicalResourceId: str) -> dict[str, Any]:  # noqa: N803
        assert (StackName, LogicalResourceId) in {
            ("trial-shenguan-feedback", "Erase"),
            ("trial-shenguan-audit", "Held"),
        }
        return {"StackResourceDetail": {"PhysicalResourceId": LogicalResourceId}}

    def invoke(self, *, FunctionName: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803
        self.asked.append((FunctionName, json.loads(Payload)))
        if FunctionName == "Held":
            answer: dict[str, Any] = {"held": self.held}
        else:
            answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        failed = {"FunctionError": "Unhandled"} if "errorMessage" in answer else {}
        return {"Payload": io.BytesIO(json.dumps(answer).encode()), **failed}


def run(monkeypatch: pytest.MonkeyPatch, cloud: Cloud) -> Any:
    monkeypatch.setattr("boto3.Session", lambda: cloud)
    return CliRunner().invoke(app, ASKED)


def test_it_looks_first_then_asks_whether_the_case_is_held_and_then_erases(monkeypatch: pytest.MonkeyPatch) -> None:
    cloud = Cloud(EVENT)
    done = run(monkeypatch, cloud)
    assert done.exit_code == 0, done.output
    assert "evt_0000000001 (feedback.opened.v1) is erased" in " ".join(done.output.split())
    (_, look), held, (_, erase) = cloud.asked
    assert (look.pop("look"), erase.get("look"), held) == (True, None, ("Held", {"case_id": CASE}))
    assert look == erase
    assert (erase["ground"], erase["operator"]) == ("a court's decision", "o" * 200)


def test_nothing_of_a_case_under_a_legal_hold_is_erased(monkeypatch: pytest.MonkeyPatch) -> None:
    cloud = Cloud(EVENT, held=True)
    done = run(monkeypatch, cloud)
    assert isinstance(done.exception, ErasureFailedError)
    assert f"DELETE /audit/v1/holds/{CASE}" in str(done.exception)
    assert [asked.get("look") for name, asked in cloud.asked if name == "Erase"] == [True]


def test_what_was_erased_before_and_what_is_of_no_case_is_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    cloud = Cloud({**EVENT, "case": None, "erased_before": True})
    done = run(monkeypatch, cloud)
    assert "was erased before; nothing was changed" in " ".join(done.output.split())
    assert {name for name, _ in cloud.asked} == {"Erase"}


@pytest.mark.parametrize(
    ("answer", "said"), [(REFUSAL, "尚未发布\nnot published yet"), ({"errorMessage": "x"}, "again")]
)
def test_a_refusal_is_told_in_both_languages_and_a_failure_with_what_to_do(
    monkeypatch: pytest.MonkeyPatch, answer: dict[str, Any], said: str
) -> None:
    done = run(monkeypatch, Cloud(answer))
    assert isinstance(done.exception, ErasureFailedError)
    assert said in str(done.exception)
