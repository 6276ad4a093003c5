"""How the demo tells its story in a terminal: numbered chapters, plain lines, a spinner while something is awaited."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.table import Table


class Teller:
    """Writes the story to a console; `chapters` counts them."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.chapters = 0

    def chapter(self, zh: str, en: str) -> None:
        """Begin a chapter."""
        self.chapters += 1
        self.console.print(f"\n[bold cyan]{self.chapters:>2}  {zh}[/]  [dim]{en}[/]")

    def say(self, line: str) -> None:
        """A line of the story."""
        self.console.print(f"    {line}", highlight=False, markup=False)

    def detail(self, line: str) -> None:
        """A line for who wants to know more."""
        self.console.print(f"    {line}", style="dim", highlight=False, markup=False)

    def table(self, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """A small table."""
        table = Table(*head, box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
        for row in rows:
            table.add_row(*row)
        self.console.print(table, new_line_start=True)

    @contextmanager
    def waiting(self, what: str) -> Iterator[None]:
        """Show that something is awaited."""
        with self.console.status(f"[dim]{what} …[/]"):
            yield
