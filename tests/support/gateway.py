"""A gateway in miniature: calls a service's app with the event API Gateway would send, and reads its answer."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from shared.http.service_app import ServiceApp
from shared.kernel.ids import new_id
from shared.kernel.permissions import Principal, Role


@dataclass(frozen=True)
class Answer:
    """Status, headers and body of an answer; `json` is None when the body is not JSON."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)


@dataclass(frozen=True)
class Gateway:
    """Calls an app as one principal. `with_principal` calls as another."""

    app: ServiceApp
    principal: Principal | None = None

    def with_principal(self, department: str | None, *roles: Role, client_id: str = "") -> "Gateway":
        client = client_id or f"cli_{'_'.join(role.value for role in roles)}_0000"
        return Gateway(self.app, Principal(client, department, frozenset(roles)))

    def get(self, url: str, **headers: str) -> Answer:
        return self.call("GET", url, None, headers)

    def post(self, url: str, body: object, *, key: str | None = None, **headers: str) -> Answer:
        """POST JSON with a fresh Idempotency-Key, or with `key`."""
        given = {"Content-Type": "application/json", "Idempotency-Key": key or new_id("key"), **headers}
        return self.call("POST", url, body, given)

    def call(self, method: str, url: str, body: object, headers: Mapping[str, str]) -> Answer:
        parts = urlsplit(url)
        resource, path_values = self._route(parts.path)
        query = {name: [value] for name, value in parse_qsl(parts.query, keep_blank_values=True)}
        event = {
            "resource": resource,
            "path": parts.path,
            "httpMethod": method,
            "headers": dict(headers),
            "multiValueQueryStringParameters": query or None,
            "pathParameters": path_values or None,
            "stageVariables": None,
            "body": body if isinstance(body, str | None) else json.dumps(body),
            "isBase64Encoded": False,
            "requestContext": {
                "resourcePath": resource,
                "httpMethod": method,
                "requestId": new_id("req"),
                "identity": {"sourceIp": "127.0.0.1"},
                "authorizer": self._vouched(),
            },
        }
        answer = self.app(event, None)
        return Answer(answer["statusCode"], answer["headers"], answer["body"])

    def _vouched(self) -> dict[str, str] | None:
        if self.principal is None:
            return None
        return {
            "client_id": self.principal.client_id,
            "department": self.principal.department or "",
            "roles": " ".join(sorted(self.principal.roles)),
            "token_id": "token",
        }

    def _route(self, path: str) -> tuple[str, dict[str, str]]:
        steps = path.strip("/").split("/")
        for resource in sorted(self.app.routes, key=lambda each: each.count("{")):
            pattern = resource.strip("/").split("/")
            if len(pattern) != len(steps):
                continue
            pairs = list(zip(pattern, steps, strict=True))
            if all(want.startswith("{") or want == got for want, got in pairs):
                return resource, {want[1:-1]: got for want, got in pairs if want.startswith("{")}
        raise LookupError(f"no route for {path}")
