"""What is refused for what the request says: it names what does not exist, or its fields do not agree."""

from tests.support.requests.rules.breaking import Rule, again, asking, by, having
from tests.support.requests.rules.terms import ACCEPT, AMENDMENT, DECIDE, LATER_ACT, REPORT
from tests.support.requests.unknown import UNKNOWN, elsewhere
from tests.support.requests.world import SHOP

_WITNESS = "audit PUT /v1/witnesses/{name}"
_LOOK_UP = "credit POST /v1/lookups"

# The number is made up; it is as long as one, and so must not come in.
_PERSON = {"name": "某人", "kind": "person", "code": "110101190001010000", "phone": "0999-5550199"}
# A credit code like the world's shop's, but for its last character.
_MISTYPED = SHOP["code"][:-1] + ("0" if SHOP["code"][-1] != "0" else "1")

RULES: tuple[Rule, ...] = (
    # what is named does not exist
    (
        "under nobody known",
        "registry POST /v1/departments",
        having(superior=UNKNOWN["department_id"]),
        "department_unknown",
    ),
    (
        "from nobody known",
        "registry POST /v1/transfers",
        having(giver=UNKNOWN["department_id"]),
        "department_unknown",
    ),
    ("of items somebody else supervises", "registry POST /v1/notices", by("stranger"), "invalid_fields"),
    ("of items nobody knows", "registry POST /v1/notices", having(items=["999999999999"]), "invalid_fields"),
    ("of tomorrow", "registry POST /v1/transfers", having(transferred_on="2999-01-01"), "invalid_fields"),
    ("issued tomorrow", "registry POST /v1/documents", having(issued_on="2999-01-01"), "invalid_fields"),
    ("on an unknown case", REPORT, having(case_id=UNKNOWN["case_id"]), "not_found"),
    # fields that do not agree
    ("for nothing", _LOOK_UP, having(case_number=None), "purpose_missing"),
    ("of a code that has another check character", _LOOK_UP, having(subject_code=_MISTYPED), "invalid_fields"),
    ("with a person's id in the clear", ACCEPT, having(case_number="BAD-3", applicant=_PERSON), "invalid_fields"),
    (
        "before it was received",
        ACCEPT,
        having(case_number="BAD-4", received_at="2026-03-03T09:00:00+08:00"),
        "invalid_fields",
    ),
    ("of an unknown case without its item", DECIDE, having(case_number="BAD-5"), "invalid_fields"),
    ("of an unknown case without its item", LATER_ACT, having(case_number="BAD-5"), "invalid_fields"),
    ("for no reason", LATER_ACT, having(act={**AMENDMENT, "stage": "rescission"}), "invalid_fields"),
    (
        "who administers and claims",
        "identity POST /v1/clients",
        having(roles=["system_admin", "liaison"]),
        "invalid_fields",
    ),
    (
        "of days that end before they begin",
        "audit GET /v1/events",
        asking("auditor", **{"from": "2026-03-02", "to": "2026-03-01"}),
        "invalid_fields",
    ),
    (
        "of days that end before they begin",
        "audit POST /v1/exports",
        having(**{"from": "2026-03-02", "to": "2026-03-01"}),
        "invalid_fields",
    ),
    (
        "that was never written",
        "audit GET /v1/exports/{export_id}/parts/{number}",
        lambda name: elsewhere(name, {"number": "999"}),
        "not_found",
    ),
    ("under another's key", _WITNESS, lambda name: elsewhere(name, {"name": "another"}), "witness_key_taken"),
    ("under a name that is none", _WITNESS, lambda name: elsewhere(name, {"name": "A"}), "invalid_fields"),
    ("by plain http", _WITNESS, having(url="http://witness.example"), "invalid_fields"),
    (
        "that is none",
        "audit DELETE /v1/witnesses/{name}",
        lambda name: elsewhere(name, {"name": "nobody"}),
        "not_found",
    ),
    (
        "of a case that the log does not know",
        "audit PUT /v1/holds/{case_id}",
        lambda name: elsewhere(name, {"case_id": "case_01JD0M3Q5V8Z2K7T4B9N6R1X5C"}),
        "not_found",
    ),
    (
        "that is not held",
        "audit DELETE /v1/holds/{case_id}",
        lambda name: elsewhere(name, {"case_id": "case_01JD0M3Q5V8Z2K7T4B9N6R1X5C"}),
        "not_found",
    ),
    ("for a wrong secret", "identity POST /v1/token", again, "client_credentials_wrong"),
    (
        "of a code that is none",
        "credit GET /v1/subjects/{code}/records",
        lambda name: elsewhere(name, {"code": "nonsense"}),
        "invalid_fields",
    ),
)
