"""Whatever is wrong with a request: the right problem, in two languages, nothing changed, and the refusal on record."""

import json
import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import httpx
import pytest

from infra.build import SERVICES
from localstack.demo.desk import eventually
from shared.contracts.access import RequestRefused
from shared.http.problems import PROBLEM_JSON
from shared.kernel.clock import to_text, utc_now
from shared.kernel.permissions import ANONYMOUS
from tests.support.deployed import Deployed, Rows
from tests.support.requests.bad import CASES
from tests.support.requests.case import Case
from tests.support.requests.good import ENDPOINTS, GOOD, settle_world
from tests.support.requests.world import World
from tests.support.small_city import EVENTS_SECONDS, SCHEDULE_SECONDS, SmallCity

pytestmark = pytest.mark.stack

# Access events and the marks that keep them few are all that a refusal may leave. Audit has rows for all others do.
_RECORDS = ("acc_", "once#refused#")
# The list's export is made by the clock, some time after the list changed; what a service holds is attested by it.
_BY_THE_CLOCK = ("export", "attestation")
_WRITTEN_BY_US = tuple(service for service in SERVICES if service != "audit")
_MARKS = frozenset({"outbox_shard", "outbox_at"})
# These repeat themselves from what stands, not from what was answered: a client's secret is computed, never stored; a
# document or a material that is stored is stored; each claim of a batch has its own first answer.
_ANSWERED_BY_THE_RECORD = frozenset(
    {
        "handover POST /v1/claims",
        "identity POST /v1/clients",
        "handover POST /v1/materials/{material_id}/complete",
        "registry POST /v1/documents/{document_id}/complete",
    }
)
_AT_ONCE = 3
"""Requests in flight; a request without a good token costs the emulator a function's start."""


@dataclass(frozen=True)
class Tried:
    """Every case's answer, and every table before and after."""

    answers: dict[str, httpx.Response]
    replays: dict[str, httpx.Response]
    before: dict[str, Rows]
    after: dict[str, Rows]


@pytest.fixture(scope="module")
def world(city: SmallCity) -> World:
    return settle_world(city)


@pytest.fixture(scope="module")
def tried(stack: Deployed, city: SmallCity, world: World) -> Tried:
    """Send every case once; the tests look at what came of it."""
    eventually(stack.quiet, seconds=EVENTS_SECONDS, what="an empty outbox")
    eventually(lambda: not _under_way(stack), seconds=SCHEDULE_SECONDS, what="the end of all work in the background")
    before = {service: stack.rows(service) for service in _WRITTEN_BY_US}
    with ThreadPoolExecutor(max_workers=_AT_ONCE) as together:
        sent = together.map(lambda case: case.ask(world).send(city), CASES)
        answers = {case.name: answer for case, answer in zip(CASES, sent, strict=True)}
    replays = {name: ask.send(city) for name, (ask, _) in world.first.items()}
    after = {service: stack.rows(service) for service in _WRITTEN_BY_US}
    return Tried(answers, replays, before, after)


def _by_name(case: Case) -> str:
    return case.name


def test_no_endpoint_is_left_out() -> None:
    assert set(ENDPOINTS) == set(GOOD)


def test_no_two_cases_share_a_name() -> None:
    assert [name for name, count in Counter(case.name for case in CASES).items() if count > 1] == []


@pytest.mark.parametrize("case", CASES, ids=_by_name)
def test_a_bad_request_is_told_what_is_wrong(case: Case, tried: Tried) -> None:
    answer = tried.answers[case.name]

    assert answer.headers["Content-Type"] == PROBLEM_JSON, answer.text
    problem = answer.json()
    assert (answer.status_code, problem["status"], problem["code"]) == (case.status, case.status, case.code), problem
    assert problem["type"] == f"urn:shenguan:problem:{case.code}"
    assert problem["detail"] == problem["detail_zh"]
    assert re.search("[\u4e00-\u9fff]", problem["detail_zh"])
    assert re.search("[a-z]", problem["detail_en"])
    assert "{" not in problem["detail_zh"] + problem["detail_en"], "every word is filled in"
    pointers = [each["pointer"] for each in problem.get("errors", ())]
    unnamed = {name for name in case.named if not any(f"{each}/".startswith(f"{name}/") for each in pointers)}
    assert unnamed == set(), problem


