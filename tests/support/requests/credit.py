"""Good requests to credit."""

from tests.support.requests.world import NUMBER, SHOP, Good

GOOD: dict[str, Good] = {
    "credit POST /v1/lookups": Good(
        "approver",
        lambda _: {"subject_code": SHOP["code"], "subject_kind": "organisation", "case_number": NUMBER},
        learns={"lookup": lambda made: str(made["lookup_id"])},
        other={"case_number": "BAD-2026-000002"},
    ),
    "credit GET /v1/lookups/{lookup_id}": Good("approver", path={"lookup_id": "lookup"}),
    "credit GET /v1/subjects/{code}/records": Good("credit", path={"code": SHOP["code"]}),
    "credit GET /v1/subjects/{code}/lookups": Good("credit", path={"code": SHOP["code"]}),
    "credit GET /v1/rules": Good(None),
}
