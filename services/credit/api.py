"""Credit's HTTP endpoints."""

from services.credit import logic, wiring
from services.credit.domain.lookups import LookupAnswer
from services.credit.domain.rules import RULES, RuleTable
from services.credit.schemas import LookUp, LookupPage, RecordPage
from shared.http.endpoints import Call, Endpoints, Nothing
from shared.http.pages import PageQuery, cursor_for, position_of
from shared.kernel.permissions import Action

api = Endpoints(__name__, wiring.desk)


@api.endpoint(
    "POST",
    "/v1/lookups",
    summary="Look a subject up at the counter",
    action=Action.CREDIT_LOOK_UP,
    body=LookUp,
    response=LookupAnswer,
    status=201,
    once=True,
    refusals=("invalid_fields", "purpose_missing"),
)
def look_up(call: Call[LookUp, Nothing]) -> LookupAnswer:
    """Grade, entitlements, restrictions and reasons in one screen, logged with who asked and why (R-CRD-4)."""
    return logic.look_up(wiring.store(), call.context, call.body, wiring.person_key())


@api.endpoint(
    "GET",
    "/v1/lookups/{lookup_id}",
    summary="Read a lookup and its answer as given then",
    action=Action.CREDIT_READ,
    response=LookupAnswer,
    personal=True,
    refusals=("not_found", "not_your_department"),
)
def read_lookup(call: Call[Nothing, Nothing]) -> LookupAnswer:
    """A lookup, for the department that made it and for the credit authority."""
    return logic.lookup_for(wiring.store(), call.principal, call.path["lookup_id"])


@api.endpoint(
    "GET",
    "/v1/subjects/{code}/records",
    summary="List a subject's records",
    action=Action.CREDIT_READ,
    query=PageQuery,
    response=RecordPage,
    personal=True,
    refusals=("invalid_fields", "forbidden", "cursor_invalid"),
)
def read_records(call: Call[Nothing, PageQuery]) -> RecordPage:
    """A file, newest decision first. `code` is a credit identifier; for a person the `subject` a lookup answered."""
    code = call.path["code"]
    scope = f"records#{code}"
    start = position_of(call.query, scope, wiring.cursor_key)
    records, following = logic.file_of(wiring.store(), call.principal, code, call.query.limit, start)
    return RecordPage(records=tuple(records), next=cursor_for(following, scope, wiring.cursor_key))


@api.endpoint(
    "GET",
    "/v1/subjects/{code}/lookups",
    summary="List who looked a subject up",
    action=Action.CREDIT_READ,
    query=PageQuery,
    response=LookupPage,
    personal=True,
    refusals=("invalid_fields", "forbidden", "cursor_invalid"),
)
def read_lookups(call: Call[Nothing, PageQuery]) -> LookupPage:
    """Every lookup of a subject, newest first, with who and for what; for the credit authority (R-CRD-4)."""
    code = call.path["code"]
    scope = f"lookups#{code}"
    start = position_of(call.query, scope, wiring.cursor_key)
    lookups, following = logic.lookups_of(wiring.store(), call.principal, code, call.query.limit, start)
    return LookupPage(lookups=tuple(lookups), next=cursor_for(following, scope, wiring.cursor_key))


@api.endpoint("GET", "/v1/rules", summary="Read the rule table in force", action=None, response=RuleTable)
def read_rules(_: Call[Nothing, Nothing]) -> RuleTable:
    """The published table that turns records into a grade (R-CRD-3)."""
    return RULES
