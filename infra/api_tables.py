"""The tables of docs/api.md that are data in the code: endpoints, refusals, permissions, events.

Each stands between two comments that name it; what is between them is written by `python -m infra api-tables`.
"""

import importlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from infra.build import ROOT, existing_services
from shared.contracts.catalogue import EVENT_TYPES
from shared.http.endpoints import Endpoint
from shared.kernel.errors import MESSAGES
from shared.kernel.permissions import PERMISSIONS, Role

PAGE = Path("docs") / "api.md"

_BLOCK = re.compile(r"(<!-- table: (?P<name>[a-z]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def with_tables(text: str) -> str:
    """The page with every table as the code has it. Raises KeyError for a table nobody makes."""
    return _BLOCK.sub(lambda found: f"{found[1]}\n{TABLES[found['name']]()}\n{found[3]}", text)


def api_tables(
    *,
    check: Annotated[bool, typer.Option("--check", help="Only say whether it is out of date; exit 1 if so.")] = False,
) -> None:
    """Write the tables of docs/api.md from the code."""
    console = Console()
    path = ROOT / PAGE
    before = path.read_text(encoding="utf-8")
    after = with_tables(before)
    if after == before:
        return
    if check:
        console.print(f"out of date: {PAGE}; run: python -m infra api-tables", highlight=False)
        raise typer.Exit(1)
    path.write_text(after, encoding="utf-8")
    console.print(f"written: {PAGE}", highlight=False)


def _endpoints() -> str:
    rows = [
        (
            f"`{each.method} /{service}{each.path}`",
            each.summary,
            f"`{each.action.value}`" if each.action else "public",
            ", ".join(_demands(each)) or "–",
        )
        for service in existing_services()
        for each in _declared(service)
    ]
    return _table(("endpoint", "what", "action", "needs, notes"), rows)


def _demands(endpoint: Endpoint) -> Iterable[str]:
    if endpoint.once:
        yield "`Idempotency-Key`"
    if endpoint.edits:
        yield "`If-Match`"
    if endpoint.personal:
        yield "the read is recorded"


def _declared(service: str) -> Sequence[Endpoint]:
    declared: Sequence[Endpoint] = importlib.import_module(f"services.{service}.app").app.endpoints
    return declared


def _problems() -> str:
    rows = sorted((message.status, code, message.zh, message.en) for code, message in MESSAGES.items())
    return _table(("code", "status", "words"), [(f"`{c}`", f"{s}", f"{zh}<br>{en}") for s, c, zh, en in rows])


def _permissions() -> str:
    roles = list(Role)
    rows = [
        (f"`{action.value}`", *("✓" if role in holders else "" for role in roles))
        for action, holders in PERMISSIONS.items()
    ]
    return _table(("action", *(f"`{role.value}`" for role in roles)), rows)


def _events() -> str:
    rows = [
        (f"[`{name}`](../shared/contracts/schemas/{name}.json)", (body.__doc__ or "").strip().splitlines()[0])
        for name, body in sorted(EVENT_TYPES.items())
    ]
    return _table(("type", "what happened"), rows)


TABLES: Mapping[str, Callable[[], str]] = {
    "endpoints": _endpoints,
    "problems": _problems,
    "permissions": _permissions,
    "events": _events,
}


def _table(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [headers, ["---"] * len(headers), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines) + "\n"
