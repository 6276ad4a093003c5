"""How a rule is broken, whichever it is."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from tests.support.requests.good import GOOD, filled, good
from tests.support.requests.world import Ask, World, as_json

Spoil = Callable[[str], Callable[[World], Ask]]
"""Makes a request to the endpoint of a name that breaks a rule."""
Rule = tuple[str, str, Spoil, str]
"""What the request is, the endpoint asked, how the request breaks the rule, the code of the refusal."""


def by(desk: str, **ids: str) -> Spoil:
    """The good request of another desk, about what the world has under other names."""
    return lambda name: (
        lambda world: replace(good(world, name), desk=desk, path=filled(world, name, {**GOOD[name].path, **ids}))
    )


def asking(desk: str, **query: str) -> Spoil:
    """The good request of another desk with another query."""
    return lambda name: (
        lambda world: replace(
            good(world, name),
            desk=desk,
            query={key: world.city.departments.get(value, value) for key, value in query.items()},
        )
    )


def having(**changed: Any) -> Spoil:
    """The good request with some fields of its body changed."""

    def spoil(name: str) -> Callable[[World], Ask]:
        def ask(world: World) -> Ask:
            made = good(world, name)
            return replace(made, body=as_json({**json.loads(made.body or b"{}"), **changed}))

        return ask

    return spoil


def again(name: str) -> Callable[[World], Ask]:
    """The good request once more, with a new key."""
    return lambda world: good(world, name)


def at_version(version: int) -> Spoil:
    """The good request for another version of the record."""

    def spoil(name: str) -> Callable[[World], Ask]:
        def ask(world: World) -> Ask:
            made = good(world, name)
            return replace(made, headers={**made.headers, "If-Match": f'"v{version}"'})

        return ask

    return spoil
