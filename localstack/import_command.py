"""`shenguan import FILE`: check a list of items, show what it would do, and apply it (R-REG-6).

Exit codes: 0 applied, or nothing to do; 1 refused, faulty, or not wanted; 2 no such file, no stack.
"""

import hashlib
import time
from enum import IntEnum
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from localstack.caller import desk_at
from localstack.demo.desk import DemoStoppedError, Desk
from localstack.runner import StackDownError
from shared.kernel.errors import Refused

console = Console()

PAUSE_SECONDS = 1.0
MOST_SHOWN = 20
"""Rows of each kind shown; the sheet given back tells all."""

_WORKING = frozenset({"reading", "checking", "applying"})
_FORMATS = {".csv": "csv", ".xlsx": "xlsx"}


class Outcome(IntEnum):
    """The exit codes."""

    DONE = 0
    REFUSED = 1
    UNUSABLE = 2


def import_list(
    file: Annotated[Path, typer.Argument(help="The list, .csv or .xlsx (/registry/v1/public/import-template/xlsx).")],
    *,
    partial: Annotated[bool, typer.Option("--partial", help="Take the good rows where others are bad.")] = False,
    publish: Annotated[str | None, typer.Option("--publish", help="Publish at once, for this reason.")] = None,
    waived: Annotated[
        str | None, typer.Option("--waived", help="Why the supervision departments need not be asked before.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Apply without asking.")] = False,
    url: Annotated[str | None, typer.Option(help="A deployment's base URL; the local stack if none.")] = None,
    token: Annotated[
        str | None,
        typer.Option(envvar="SHENGUAN_TOKEN", help="A registrar's token there; on the local stack the demo's if none."),
    ] = None,
) -> None:
    """Import a list of items (导入清单): checked row by row, shown, then applied, all of it or nothing."""
    if file.suffix.lower() not in _FORMATS or not file.is_file():
        _complain(f"{file} is no .csv or .xlsx file. Check the path, or save the list as one of them.")
        raise typer.Exit(Outcome.UNUSABLE)
    if url is not None and token is None:
        _complain(f"A token for {url} is missing. Give a registrar's token there by --token or SHENGUAN_TOKEN.")
        raise typer.Exit(Outcome.UNUSABLE)
    if waived is not None and publish is None:
        _complain("--waived says why nobody is asked before publishing. Add --publish, or leave it out.")
        raise typer.Exit(Outcome.UNUSABLE)
    try:
        with desk_at(url, token, "registrar") as desk:
            raise typer.Exit(_run(desk, file, _order(publish, waived, partial=partial), yes=yes))
    except (DemoStoppedError, httpx.HTTPError, Refused) as error:
        _complain(str(error))
        raise typer.Exit(Outcome.REFUSED) from None
    except StackDownError as error:
        _complain(f"{error}\nOr name another deployment with --url and --token.")
        raise typer.Exit(Outcome.UNUSABLE) from None


def _run(desk: Desk, file: Path, order: dict[str, Any], *, yes: bool) -> Outcome:
    import_id = _upload(desk, file)
    report = _watch(desk, import_id, "checking 检查")
    if report["state"] == "refused":
        refusal = report["refusal"]
        _complain(f"{refusal['zh']}\n{refusal['en']}")
        _faults(refusal["faults"], "the header row")
        return Outcome.REFUSED
    _show(desk, report)
    counters = report["counters"]
    if counters["bad"] and not order["partial"]:
        _complain(
            f"{counters['bad']} rows are faulty; nothing was changed. Correct them in the sheet given back and import "
            f"it again, or add --partial to take the other {counters['rows'] - counters['bad']} rows.\n"
            f"The sheet with its column of errors: {_save_sheet(desk, import_id, file)}"
        )
        return Outcome.REFUSED
    if not counters["create"] + counters["change"]:
        console.print("[bold green]Nothing to do:[/] the list says what is there already. 清单与现有内容一致。")
        return Outcome.DONE
    if not (yes or typer.confirm("Apply? 是否应用?")):
        desk.post(f"/registry/v1/imports/{import_id}/abandon", None)
        console.print("Nothing was changed. 未作任何改动。")
        return Outcome.REFUSED
    desk.post(f"/registry/v1/imports/{import_id}/apply", order)
    return _tell(desk, _watch(desk, import_id, "applying 应用"))


