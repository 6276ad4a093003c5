"""How `shenguan verify` tells what it found: proven, refuted, or nothing to judge."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from enum import IntEnum

from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from shared.kernel.clock import BEIJING, to_text

console = Console()


class Outcome(IntEnum):
    """The exit codes."""

    PROVEN = 0
    REFUTED = 1
    UNUSABLE = 2


def proven(title: str, told: Iterable[tuple[str, str]]) -> None:
    """Show what one event or receipt proves, line by line."""
    rows = Table.grid(padding=(0, 2))
    rows.add_column(style="bold")
    rows.add_column(overflow="fold")
    for name, text in told:
        rows.add_row(name, Text(text))
    console.print(Panel(rows, title=Text(title), title_align="left", border_style="green"))


def holds(what: str) -> None:
    """Say that something holds."""
    console.print(Text(f"✔ {what}", style="bold green"))


def noted(what: str) -> None:
    """Say what a judge should know besides."""
    console.print(Text(f"  {what}"))


def refuted(reason: str, words: tuple[str, str], detail: str) -> None:
    """Say which check failed, in Chinese and English."""
    zh, en = words
    text = Text.assemble((f"✘ {zh}。{en}\n", "bold red"), detail)
    console.print(Panel(text, title=reason, title_align="left", border_style="red"))


def unusable(what: str, error: Exception | str, advice: str) -> None:
    """Say why there is nothing to judge, and what to do."""
    console.print(Text(f"{what}: {error}", style="bold yellow"))
    console.print(Text(advice))


def when(instant: datetime) -> str:
    """An instant as a person and as a machine writes it."""
    beijing = instant.astimezone(BEIJING)
    return f"{beijing:%Y-%m-%d %H:%M:%S.}{beijing.microsecond // 1000:03d} 北京时间 · {to_text(instant)}"


def flat(value: object, path: str = "") -> Iterator[tuple[str, object]]:
    """Every value of a JSON document that says something, by its dotted path."""
    if isinstance(value, dict):
        for name, below in value.items():
            yield from flat(below, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for number, below in enumerate(value, start=1):
            yield from flat(below, f"{path}[{number}]")
    elif value is not None:
        yield path, value
