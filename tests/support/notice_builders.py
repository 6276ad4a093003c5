"""Notices of changed law as departments' systems send and answer them."""

from typing import Any

from services.registry.app import app
from shared.kernel.permissions import Role
from tests.support.gateway import Answer, Gateway


def supervisor(department: str | None, role: Role = Role.LIAISON) -> Gateway:
    """The registry as a liaison of a supervision department calls it."""
    return Gateway(app).with_principal(department, role)


def answerer(bureau: str | None, role: Role = Role.APPROVER) -> Gateway:
    """The registry as the approval bureau calls it."""
    return Gateway(app).with_principal(bureau, role)


def watch(department: str | None = None) -> Gateway:
    """The registry as oversight calls it."""
    return Gateway(app).with_principal(department, Role.OVERSIGHT)


def notice_body(*codes: str, **changed: Any) -> dict[str, Any]:
    """The law behind some items has changed."""
    return {
        "kind": "law",
        "title": "《食品经营许可和备案管理办法》修订",
        "document_number": "国家市场监督管理总局令第78号",
        "effective_on": "2026-12-01",
        "summary": "仅销售预包装食品的,由许可改为备案。",
        "items": list(codes),
    } | changed


def sent(department: str, *codes: str, **changed: Any) -> dict[str, Any]:
    """Send a notice."""
    answer = supervisor(department).post("/v1/notices", notice_body(*codes, **changed))
    assert answer.status == 201, answer.text
    return dict(answer.json)


def acknowledge(bureau: str, notice_id: str, *, key: str | None = None) -> Answer:
    return answerer(bureau).post(f"/v1/notices/{notice_id}/acknowledge", None, key=key)


def answer(bureau: str, notice_id: str, *, key: str | None = None, **changed: Any) -> Answer:
    """Answer that nothing need be revised, or as `changed` says."""
    body = {"outcome": "no_revision_needed", "reason": "清单条件与修订后的规定一致。"} | changed
    return answerer(bureau).post(f"/v1/notices/{notice_id}/answer", body, key=key)