@pytest.mark.parametrize("service", _WRITTEN_BY_US)
def test_refused_requests_change_nothing(service: str, tried: Tried) -> None:
    assert _business(tried.after[service]) == _business(tried.before[service])


def _under_way(stack: Deployed) -> list[tuple[str, str]]:
    """What the background still has to do by now: it changes its rows whatever is asked meanwhile."""
    now = to_text(utc_now())
    rows = (row for service in _WRITTEN_BY_US for row in stack.rows(service).items())
    return [key for key, row in rows if row.get("due_at", "~") <= now and key[0] not in _BY_THE_CLOCK]


def _business(rows: Rows) -> dict[tuple[str, str], str]:
    return {
        key: json.dumps({name: value for name, value in row.items() if name not in _MARKS}, sort_keys=True)
        for key, row in rows.items()
        if not key[0].startswith(_RECORDS) and key[0] not in _BY_THE_CLOCK
    }


@pytest.mark.parametrize("name", [name for name, (_, endpoint) in ENDPOINTS.items() if endpoint.once])
def test_a_repeated_request_gets_the_first_answer(name: str, world: World, tried: Tried) -> None:
    """R-HND-13."""
    _, first = world.first[name]
    again = tried.replays[name]

    assert (again.status_code, again.json()) == (first.status_code, first.json())
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers.get("Idempotent-Replayed") == (None if name in _ANSWERED_BY_THE_RECORD else "true")


@dataclass(frozen=True)
class Refusals:
    """Refused requests as a service recorded them, with the ids of the events, in order of time."""

    by_correlation: dict[str, list[tuple[str, RequestRefused]]]
    anonymous: dict[tuple[str, str, str], list[str]]
    """Event ids by method, route and code: nobody in particular is recorded once a minute (R-AUD-1)."""


@pytest.fixture(scope="module")
def refusals(stack: Deployed, tried: Tried) -> Refusals:
    found = Refusals({}, {})
    assert tried.answers
    for service in SERVICES:
        for event in stack.events(service):
            if event.type != RequestRefused.TYPE:
                continue
            body = RequestRefused.model_validate(event.data.body)
            found.by_correlation.setdefault(event.data.correlation_id, []).append((event.id, body))
            if event.data.actor.client_id == ANONYMOUS.client_id:
                route = (body.method, f"/{service}{body.route}", body.code)
                found.anonymous.setdefault(route, []).append(event.id)
    return found


def _recorded(*, anonymously: bool) -> list[Case]:
    return [case for case in CASES if case.recorded and (case.endpoint.action is None) is anonymously]


@pytest.mark.parametrize("case", _recorded(anonymously=False), ids=_by_name)
def test_a_clients_refusal_is_on_record(case: Case, tried: Tried, refusals: Refusals) -> None:
    """R-AUD-1: exactly one event, with the code that the caller was told."""
    answer = tried.answers[case.name]
    recorded = refusals.by_correlation.get(answer.headers["X-Correlation-Id"], [])

    assert [(body.status, body.code, body.method) for _, body in recorded] == [
        (case.status, case.code, answer.request.method)
    ]


@pytest.mark.parametrize("case", _recorded(anonymously=True), ids=_by_name)
def test_a_strangers_refusal_is_on_record(case: Case, refusals: Refusals) -> None:
    """R-AUD-1: of nobody in particular, once a minute for each route and code."""
    assert (case.endpoint.method, f"/{case.service}{case.endpoint.path}", case.code) in refusals.anonymous


def test_requests_without_a_good_token_are_on_record(refusals: Refusals) -> None:
    """R-AUD-1: the gateway answers them, identity's authorizer records them."""
    assert any(code == "unauthorized" for _, _, code in refusals.anonymous)


@pytest.mark.parametrize("service", SERVICES)
def test_refusals_reach_the_log(service: str, stack: Deployed, tried: Tried, refusals: Refusals) -> None:
    """R-AUD-1, R-AUD-3."""
    known = [case for case in _recorded(anonymously=False) if case.service == service]
    ids = {tried.answers[case.name].headers["X-Correlation-Id"] for case in known}
    wanted = {event_id for each in ids for event_id, _ in refusals.by_correlation.get(each, [])}

    eventually(
        lambda: wanted <= set(stack.logged_ids()), seconds=EVENTS_SECONDS, what=f"{service}'s refusals in the log"
    )
    assert wanted
