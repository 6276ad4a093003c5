"""The operator's command that has services tell audit now what they hold (R-AUD-4)."""

import io
import json
from typing import Any

import pytest
from typer.testing import CliRunner

from infra import attestation
from infra.__main__ import app
from infra.build import SERVICES
from infra.deploy import Place

ASKED = ["attest", "--stage", "trial", "--service", "handover"]
MORE = {"events": 400, "ailing": 0, "under_way": True}
END = {"events": 20, "ailing": 2, "under_way": False}


class Cloud:
    """A stage whose functions answer what they are given to answer, in turn, and then the last again."""

    def __init__(self, *answers: dict[str, Any]) -> None:
        self.answers = list(answers)
        self.asked: list[dict[str, Any]] = []
        self.stacks: list[str] = []

    def client(self, name: str, **_: object) -> "Cloud":
        assert name in {"cloudformation", "lambda"}
        return self

    def describe_stack_resource(self, *, StackName: str, LogicalResourceId: str) -> dict[str, Any]:  # noqa: N803
        assert LogicalResourceId == "Attest"
        self.stacks.append(StackName)
        return {"StackResourceDetail": {"PhysicalResourceId": "the-function"}}

    def invoke(self, *, FunctionName: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803
        assert FunctionName == "the-function"
        self.asked.append(json.loads(Payload))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        failed = {"FunctionError": "Unhandled"} if "errorMessage" in answer else {}
        return {"Payload": io.BytesIO(json.dumps(answer).encode()), **failed}


def test_a_pass_is_begun_once_and_driven_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    cloud = Cloud(MORE, MORE, END)
    monkeypatch.setattr("boto3.Session", lambda: cloud)
    done = CliRunner().invoke(app, ASKED)
    assert done.exit_code == 0, done.output
    told = " ".join(done.output.split())
    assert "handover 820 events attested, 2 do not bear themselves out" in told
    assert "GET /audit/v1/faults" in told
    assert [each["detail"] for each in cloud.asked] == [{"begin": True}, {}, {}]


def test_all_services_are_asked_one_after_another(monkeypatch: pytest.MonkeyPatch) -> None:
    cloud = Cloud(END)
    monkeypatch.setattr("boto3.Session", lambda: cloud)
    assert CliRunner().invoke(app, ASKED[:3]).exit_code == 0
    assert cloud.stacks == [f"trial-shenguan-{service}" for service in SERVICES]


def test_a_service_that_keeps_failing_is_named_with_what_to_do() -> None:
    place = Place(Cloud({"errorMessage": "boom"}))  # type: ignore[arg-type]
    with pytest.raises(attestation.AttestationFailedError, match=r"handover failed(?s:.*)run the same command again"):
        list(attestation.attest("trial", "handover", place))
