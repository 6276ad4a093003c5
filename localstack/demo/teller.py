"""How the demo tells its story in a terminal: numbered chapters, plain lines, a spinner while something is awaited."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console


class Teller:
    """Writes the story to a console; `chapters` counts them."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.chapters = 0

    def chapter(self, zh: str, en: str) -> None:
        """Begin a chapter."""
        self.chapters += 1
        self.console.print(f"\n[bold cyan]{self.chapters:>2}  {zh}[/]  [dim]{en}[/]", soft_wrap=True)

    def say(self, line: str) -> None:
        """A line of the story."""
        self.console.print(f"    {line}", highlight=False, markup=False, soft_wrap=True)

    def detail(self, line: str) -> None:
        """A line for who wants to know more."""
        self.console.print(f"    {line}", style="dim", highlight=False, markup=False, soft_wrap=True)

    @contextmanager
    def waiting(self, what: str) -> Iterator[None]:
        """Show that something is awaited."""
        with self.console.status(f"[dim]{what} …[/]"):
            yield
