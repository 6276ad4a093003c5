"""What the public list is not asked."""

from tests.support.requests.rules.breaking import Rule, asking, by

_LIST = "registry GET /v1/public/items"
_CHANGES = "registry GET /v1/public/changes"

RULES: tuple[Rule, ...] = (
    ("for one character", _LIST, asking("approver", q="许"), "invalid_fields"),
    ("at no instant", f"{_LIST}/{{code}}/in-force", asking("approver", at="yesterday"), "invalid_fields"),
    (
        "of days in the wrong order",
        _CHANGES,
        asking("approver", **{"from": "2026-02-01", "to": "2026-01-01"}),
        "invalid_fields",
    ),
    (
        "of more than a year",
        _CHANGES,
        asking("approver", **{"from": "2024-01-01", "to": "2026-01-01"}),
        "invalid_fields",
    ),
    ("in no format of ours", "registry GET /v1/public/exports/{format}", by("approver", format="pdf"), "not_found"),
)
