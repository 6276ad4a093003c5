"""What stands in a part of an export beside the log's own files: a table and a word to the reader (R-AUD-7)."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Final, NamedTuple

from services.audit.domain.exports import LogExport, Range
from services.audit.domain.postings import case_of
from shared.contracts.dockets import Docket
from shared.contracts.event import Envelope
from shared.kernel.clock import BEIJING
from shared.kernel.sheets.writing import guarded, write_csv

TABLE: Final = "events.csv"
READ_ME: Final = "README.txt"
RANGE: Final = "range.json"


class Line(NamedTuple):
    """One event of the table. `intact`: whether the log's file has it as it was sealed (R-AUD-4)."""

    place: int
    envelope: Envelope
    docket: Docket
    hash: str
    intact: bool


_COLUMNS: Final[Mapping[str, Callable[[Line], object]]] = {
    "日志序号 Index": lambda line: line.place,
    "时间 Time": lambda line: line.envelope.time,
    "事件类型 Event type": lambda line: line.envelope.type,
    "部门 Department": lambda line: line.envelope.department,
    "操作主体 Principal": lambda line: line.docket.principal,
    "办件 Case": lambda line: case_of(line.envelope, line.docket),
    "对象 Subject": lambda line: line.envelope.subject,
    "对象内序号 Sequence": lambda line: line.envelope.sequence,
    "服务 Service": lambda line: line.envelope.source,
    "请求 Request": lambda line: line.docket.request,
    "事件编号 Event": lambda line: line.envelope.id,
    "叶哈希 Leaf hash": lambda line: line.hash,
    "完好 Intact": lambda line: "是 yes" if line.intact else "否 no",
}
"""The columns of the table. Case, principal and request are kept beside the log; everything else is in it."""


def table(lines: Iterable[Line]) -> Iterator[bytes]:
    """The table, piece by piece."""
    return write_csv(_grid(lines))


def _grid(lines: Iterable[Line]) -> Iterator[list[str]]:
    yield list(_COLUMNS)
    for line in lines:
        yield [guarded(_cell(column(line))) for column in _COLUMNS.values()]


def _cell(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(BEIJING).isoformat(timespec="milliseconds")
    return "" if value is None else str(value)


def read_me(export: LogExport, part: Range, number: int, origin: str, missing: Iterable[str]) -> str:
    """What the part is and how to judge it."""
    gone = "".join(f"\n- {path}" for path in missing)
    told = f"\n下列文件在导出时已缺失 These files were not there to be exported:{gone}\n" if gone else ""
    return _TEXT.format(
        origin=origin,
        first=export.first_day,
        last=export.last_day,
        number=number,
        start=part.start,
        end=part.end - 1,
        size=export.size,
        missing=told,
    )


_TEXT: Final = """\
审计日志导出 Export of the audit log
===================================

日志 Log: {origin}
期间 Days: {first} – {last}
文件 Part: {number}
条目 Entries: {start} – {end}
日志长度 Size of the log: {size}
{missing}
核验 To verify, offline
-----------------------

    shenguan verify FILE.zip --key KEY

KEY 是日志的公钥,请从日志主办单位公布之处取得,不要从本文件取得。
KEY is the log's public key. Take it from where the log's owner publishes it, never from this file.

内容 What is in it
------------------

checkpoint      经签名的日志长度与根哈希 size and root of the log, signed (C2SP tlog-checkpoint)
tile/entries/   本段条目 the entries of this range (C2SP tlog-tiles)
tile/           逐级哈希,据此由条目核验至根 the tiles that lead from the entries to the root
range.json      本段在日志中的位置 where in the log this range is
events.csv      期间内的事件 the events of these days

日志只含事件信封,不含姓名、证件号码等内容;events.csv 中的操作主体、办件、请求编号登记于日志之外,不受签名保护。
The log holds envelopes of events and no names or personal ids. Principal, case and request in events.csv are kept
beside the log; the signature does not cover them.
"""
