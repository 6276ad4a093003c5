"""The stack is reachable from this machine alone, and the command line says whether it is up."""

import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from infra.build import SERVICES
from localstack import cli
from localstack.runner import LocalStack
from tests.support.deployed import LOOPBACK, PROC, Deployed, listeners_of, workers_of
from tests.support.small_city import SmallCity

pytestmark = pytest.mark.stack


@pytest.mark.skipif(
    not (PROC / "net" / "tcp").exists() or sys.byteorder != "little",
    reason="this system does not show its sockets under /proc as little-endian Linux does",
)
def test_nothing_listens_beyond_loopback(stack: Deployed, city: SmallCity) -> None:
    """Not the emulator, and none of the functions it runs."""
    assert city.departments
    pid = stack.stack.emulator.pid()
    assert pid

    found = listeners_of([pid, *workers_of(pid)])

    assert found, "the emulator listens somewhere"
    assert found <= LOOPBACK


def _status(monkeypatch: pytest.MonkeyPatch, stack: LocalStack) -> tuple[int, str]:
    monkeypatch.setattr(cli, "LocalStack", lambda port: stack)  # noqa: ARG005 - as the command calls it
    done = CliRunner().invoke(cli.app, ["status"])
    return done.exit_code, done.output


def test_status_of_a_running_stack_succeeds_and_names_every_service(
    stack: Deployed, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, text = _status(monkeypatch, stack.stack)

    assert code == 0
    assert stack.base_url in text
    assert [name for name in SERVICES if name not in text] == []
    assert text.count("COMPLETE") == len(SERVICES)


def test_status_of_a_stack_that_is_down_fails_and_says_how_to_start_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, text = _status(monkeypatch, LocalStack(tmp_path))

    assert code == 1
    assert "make run" in text
