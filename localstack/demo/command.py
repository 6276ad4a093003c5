"""`shenguan demo`: settle the invented city, play the story, verify its evidence offline, say what to try next."""

import os
import subprocess
import sys
from functools import partial
from pathlib import Path

import httpx
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn

from infra.build import ROOT
from localstack.demo.city import City, settle
from localstack.demo.data import CITY
from localstack.demo.desk import DemoStoppedError, new_http
from localstack.demo.story import Story
from localstack.demo.teller import Teller
from localstack.runner import HOME, LocalStack, Running, chosen_port

console = Console()


def demo() -> None:
    """Play the main job against the running stack, chapter by chapter, and verify the evidence it leaves."""
    running = LocalStack(port=chosen_port()).running()
    try:
        with new_http() as http:
            city = _settle(http, running)
            story = Story(city, Teller(console), HOME)
            proofs = story.play()
            key = http.get(f"{running.base_url}/audit/v1/key").text.strip()
        _verify(proofs.evidence, "--key", key)
        _verify(proofs.receipts, "--receipt-key", f"{running.base_url}/handover/v1/public/receipt-key")
    except DemoStoppedError as stopped:
        console.print(f"\n[bold red]The demo stopped.[/] {stopped}", highlight=False)
        raise typer.Exit(1) from None
    _say_what_next(running, city, story.case_id)


def _settle(http: httpx.Client, running: Running) -> City:
    secret = bootstrap_secret(running)
    bars: dict[str, TaskID] = {}
    columns = (TextColumn("{task.description:<32}"), BarColumn(bar_width=32), MofNCompleteColumn())
    console.print(f"\n[bold]{CITY}[/] [dim]an invented city; every name and number in it is made up[/]")
    with Progress(*columns, console=console) as progress:

        def report(what: str, done: int, total: int) -> None:
            if what not in bars:
                bars[what] = progress.add_task(what, total=total)
            progress.update(bars[what], completed=done)

        return settle(http, running.base_url, secret, report)


def bootstrap_secret(running: Running) -> str:
    """The first administrator's secret, which the data stack generated."""
    client = running.client("secretsmanager")
    answer = client.get_secret_value(SecretId=running.outputs["BootstrapSecretArn"])  # type: ignore[attr-defined]
    return str(answer["SecretString"])


def _verify(file: Path, option: str, key: str) -> None:
    """Run the verifier as a stranger would: another process, the file and a public key; no credentials."""
    command = [sys.executable, "-m", "localstack.cli", "verify", str(file), option, key]
    shown = f".venv/bin/shenguan verify {file.relative_to(ROOT)} {option} '{key}'"
    console.print(f"\n[bold]$ {shown}[/]", highlight=False, soft_wrap=True)
    offline = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    finished = subprocess.run(command, env=offline, check=False)  # noqa: S603 - our own command
    if finished.returncode:
        raise DemoStoppedError(f"shenguan verify refused {file}")


def _say_what_next(running: Running, city: City, case_id: str) -> None:
    base = running.base_url
    tell = partial(console.print, soft_wrap=True, highlight=False, markup=False)
    console.print(f"\n[bold green]The story is told; the stack stays up.[/] Base URL: [bold]{base}[/]", highlight=False)
    tell("\nTokens for each role, good for an hour (a new one: .venv/bin/shenguan token ROLE). Paste them, then try:\n")
    for name, desk in city.desks.items():
        tell(f"export {name.upper()}={desk.token}")
    tell("")
    for curl in (
        f"curl -s '{base}/registry/v1/public/items?q=spjy'",
        f'curl -s -H "Authorization: Bearer $APPROVER" {base}/handover/v1/cases/{case_id}/responsibility',
        f"curl -s -H \"Authorization: Bearer $OVERSIGHT\" '{base}/oversight/v1/findings?state=open'",
    ):
        tell(curl)
