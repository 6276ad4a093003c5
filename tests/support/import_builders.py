"""Sheets as offices fill them in, and an import driven as the registry's own queue would drive it."""

import csv
import hashlib
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import boto3
import httpx

from services.registry import wiring
from services.registry.domain.columns import READ
from services.registry.logic.importing import Workshop, advance
from shared.aws.consumer import system_principal
from shared.aws.table import ALL_SHARDS, Row
from shared.contracts.change import AlreadyDone, Context, Once, Outdated
from shared.contracts.event import Event
from shared.contracts.imports import ImportAdvanced
from shared.kernel.clock import utc_now
from shared.kernel.sheets.uploads import MEDIA_TYPES, Format
from shared.kernel.sheets.writing import write_csv, write_xlsx
from tests.support.gateway import Answer
from tests.support.registry_builders import registrar

BUCKET = "registry-files"

ROW: dict[str, str] = {
    "code": "000131016000",
    "name": "食品经营许可",
    "item_type": "01 行政许可",
    "level": "市级",
    "division_code": "990100",
    "legal_basis": "《中华人民共和国食品安全法》第三十五条",
    "approval_department": "临江市行政审批局",
    "approval_section": "市场准入科",
    "approval_person": "王静",
    "approval_contact": "0999-5550100",
    "statutory_limit": "20",
    "committed_limit": "8个工作日",
    "push_stages": "受理、办结",
    "lead.department": "临江市市场监督管理局",
    "lead.supervision_item": "食品经营监督检查",
    "lead.section": "食品经营监管科",
    "lead.person": "李敏",
    "lead.contact": "0999-5550101",
}
"""A row as an office fills it in: what needs not be said is not said."""

ORDER = {"publish": {"reason": "首次发布", "consultation_waived": "市政府文件已确定清单"}}
_HEADERS = {each.path: each.header.zh for each in READ}


def code(number: int) -> str:
    """The code of the n-th item."""
    return f"000131{number:06d}"


def a_row(number: int = 0, **changed: str) -> dict[str, str]:
    """The n-th row; dots in paths are written as two underscores."""
    told = {name.replace("__", "."): text for name, text in changed.items()}
    return ROW | {"code": code(number), "name": f"第{number}项许可"} | told


def grid(rows: Iterable[Mapping[str, str]]) -> list[list[str]]:
    """The header and the cells of some rows."""
    rows = list(rows)
    paths = list(dict.fromkeys(path for row in rows for path in row))
    return [[_HEADERS.get(path, path) for path in paths], *([row.get(path, "") for path in paths] for row in rows)]


def as_csv(rows: Iterable[Mapping[str, str]], *, encoding: str = "utf-8", separator: str = ",") -> bytes:
    """A CSV file, as it is: nothing guarded."""
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=separator).writerows(grid(rows))
    return text.getvalue().encode(encoding)


def as_xlsx(rows: Iterable[Mapping[str, str]]) -> bytes:
    """An XLSX file of texts."""
    return b"".join(write_xlsx({"清单": grid(rows)}))


def declaration(content: bytes, format_: str = "csv") -> dict[str, Any]:
    """What is said of a file before it is sent."""
    sha256 = hashlib.sha256(content).hexdigest()
    return {"file_name": f"清单.{format_}", "format": format_, "size": len(content), "sha256": sha256}


def put_upload(import_id: str, content: bytes) -> None:
    """The bytes as the upload link would store them."""
    boto3.client("s3").put_object(Bucket=BUCKET, Key=f"imports/{import_id}/upload", Body=content)


def send_upload(link: Mapping[str, Any], content: bytes) -> None:
    """Send a file by its upload link."""
    answer = httpx.put(link["url"], content=content, headers=dict(link["headers"]), trust_env=False, timeout=120)
    assert answer.is_success, answer.text


def started(bureau: str, content: bytes, format_: str = "csv") -> str:
    """Declare, upload and start a file; the import's id."""
    desk = registrar(bureau)
    declared = desk.post("/v1/imports", declaration(content, format_))
    assert declared.status == 201, declared.text
    import_id = str(declared.json["import_id"])
    put_upload(import_id, content)
    answer = desk.post(f"/v1/imports/{import_id}/start", None)
    assert answer.status == 200, answer.text
    return import_id


def checked(table: type[Row], bureau: str, content: bytes, format_: str = "csv") -> str:
    """The same, and have it checked."""
    import_id = started(bureau, content, format_)
    work_off(table)
    return import_id


def apply(bureau: str, import_id: str, **asked: Any) -> Answer:
    """Ask for an import to be applied."""
    return registrar(bureau).post(f"/v1/imports/{import_id}/apply", asked)


def report(bureau: str, import_id: str) -> dict[str, Any]:
    """An import as it stands."""
    answer = registrar(bureau).get(f"/v1/imports/{import_id}")
    assert answer.status == 200, answer.text
    return dict(answer.json)


def rows(bureau: str, import_id: str, outcome: str = "") -> list[dict[str, Any]]:
    """What its rows do, from all pages."""
    desk, found, cursor = registrar(bureau), [], ""
    while True:
        query = "&".join(each for each in (outcome and f"outcome={outcome}", cursor and f"cursor={cursor}") if each)
        page = desk.get(f"/v1/imports/{import_id}/rows?limit=70&{query}").json
        found += page["rows"]
        cursor = page["next"]
        if cursor is None:
            return found


def workshop(*, more: Callable[[], bool] = lambda: True) -> Workshop:
    """The registry's own stores, one thread (moto has no more)."""
    return Workshop(
        wiring.imports(), wiring.items(), wiring.departments(), wiring.files(), wiring.jurisdiction(), more, workers=1
    )


def deliver(event: Event, shop: Workshop) -> None:
    """An event arrives at the registry's queue."""
    once = Once(f"event#{event.id}", event.commitment)
    context = Context(system_principal("registry"), utc_now(), event.data.correlation_id, once)
    try:
        advance(shop, context, event.subject, event.sequence)
    except (AlreadyDone, Outdated):
        return


def work_off(
    table: type[Row],
    *,
    more: Callable[[], bool] = lambda: True,
    between: Callable[[], None] = lambda: None,
    most: int = 1000,
) -> int:
    """Deliver every event that asks for a step, once, until none does; how many steps there were."""
    seen: set[str] = set()
    while len(seen) < most:
        waiting = [each for each in advanced(table) if each.id not in seen]
        if not waiting:
            break
        seen.add(waiting[0].id)
        deliver(waiting[0], workshop(more=more))
        between()
    return len(seen)


def advanced(table: type[Row]) -> Sequence[Event]:
    """Every event written so far that asks for a step, in the order of writing."""
    keys = [(row.pk, row.sk) for shard in ALL_SHARDS for row in table.outbox_index.query(shard)]
    ours = [key for key in keys if key[0].startswith("imp_")]
    events = [Event.model_validate_json(row.body or "") for row in table.batch_get(ours)] if ours else []
    return sorted(
        (each for each in events if each.type == ImportAdvanced.TYPE), key=lambda each: (each.time, each.sequence)
    )


__all__ = [
    "BUCKET", "MEDIA_TYPES", "ORDER", "ROW", "Format", "a_row", "advanced", "apply", "as_csv", "as_xlsx", "checked",
    "code", "declaration", "deliver", "grid", "put_upload", "report", "rows", "send_upload", "started", "work_off",
    "workshop", "write_csv",
]  # fmt: skip
