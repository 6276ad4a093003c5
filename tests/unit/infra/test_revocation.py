"""The operator's command that revokes a receipts' key (R-HND-8)."""

import io
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from typer.testing import CliRunner

from infra import revocation
from infra.__main__ import app

SERIAL = "crt_01JABCDEFGHJKMNPQRSTVWXYZ0"
ASKED = ["revoke-certificate", SERIAL, "--stage", "trial", "--reason", "memory dump"]
BROKEN = ClientError({"Error": {"Code": "ValidationError", "Message": "no such stack"}}, "DescribeStackResource")


class Cloud:
    """A stage whose function answers what it is given to answer, in turn."""

    def __init__(self, *answers: dict[str, Any] | ClientError) -> None:
        self.answers = list(answers)
        self.asked: list[dict[str, Any]] = []

    def client(self, name: str, **_: object) -> "Cloud":
        assert name in {"cloudformation", "lambda"}
        return self

    def describe_stack_resource(self, *, StackName: str, LogicalResourceId: str) -> dict[str, Any]:  # noqa: N803
        assert (StackName, LogicalResourceId) == ("trial-shenguan-handover", "Revoke")
        if isinstance(self.answers[0], ClientError):
            raise self.answers[0]
        return {"StackResourceDetail": {"PhysicalResourceId": "the-function"}}

    def invoke(self, *, FunctionName: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803
        assert FunctionName == "the-function"
        self.asked.append(json.loads(Payload))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        assert isinstance(answer, dict)
        failed = {"FunctionError": "Unhandled"} if "errorMessage" in answer else {}
        return {"Payload": io.BytesIO(json.dumps(answer).encode()), **failed}


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Cloud:
    made = Cloud({"serial": SERIAL, "added": True, "entries": 3})
    monkeypatch.setattr("boto3.Session", lambda: made)
    return made


def test_a_certificate_is_revoked_as_of_now_or_as_of_an_instant(cloud: Cloud) -> None:
    done = CliRunner().invoke(app, ASKED)
    assert done.exit_code == 0, done.output
    assert "is revoked. The published list has 3 entries." in " ".join(done.output.split())
    told = " ".join(done.output.split())
    assert "within a minute" in told
    assert "RevocationsUnread is counted meanwhile, deploy again" in told
    CliRunner().invoke(app, [*ASKED, "--since", "2026-03-02T09:30:00+08:00"])
    assert [each["since"] for each in cloud.asked] == [None, "2026-03-02T09:30:00+08:00"]
    assert {(each["serial"], each["reason"]) for each in cloud.asked} == {(SERIAL, "memory dump")}


def test_the_same_again_is_said_to_change_nothing(cloud: Cloud) -> None:
    cloud.answers = [{"serial": SERIAL, "added": False, "entries": 3}]
    assert "nothing was changed" in CliRunner().invoke(app, ASKED).output


def test_two_at_the_same_moment_are_both_revoked(cloud: Cloud) -> None:
    """The function says that the list changed meanwhile, and is asked again."""
    cloud.answers = [{"errorMessage": "Outdated"}, {"serial": SERIAL, "added": True, "entries": 4}]
    assert "4 entries" in CliRunner().invoke(app, ASKED).output
    assert len(cloud.asked) == 2


def test_what_keeps_failing_is_told_with_what_to_do(cloud: Cloud) -> None:
    cloud.answers = [{"errorMessage": "validation error"}]
    failed = CliRunner().invoke(app, ASKED).exception
    assert isinstance(failed, revocation.RevocationFailedError)
    assert "validation error" in str(failed)
    assert "run the same command again" in str(failed)


def test_a_stage_without_handover_is_named(cloud: Cloud) -> None:
    cloud.answers = [BROKEN]
    failed = CliRunner().invoke(app, ASKED).exception
    assert isinstance(failed, ValueError)
    assert "no handover at stage 'trial'" in str(failed)
