"""What the bench's bureau and its supervisor send: the bodies of requests, alike but for the case they are about."""

from datetime import timedelta

from infra.bench.city import ITEM_CODE, shop
from infra.bench.gateway import Ask
from shared.kernel.clock import utc_now

_HASH = "0" * 64


def case_number(number: int) -> str:
    """The bureau's number of a case; all are equally long."""
    return f"SP-2026-{number:07d}"


def lookup(number: int) -> Ask:
    """The applicant's credit at the counter."""
    given = {
        "subject_code": shop(number)["code"],
        "subject_kind": "organisation",
        "case_number": case_number(number),
    }
    return Ask("POST", "/v1/lookups", given)


def acceptance(number: int, materials: int = 1) -> Ask:
    """A case accepted five minutes ago."""
    at = (utc_now() - timedelta(minutes=5)).isoformat(timespec="milliseconds")
    given = {
        "case_number": case_number(number),
        "item_code": ITEM_CODE,
        "applicant": shop(number),
        "received_at": at,
        "accepted_at": at,
        "materials": [{"name": f"申请材料{each}.pdf", "sha256": _HASH} for each in range(materials)],
    }
    return Ask("POST", "/v1/acceptances", given)


def decision(number: int) -> Ask:
    """The licence granted at this moment."""
    decided = {
        "result": "granted",
        "document_number": f"示审批〔2026〕{case_number(number)}",
        "decided_at": utc_now().isoformat(timespec="milliseconds"),
        "licence_number": "JY29900000000017",
        "valid_from": "2026-03-06",
        "valid_until": "2031-03-05",
    }
    return Ask("POST", "/v1/decisions", {"case_number": case_number(number), "decision": decided})


def view(push_id: str) -> Ask:
    """A push opened."""
    return Ask("GET", "/v1/pushes/{push_id}", path={"push_id": push_id})


def claim(push_id: str) -> Ask:
    """A push claimed."""
    return Ask("POST", "/v1/pushes/{push_id}/claim", path={"push_id": push_id})


def responsibility(case_id: str) -> Ask:
    """Who is answerable for a case at this moment."""
    return Ask("GET", "/v1/cases/{case_id}/responsibility", path={"case_id": case_id})


def penalty(number: int, case_id: str) -> Ask:
    """A penalty reported back."""
    report = {
        "kind": "penalty",
        "document_number": f"市监处罚〔2026〕{case_number(number)}",
        "decided_on": "2026-04-02",
        "kinds": ["warning", "fine"],
        "facts": "冷藏柜温度超过规定。",
        "legal_basis": "《中华人民共和国食品安全法》第一百二十六条",
        "fine_yuan": "5000.00",
    }
    return Ask("POST", "/v1/threads", {"case_id": case_id, "report": report})


def acknowledgement(thread_id: str) -> Ask:
    """What was reported back, acknowledged."""
    return Ask("POST", "/v1/threads/{thread_id}/acknowledge", {}, {"thread_id": thread_id})


INBOX = Ask("GET", "/v1/inbox")
