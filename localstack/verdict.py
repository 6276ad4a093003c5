"""How `shenguan verify` tells what it found: proven, refuted, or nothing to judge.

What is judged was written by others, so all text passes through :func:`plain`: nothing of it can move the cursor, begin
a line of its own or turn the direction of writing, and so look like the verdict.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from enum import IntEnum
from typing import NamedTuple

from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from shared.kernel.clock import BEIJING, to_text

console = Console()

_IDEOGRAPHIC_SPACE = "\u3000"
_LONGEST = 10_000
"""Characters shown of one text."""


class Outcome(IntEnum):
    """The exit codes."""

    PROVEN = 0
    REFUTED = 1
    UNUSABLE = 2


def plain(text: object) -> str:
    """A text in printable characters; others as escapes, and no more than a person reads."""
    given = str(text)
    shown = "".join(map(_escaped, given[:_LONGEST]))
    return shown if len(given) <= _LONGEST else f"{shown}… ({len(given):,} characters)"


def proven(title: str, told: Iterable[tuple[str, str | Sequence[str]]]) -> None:
    """Show what one event or receipt proves, line by line; what has several lines is given as such."""
    rows = Table.grid(padding=(0, 2))
    rows.add_column(style="bold")
    rows.add_column(overflow="fold")
    for name, text in told:
        rows.add_row(name, Text("\n".join(map(plain, [text] if isinstance(text, str) else text))))
    console.print(Panel(rows, title=Text(plain(title)), title_align="left", border_style="green"))


def holds(what: str) -> None:
    """Say that something holds."""
    console.print(Text(f"✔ {plain(what)}", style="bold green"))


def noted(what: str) -> None:
    """Say what a judge should know besides."""
    console.print(Text(f"  {plain(what)}"))


def refuted(reason: str, words: tuple[str, str], detail: str) -> None:
    """Say which check failed, in Chinese and English."""
    zh, en = words
    text = Text.assemble((f"✘ {plain(zh)}。{plain(en)}\n", "bold red"), plain(detail))
    console.print(Panel(text, title=Text(plain(reason)), title_align="left", border_style="red"))


class Unusable(NamedTuple):
    """Why there is nothing to judge, and what to do, in Chinese and English."""

    zh: str
    en: str
    do_zh: str
    do_en: str


def unusable(words: Unusable, targets: Sequence[str], error: Exception) -> None:
    """Say why there is nothing to judge, and what to do. In a frame: no line of the error is one of ours."""
    about = Text.assemble(
        (f"{words.zh} · {words.en}\n", "bold yellow"),
        f"{plain(', '.join(targets))}: {plain(error) or type(error).__name__}\n",
        f"{words.do_zh} {words.do_en}",
    )
    console.print(Panel(about, border_style="yellow"))


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


def _escaped(character: str) -> str:
    if character.isprintable() or character == _IDEOGRAPHIC_SPACE:
        return character
    return character.encode("unicode_escape").decode()
