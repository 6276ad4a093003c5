"""The `shenguan` command line: up, down, status here; the others each in a module of its own."""

import os
import signal
import sys
import time
from types import FrameType
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.table import Table

from infra.build import BuildFailedError
from infra.console import ConsoleProgress
from infra.deploy import ParameterMissingError, Place
from infra.layer import LayerBuildFailedError
from infra.republish import RepublishFailedError
from infra.republish import show as show_republication
from infra.stacks import StackFailedError
from localstack.demo import demo
from localstack.emulator import EmulatorError
from localstack.evidence_command import evidence
from localstack.import_command import import_list
from localstack.runner import STAGE, LocalStack, StackDownError, chosen_port, local_session
from localstack.token import token
from localstack.verify import verify
from localstack.witness import witness

app = typer.Typer(
    name="shenguan",
    help="Linkage of approval and supervision (审管联动): the local stack and its tools.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
console = Console()
_complaints = Console(stderr=True)  # so that TOKEN=$(shenguan token ROLE) never holds a complaint

_INTERRUPTED = 130
# What a person can put right: shown as a sentence, without a trace.
_EXPLAINED = (
    EmulatorError,
    BuildFailedError,
    LayerBuildFailedError,
    ParameterMissingError,
    RepublishFailedError,
    StackDownError,
    StackFailedError,
    ValueError,
)


@app.command()
def up(
    *,
    play: Annotated[bool, typer.Option("--demo", help="Play the demo scenario once it is up.")] = False,
    detach: Annotated[bool, typer.Option("--detach", help="Return instead of staying till Ctrl-C.")] = False,
) -> None:
    """Start the local stack, with the data it had; builds and deploys what changed. SHENGUAN_PORT: its port (4566)."""
    for asked in (signal.SIGINT, signal.SIGTERM):  # a script's background job ignores SIGINT by default
        signal.signal(asked, _interrupt)
    stack = LocalStack(port=chosen_port())
    outcome = _INTERRUPTED
    try:
        outcome = _bring_up(stack, play=play)
        if detach:
            console.print("Stays up. Stop it with [bold]make stop[/]; its data stays.")
            raise typer.Exit(outcome)
        console.print("Stays up until Ctrl-C; its data stays.")
        while stack.emulator.port():
            time.sleep(1)
    except KeyboardInterrupt:
        _stop(stack)
    raise typer.Exit(outcome)


@app.command()
def down(
    *,
    wipe: Annotated[bool, typer.Option("--wipe", help="Forget all data as well.")] = False,
) -> None:
    """Stop the local stack; its data stays unless --wipe."""
    stack = LocalStack(port=chosen_port())
    _stop(stack)
    if wipe:
        stack.emulator.wipe()
        console.print("All local data is gone.")


@app.command()
def status() -> None:
    """Say whether the stack is up, where, and which services run; exits 1 when it is down."""
    found = LocalStack(port=chosen_port()).status()
    if not found.up:
        console.print("[bold]Down.[/] Start it with: make run")
        raise typer.Exit(1)
    table = Table("service", "stack", "base path", box=None, pad_edge=False)
    for name, state in found.services.items():
        table.add_row(name, state, f"{found.base_url}/{name}/v1")
    console.print(f"[bold green]Up[/] at [bold]{found.base_url}[/] (process {found.pid})")
    console.print(table)


@app.command()
def republish() -> None:
    """Have the registry tell everything once more, to rebuild a consumer that lost its own."""
    running = LocalStack(port=chosen_port()).running()
    show_republication(STAGE, Place(local_session(), running.base_url), console)


for joining in (demo, evidence, token, verify, witness):
    app.command()(joining)


app.command(name="import")(import_list)


def main() -> None:
    """Entry point; failures a person can put right are told as sentences."""
    _speak_directly_to_loopback()
    try:
        app(standalone_mode=True)
    except _EXPLAINED as error:
        _complaints.print(f"✘ {error}", style="red", markup=False, highlight=False, soft_wrap=True)
        sys.exit(1)


def _bring_up(stack: LocalStack, *, play: bool) -> int:
    """Bring it up and play the demo; the demo's exit code, for a stack that is up outlives a demo that stopped."""
    with ConsoleProgress(console) as progress:
        running = stack.up(progress, progress.report)
    console.print(f"\n[bold green]Up[/] at [bold]{running.base_url}[/]")
    try:
        if play:
            demo()
    except typer.Exit as stopped:
        return stopped.exit_code
    return 0


def _stop(stack: LocalStack) -> None:
    with console.status("stopping, writing the data ..."):
        stopped = stack.down()
    console.print("Stopped; the data stays." if stopped else "It was not up.")


def _interrupt(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def _speak_directly_to_loopback() -> None:
    """A proxy of the environment must not stand between us and 127.0.0.1."""
    for name in ("NO_PROXY", "no_proxy"):
        listed = [os.environ[name]] if os.environ.get(name) else []
        os.environ[name] = ",".join([*listed, "127.0.0.1", "localhost"])


if __name__ == "__main__":
    main()
