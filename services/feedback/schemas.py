"""Requests and answers of the feedback API; `Thread` and `Report` are the shared contract."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from shared.contracts.cases import Material
from shared.contracts.feedback import Report, Thread
from shared.contracts.model import Contract, Identifier
from shared.http.pages import PageQuery

MAX_ATTACHMENTS = 50


class OpenThread(Contract):
    """A finding of supervision about a case that was pushed to us (R-FBK-1, R-FBK-2)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "case_id": "case_01JD0M3Q5V8Z2K7T4B9N6R1X5C",
                    "report": {
                        "kind": "inspection",
                        "inspected_at": "2026-03-20T10:30:00+08:00",
                        "result": "non_compliant",
                        "handling": "timed_rectification",
                        "findings": "后厨生熟砧板未分开,冷藏柜温度 12℃,超过规定的 8℃。",
                        "rectify_by": "2026-03-30",
                    },
                    "attachments": [
                        {
                            "name": "现场检查笔录.pdf",
                            "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
                        }
                    ],
                },
                {
                    "case_id": "case_01JD0M3Q5V8Z2K7T4B9N6R1X5C",
                    "report": {
                        "kind": "penalty",
                        "document_number": "市监处罚〔2026〕118号",
                        "decided_on": "2026-04-02",
                        "kinds": ["warning", "fine"],
                        "facts": "逾期未整改,继续以不符合规定的温度贮存熟食。",
                        "legal_basis": "《中华人民共和国食品安全法》第一百二十六条",
                        "fine_yuan": "5000.00",
                    },
                },
            ]
        }
    )

    case_id: Identifier
    report: Report
    attachments: Annotated[tuple[Material, ...], Field(max_length=MAX_ATTACHMENTS)] = ()


class Acknowledge(Contract):
    """The bureau takes note of a thread, with or without words (R-FBK-10)."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"reply": "已记入办件档案,整改结果请再反馈。"}]},
    )

    reply: Annotated[str, Field(min_length=1, max_length=4000)] | None = None


class InboxQuery(PageQuery):
    """Which of the threads addressed to us: those still open, unless asked otherwise."""

    state: Literal["open", "acknowledged"] = "open"


class ThreadList(Contract):
    """A page of threads, newest first. It may hold fewer than `limit`; `next` is null at the end."""

    threads: tuple[Thread, ...]
    next: str | None
