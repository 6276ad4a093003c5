"""What is refused because of what stands already: a state, a claim, a name or a number that is taken."""

from tests.support.requests.rules.breaking import Rule, again, at_version, by, having
from tests.support.requests.rules.terms import (
    ACCEPT,
    ACKNOWLEDGE,
    AMENDMENT,
    ANSWER,
    CLAIM,
    DECIDE,
    LATER_ACT,
    NOTE,
    PUBLISH,
    PUSH,
    SUSPEND,
    UPLOAD_LINK,
)
from tests.support.requests.unknown import UNKNOWN
from tests.support.small_city import shop

_OTHER_DECISION = {
    "result": "refused",
    "document_number": "临审批〔2026〕901号",
    "decided_at": "2026-03-06T10:00:00+08:00",
}
_DEED = {"name": "注销决定书.pdf", "sha256": "1" * 64}

RULES: tuple[Rule, ...] = (
    ("of what was merged", SUSPEND, at_version(6), "wrong_state"),
    ("with a name that is taken", "registry POST /v1/departments", having(name="临江市卫生健康委员会"), "name_taken"),
    ("of what is claimed", CLAIM, by("second_liaison"), "already_claimed"),
    ("of what is claimed", f"{PUSH}/offline-claim", again, "already_claimed"),
    *(
        ("of what is done", f"{PUSH}/{each}", again, "wrong_state")
        for each in ("withdraw-claim", "return", "relay", "refer", "uphold", "reassign", "withdraw")
    ),
    ("of a push named twice", "handover POST /v1/claims", having(push_ids=[UNKNOWN["push_id"]] * 2), "invalid_fields"),
    ("of what is said", "handover POST /v1/reviews/{review_id}/opinion", again, "opinion_given"),
    ("of what is withdrawn", "handover POST /v1/reviews/{review_id}/withdraw", again, "wrong_state"),
    ("of what is withdrawn", "handover POST /v1/public-notices/{notice_id}/withdraw", again, "wrong_state"),
    ("to what is withdrawn", "handover POST /v1/public-notices/{notice_id}/objections", again, "wrong_state"),
    ("to what is withdrawn", "handover POST /v1/public/notices/{notice_id}/objections", again, "wrong_state"),
    ("of what runs", "handover POST /v1/cases/{case_id}/resumptions", again, "wrong_state"),
    ("of what is extended", "handover POST /v1/cases/{case_id}/extension", again, "wrong_state"),
    (
        "for no time",
        "handover POST /v1/cases/{case_id}/public-notices",
        having(until="2026-03-02"),
        "invalid_fields",
    ),
    (
        "of nobody known",
        "handover POST /v1/cases/{case_id}/reviews",
        having(departments=[UNKNOWN["department_id"]]),
        "invalid_fields",
    ),
    ("of what is acknowledged", ACKNOWLEDGE, again, "wrong_state"),
    ("without a draft", PUBLISH, at_version(8), "wrong_state"),
    ("of what is retired", "registry POST /v1/items/{item_id}/suspend", at_version(8), "wrong_state"),
    ("of what is retired", "registry POST /v1/items/{item_id}/consultation", at_version(8), "wrong_state"),
    ("to what is over", "registry POST /v1/items/{item_id}/consultation/answer", again, "consultation_ended"),
    ("of what is stored", UPLOAD_LINK, again, "wrong_state"),
    ("of what is stored", "handover POST /v1/materials/{material_id}/upload-link", again, "wrong_state"),
    ("of what came", "handover POST /v1/reconciliations/{reconciliation_id}/upload-link", again, "wrong_state"),
    ("of what is answered", NOTE, again, "wrong_state"),
    ("of what is answered", ANSWER, again, "wrong_state"),
    ("of what is started", "registry POST /v1/imports/{import_id}/start", again, "wrong_state"),
    ("of what is applied", "registry POST /v1/imports/{import_id}/apply", again, "wrong_state"),
    ("of what is given up", "registry POST /v1/imports/{import_id}/abandon", again, "wrong_state"),
    ("of what is entered", "registry POST /v1/transfers", again, "transfer_recorded"),
    ("of the same case with another applicant", ACCEPT, having(applicant=shop(901)), "case_conflict"),
    ("of the same case to another end", DECIDE, having(decision=_OTHER_DECISION), "case_conflict"),
    ("with a code that is taken", "registry POST /v1/items", again, "code_taken"),
    ("of what is cancelled", LATER_ACT, having(act=AMENDMENT), "wrong_state"),
    ("of the same document with another content", LATER_ACT, having(materials=[_DEED]), "case_conflict"),
)
