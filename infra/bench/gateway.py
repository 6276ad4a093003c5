"""A gateway in miniature: a service's application is called with the event API Gateway would send."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.http.service_app import ServiceApp
from shared.kernel.ids import new_id
from shared.kernel.permissions import Principal

JSON = "application/json"


class RequestFailedError(RuntimeError):
    """A step of the main job was not answered as it should be; the text is the answer."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One request: `resource` is the route, `path` what fills it."""

    method: str
    resource: str
    body: str | dict[str, Any] | None = None
    path: Mapping[str, str] = field(default_factory=dict)
    content_type: str = JSON
    query: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request that was answered: the answer's JSON, and the bytes of both bodies."""

    answer: dict[str, Any]
    bytes_in: int
    bytes_out: int


def call(app: ServiceApp, principal: Principal | None, ask: Ask) -> dict[str, Any]:
    """The answer's JSON. Raises RequestFailedError for a refusal."""
    return exchange(app, principal, ask).answer


def exchange(app: ServiceApp, principal: Principal | None, ask: Ask) -> Exchange:
    """The same with what went over the wire."""
    event = event_of(principal, ask)
    answer = answer_of(ask, app(event, None))
    return Exchange(json.loads(answer), len((event["body"] or "").encode()), len(answer.encode()))


def answer_of(ask: Ask, answered: Mapping[str, Any]) -> str:
    """The body of what a handler returned. Raises RequestFailedError for a refusal."""
    if answered["statusCode"] >= 400:  # noqa: PLR2004 - HTTP's own line between answers and refusals
        raise RequestFailedError(f"{ask.method} {ask.resource}: {answered['statusCode']} {answered['body']}")
    return str(answered["body"])


def event_of(principal: Principal | None, ask: Ask) -> dict[str, Any]:
    """What API Gateway would invoke the handler with, under an Idempotency-Key of its own."""
    return {
        "resource": ask.resource,
        "path": ask.resource.format(**ask.path),
        "httpMethod": ask.method,
        "headers": {"Content-Type": ask.content_type, "Idempotency-Key": new_id("key")},
        "multiValueQueryStringParameters": {name: [value] for name, value in ask.query.items()} or None,
        "pathParameters": dict(ask.path) or None,
        "stageVariables": None,
        "body": ask.body if isinstance(ask.body, str | None) else json.dumps(ask.body),
        "isBase64Encoded": False,
        "requestContext": {
            "resourcePath": ask.resource,
            "httpMethod": ask.method,
            "requestId": new_id("req"),
            "identity": {"sourceIp": "127.0.0.1"},
            "authorizer": _vouched(principal),
        },
    }


def _vouched(principal: Principal | None) -> dict[str, str] | None:
    if principal is None:
        return None
    return {
        "client_id": principal.client_id,
        "department": principal.department or "",
        "roles": " ".join(sorted(principal.roles)),
        "token_id": principal.token_id,
    }