def _tell(desk: Desk, report: dict[str, Any]) -> Outcome:
    if report["state"] != "applied":
        stale = report["stale"] or {}
        _complain(f"{stale.get('zh', report['state'])}\n{stale.get('en', 'Import the file again.')}")
        return Outcome.REFUSED
    counters = report["counters"]
    console.print(
        f"[bold green]Applied[/] {counters['applied']} rows; published {counters['published']}. "
        f"已应用 {counters['applied']} 行,发布 {counters['published']} 行。"
    )
    if counters["unpublished"]:
        rows = _rows(desk, report["import_id"], "unpublished")
        table = Table("line 行", "code 编码", "why it stays a draft 未发布原因", box=None)
        for row in rows:
            told = row["publication"]
            table.add_row(str(row["line"]), row["code"], Text(f"{told['zh']} {told['en']}"))
        console.print(table)
        return Outcome.REFUSED
    return Outcome.DONE


# --- Talking to the registry -----------------------------------------------------------------------


def _upload(desk: Desk, file: Path) -> str:
    content = file.read_bytes()
    declared = {
        "file_name": file.name,
        "format": _FORMATS[file.suffix.lower()],
        "size": max(1, len(content)),
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    made = desk.post("/registry/v1/imports", declared)
    link = made["upload"]
    with console.status(f"uploading {file.name} ({len(content)} bytes) 上传 ..."):
        desk.http.request(link["method"], link["url"], content=content, headers=link["headers"]).raise_for_status()
    desk.post(f"/registry/v1/imports/{made['import_id']}/start", None)
    return str(made["import_id"])


def _watch(desk: Desk, import_id: str, what: str) -> dict[str, Any]:
    """Show how far it is until it goes no further."""
    columns = (
        TextColumn("{task.description:<16}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[rows]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console) as progress:
        bar = progress.add_task(what, total=100, rows="")
        while True:
            report: dict[str, Any] = desk.get(f"/registry/v1/imports/{import_id}")
            counters = report["counters"]
            done = counters["applied"] if report["state"] in {"applying", "applied"} else counters["rows"]
            progress.update(bar, completed=report["percent"], rows=f"{done} rows 行")
            if report["state"] not in _WORKING:
                return report
            time.sleep(PAUSE_SECONDS)


def _rows(desk: Desk, import_id: str, outcome: str) -> list[dict[str, Any]]:
    page = desk.get(f"/registry/v1/imports/{import_id}/rows", outcome=outcome, limit=str(MOST_SHOWN))
    return list(page["rows"])


def _save_sheet(desk: Desk, import_id: str, file: Path) -> Path:
    headers = {"Authorization": f"Bearer {desk.token}"}
    moved = desk.http.get(f"{desk.base_url}/registry/v1/imports/{import_id}/sheet", headers=headers)
    target = file.with_name(f"{file.stem}-checked{file.suffix}")
    target.write_bytes(desk.http.get(moved.headers["Location"]).raise_for_status().content)
    return target


def _order(publish: str | None, waived: str | None, *, partial: bool) -> dict[str, Any]:
    order = {"reason": publish, "consultation_waived": waived} if publish else None
    return {"partial": partial, "publish": order}


# --- Showing ---------------------------------------------------------------------------------------


def _show(desk: Desk, report: dict[str, Any]) -> None:
    counters = report["counters"]
    table = Table("rows 行", "create 新增", "change 变更", "same 相同", "bad 有误", "warned 提示", box=None)
    table.add_row(*(str(counters[name]) for name in ("rows", "create", "change", "same", "bad", "warned")))
    console.print(table)
    if counters["change"]:
        changed = Table("line 行", "code 编码", "what changes 变更", box=None)
        for row in _rows(desk, report["import_id"], "change"):
            changed.add_row(str(row["line"]), row["code"], Text("\n".join(each["zh"] for each in row["differences"])))
        console.print(changed)
    for outcome, name in (("bad", "faults"), ("warned", "warnings")):
        if counters[outcome]:
            for row in _rows(desk, report["import_id"], outcome):
                _faults(row[name], f"line 第 {row['line']} 行 {row['code'] or ''}")
    if max(counters["change"], counters["bad"], counters["warned"]) > MOST_SHOWN:
        console.print(f"[dim]At most {MOST_SHOWN} rows of a kind are shown; the sheet given back tells all.[/]")


def _faults(faults: list[dict[str, Any]], where: str) -> None:
    for fault in faults:
        place = f"{fault['header']}({fault['column']})" if fault["column"] else ""
        console.print(Text(f"{where} {place} {fault['value'] or ''}: {fault['zh']} {fault['en']}"), soft_wrap=True)


def _complain(text: str) -> None:
    console.print(Text(f"✘ {text}", style="bold red"), soft_wrap=True)
