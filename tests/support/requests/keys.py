"""Requests with the idempotency key of another."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace

from tests.support.requests.case import Case
from tests.support.requests.good import ENDPOINTS, GOOD, filled, good
from tests.support.requests.world import Ask, World, as_json


def keys_used_again() -> Iterator[Case]:
    for name, (service, endpoint) in ENDPOINTS.items():
        if endpoint.once:
            yield Case(
                f"{name}: key of another request", service, _with_used_key(name), "idempotency_key_reused", asked=name
            )


def _with_used_key(name: str) -> Callable[[World], Ask]:
    def ask(world: World) -> Ask:
        first, _ = world.first[name]
        given = GOOD[name]
        changed = first.body
        if given.other is not None:
            changed = as_json({**json.loads(first.body or b"{}"), **given.other})
        path = filled(world, name, {**given.path, **given.other_path})
        return replace(first, body=changed, path=path, headers={**first.headers, **_fresh(world, name)})

    return ask


def _fresh(world: World, name: str) -> dict[str, str]:
    return {"X-Correlation-Id": good(world, name).headers["X-Correlation-Id"]}
