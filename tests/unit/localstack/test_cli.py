"""`shenguan up` and its complaints: what a person at a terminal, and a script, may rely on."""

import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
import typer
from rich.console import Console
from typer.testing import CliRunner, Result

from localstack import cli
from localstack.runner import Running, StackDownError


@dataclass
class FakeStack:
    """Stands for the processes: starts at once, ends when it is told to."""

    on_up: Callable[[], None] = lambda: None
    stopped: bool = False
    emulator: "FakeStack" = field(init=False)

    def __post_init__(self) -> None:
        self.emulator = self

    def up(self, _progress: object, _report: object) -> Running:
        self.on_up()
        return Running("http://127.0.0.1:4566", "http://127.0.0.1:4566", {})

    def port(self) -> int | None:
        return None  # as when somebody else stops it

    def down(self) -> bool:
        self.stopped = True
        return True


def _interrupt() -> None:
    raise KeyboardInterrupt


def _stop_playing() -> None:
    raise typer.Exit(1)


def _up(monkeypatch: pytest.MonkeyPatch, stack: FakeStack, *options: str) -> Result:
    monkeypatch.setattr(cli, "LocalStack", lambda port: stack)  # noqa: ARG005 - as the command calls it
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    return CliRunner().invoke(cli.app, ["up", *options])


@pytest.mark.parametrize("options", [(), ("--demo",), ("--demo", "--detach")])
def test_an_interrupt_while_it_starts_leaves_nothing_running(
    monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...]
) -> None:
    stack = FakeStack(on_up=_interrupt)
    assert _up(monkeypatch, stack, *options).exit_code == 130
    assert stack.stopped


def test_an_interrupt_during_the_demo_stops_the_stack(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "demo", _interrupt)
    stack = FakeStack()
    assert _up(monkeypatch, stack, "--demo").exit_code == 130
    assert stack.stopped


@pytest.mark.parametrize("options", [("--demo",), ("--demo", "--detach")])
def test_a_demo_that_stops_fails_the_command_and_leaves_the_stack_up(
    monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...]
) -> None:
    monkeypatch.setattr(cli, "demo", _stop_playing)
    stack = FakeStack()
    done = _up(monkeypatch, stack, *options)
    assert done.exit_code == 1
    assert "Stays up" in done.output
    assert not stack.stopped


def test_complaints_do_not_stand_where_a_token_is_expected(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def down() -> None:
        raise StackDownError("The local stack is not up. Start it with: make run")

    monkeypatch.setattr(cli, "app", lambda **_: down())
    monkeypatch.setattr(cli, "_complaints", Console(file=sys.stderr))
    with pytest.raises(SystemExit) as ended:
        cli.main()
    told = capfd.readouterr()
    assert ended.value.code == 1
    assert told.out == ""
    assert "make run" in told.err
