"""A good request to every endpoint of every service, to be spoilt in one way at a time."""

import importlib
from collections.abc import Mapping

from infra.build import SERVICES
from shared.http.endpoints import Endpoint
from shared.http.forms import FORM
from shared.http.service_app import ServiceApp
from shared.kernel.ids import new_id
from tests.support.requests import audit, credit, feedback, identity, notification, oversight, registry
from tests.support.requests.handover import cases, pushes, records
from tests.support.requests.world import JSON, Ask, Good, World, as_json, succeeded
from tests.support.small_city import SmallCity

# By service, method and path. What is asked once is asked in this order.
GOOD: dict[str, Good] = {
    **identity.GOOD,
    **registry.GOOD,
    **cases.GOOD,
    **pushes.GOOD,
    **records.GOOD,
    **feedback.GOOD,
    **credit.GOOD,
    **audit.GOOD,
    **notification.GOOD,
    **oversight.GOOD,
}


def _apps() -> dict[str, ServiceApp]:
    return {name: importlib.import_module(f"services.{name}.app").app for name in SERVICES}


ENDPOINTS: dict[str, tuple[str, Endpoint]] = {
    f"{service} {endpoint.method} {endpoint.path}": (service, endpoint)
    for service, app in _apps().items()
    for endpoint in app.endpoints
}
"""Every declared endpoint, under the names of GOOD."""


def good(world: World, name: str) -> Ask:
    """A good request to an endpoint, with a key of its own."""
    given = GOOD[name]
    _, endpoint = ENDPOINTS[name]
    headers = {"X-Correlation-Id": new_id("corr")}
    if endpoint.once:
        headers["Idempotency-Key"] = new_id("key")
    if endpoint.edits:
        headers["If-Match"] = f'"v{given.version}"'
    body = None
    if given.body is not None:
        headers["Content-Type"] = JSON
        body = as_json(given.body(world))
    if FORM in endpoint.content_types:
        headers["Content-Type"] = FORM
        body = b"grant_type=client_credentials&client_id=cli_nobody&client_secret=wrong"
    query = {key: world.city.departments.get(value, value) for key, value in given.query.items()}
    return Ask(endpoint.method, filled(world, name, given.path), given.desk, headers, body, query)


def filled(world: World, name: str, values: Mapping[str, str]) -> str:
    """An endpoint's address with its parameters filled in."""
    service, endpoint = ENDPOINTS[name]
    known = {parameter: world.ids.get(value, value) for parameter, value in values.items()}
    return f"/{service}{endpoint.path.format_map(known)}"


def settle_world(city: SmallCity) -> World:
    """Ask every idempotent endpoint once, so that each of their records stands and each key is used."""
    world = World(city, {"one": "按期补正", "event": new_id("evt"), "finding": new_id("find")})
    for name, (_, endpoint) in ENDPOINTS.items():
        if endpoint.once:
            assert name in GOOD, f"{name} has no good request"
    for name, given in GOOD.items():
        if ENDPOINTS[name][1].once:
            given.prepare(world)
            ask = good(world, name)
            answer = succeeded(city, ask)
            world.first[name] = (ask, answer)
            world.ids |= {key: read(answer.json()) for key, read in given.learns.items()}
    return world
