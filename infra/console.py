"""Progress of a build and deployment, for people: one line per stack, one live line for now."""

import time
from types import TracebackType
from typing import Self

from rich.console import Console


class ConsoleProgress:
    """Shows what is being done and how long each stack took (seconds). Use as a context manager."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._status = console.status("")
        self._since: dict[str, float] = {}

    def __enter__(self) -> Self:
        self._status.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._status.stop()

    def report(self, line: str) -> None:
        """Something is being done now."""
        if self._console.is_terminal:
            self._status.update(line)
        else:
            self._console.print(f"  … {line}", highlight=False)

    def started(self, stack: str) -> None:
        """A stack is being looked at."""
        self._since[stack] = time.monotonic()
        self.report(f"deploying {stack}")

    def finished(self, stack: str, *, changed: bool) -> None:
        """A stack is as it should be."""
        took = time.monotonic() - self._since.get(stack, time.monotonic())
        words = f"deployed in {took:.1f} s" if changed else "unchanged"
        self._console.print(f"  [green]✓[/] {stack:<13} {words}", highlight=False)
