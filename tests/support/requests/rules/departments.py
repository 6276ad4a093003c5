"""What is refused of other departments' affairs; beside it, which files may not come in."""

from tests.support.requests.rules.breaking import Rule, asking, by, having
from tests.support.requests.rules.terms import (
    ACCEPT,
    ACKNOWLEDGE,
    ANSWER,
    CLAIM,
    DECIDE,
    NOTE,
    PUBLISH,
    PUSH,
    REPORT,
    SUSPEND,
    UPLOAD_LINK,
)
from tests.support.requests.unknown import UNKNOWN

_CASE = "handover GET /v1/cases/{case_id}"

_NOBODYS = {"name": "申请书.pdf", "sha256": "0" * 64, "material_id": UNKNOWN["material_id"]}

RULES: tuple[Rule, ...] = (
    ("of another department", "handover GET /v1/pushes/{push_id}", by("stranger"), "not_your_department"),
    ("for another department", CLAIM, by("stranger", push_id="later_push"), "not_your_department"),
    *(
        ("for another department", f"{PUSH}/{each}", by("stranger"), "not_your_department")
        for each in ("offline-claim", "withdraw-claim", "return", "relay", "refer", "uphold", "reassign", "withdraw")
    ),
    *(
        ("of what another sent", f"{PUSH}/{each}", by("strange_approver"), "not_your_department")
        for each in ("offline-claim", "refer", "uphold", "reassign", "withdraw")
    ),
    ("of others", _CASE, by("stranger"), "not_your_department"),
    ("of others", f"{_CASE}/timeline", by("stranger"), "not_your_department"),
    ("of others", f"{_CASE}/responsibility", by("stranger"), "not_your_department"),
    ("of others", f"{_CASE}/materials/{{material_id}}", by("stranger"), "not_your_department"),
    *(
        ("of another department", f"handover {each}", by("stranger"), "not_your_department")
        for each in (
            "POST /v1/materials/{material_id}/upload-link",
            "POST /v1/materials/{material_id}/complete",
            "GET /v1/materials/{material_id}",
            "GET /v1/materials/{material_id}/content",
        )
    ),
    ("for no department", "handover POST /v1/materials", by("homeless_approver"), "not_your_department"),
    ("called another kind", "handover POST /v1/materials", having(file_name="申请书.exe"), "invalid_fields"),
    ("of 200 MB and a byte", "handover POST /v1/materials", having(size=200 * 1024 * 1024 + 1), "invalid_fields"),
    ("with nobody's material", ACCEPT, having(case_number="BAD-2026-000009", materials=[_NOBODYS]), "invalid_fields"),
    ("of no bureau", ACCEPT, by("homeless_approver"), "not_your_department"),
    ("of no bureau", DECIDE, by("homeless_approver"), "not_your_department"),
    (
        "of another department",
        "registry PUT /v1/departments/{department_id}",
        by("strange_registrar"),
        "not_your_department",
    ),
    ("for another bureau", "registry POST /v1/items", by("strange_registrar"), "not_your_department"),
    ("for another bureau", PUBLISH, by("strange_registrar"), "not_your_department"),
    (
        "of another department",
        "registry GET /v1/items",
        asking("strange_registrar", department="bureau"),
        "not_your_department",
    ),
    (
        "of another department",
        "registry GET /v1/consultations",
        asking("stranger", department="market"),
        "not_your_department",
    ),
    (
        "of another department",
        "registry POST /v1/documents/{document_id}/complete",
        by("strange_registrar"),
        "not_your_department",
    ),
    ("of another department", UPLOAD_LINK, by("strange_registrar"), "not_your_department"),
    ("for no department", "registry POST /v1/documents", by("city_registrar"), "not_your_department"),
    ("of others", "registry GET /v1/notices/{notice_id}", by("stranger"), "not_your_department"),
    ("of others", "registry GET /v1/notices", asking("stranger", department="market"), "not_your_department"),
    ("for another bureau", NOTE, by("strange_approver"), "not_your_department"),
    ("for another bureau", ANSWER, by("strange_approver"), "not_your_department"),
    ("for another taker", "registry POST /v1/transfers", by("strange_registrar"), "not_your_department"),
    ("of another taker", "registry PUT /v1/transfers/{transfer_id}", by("strange_registrar"), "not_your_department"),
    *(
        ("of another bureau", f"registry {path}", by("strange_registrar"), "not_your_department")
        for path in (
            "GET /v1/imports/{import_id}",
            "GET /v1/imports/{import_id}/rows",
            "GET /v1/imports/{import_id}/sheet",
            "POST /v1/imports/{import_id}/start",
            "POST /v1/imports/{import_id}/apply",
            "POST /v1/imports/{import_id}/abandon",
        )
    ),
    ("for no bureau", "registry POST /v1/imports", by("city_registrar"), "not_your_department"),
    ("over ten megabytes", "registry POST /v1/imports", having(size=50 * 1024 * 1024), "file_too_large"),
    (
        "in no format of ours",
        "registry GET /v1/public/import-template/{format}",
        by("approver", format="pdf"),
        "not_found",
    ),
    ("on a case of others", REPORT, by("stranger"), "not_your_department"),
    ("of others", "feedback GET /v1/threads/{thread_id}", by("stranger"), "not_your_department"),
    ("of others", "feedback GET /v1/cases/{case_id}/threads", by("stranger"), "not_your_department"),
    ("for another bureau", ACKNOWLEDGE, by("strange_approver"), "not_your_department"),
    ("of others", "credit GET /v1/lookups/{lookup_id}", by("strange_approver"), "not_your_department"),
    (
        "of others",
        "notification GET /v1/deliveries",
        asking("stranger", department="market"),
        "not_your_department",
    ),
    ("of others", "oversight GET /v1/findings", asking("stranger", department="market"), "not_your_department"),
    ("by no registrar of the city", SUSPEND, by("registrar"), "city_registrar_only"),
)
