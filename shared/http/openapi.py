"""OpenAPI 3.1 from the declared endpoints, so that the document cannot drift from the code."""

import re
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from shared.http.endpoints import Endpoint, Nothing
from shared.http.service_app import ServiceApp
from shared.kernel.errors import MESSAGES

_REF = "#/components/schemas/{model}"

_PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "RFC 9457 problem details, in Chinese and English.",
    "required": ["type", "title", "status", "code", "detail", "detail_zh", "detail_en", "instance"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "enum": sorted(MESSAGES)},
        "detail": {"type": "string"},
        "detail_zh": {"type": "string"},
        "detail_en": {"type": "string"},
        "instance": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "code", "zh", "en"],
                "properties": {name: {"type": "string"} for name in ("pointer", "code", "zh", "en")},
            },
        },
    },
}


def document(app: ServiceApp, title: str, description: str) -> dict[str, Any]:
    """The service's OpenAPI document; paths are below the service's base path."""
    schemas = _schemas(app.endpoints)
    schemas["Problem"] = _PROBLEM
    paths: dict[str, Any] = {}
    for endpoint in sorted(app.endpoints, key=lambda each: (each.path, each.method)):
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = _operation(endpoint)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": title,
            "description": description,
            "version": "1",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": f"/{app.service}", "description": "base path of the service"}],
        "paths": paths,
        "components": {
            "schemas": dict(sorted(schemas.items())),
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
    }


def _schemas(endpoints: list[Endpoint]) -> dict[str, Any]:
    requests = {(each.body, "validation") for each in endpoints if each.body is not Nothing}
    answers = {(each.response, "serialization") for each in endpoints if not isinstance(each.response, str)}
    wanted = sorted(requests | answers, key=lambda pair: (pair[0].__name__, pair[1]))
    _, whole = models_json_schema(wanted, ref_template=_REF)  # type: ignore[arg-type]
    schemas: dict[str, Any] = whole.get("$defs", {})
    return schemas


def _operation(endpoint: Endpoint) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": endpoint.name,
        "summary": endpoint.summary,
        "description": (endpoint.handler.__doc__ or endpoint.summary).strip(),
        "tags": [endpoint.path.split("/")[2]],
        "parameters": [*_path_parameters(endpoint), *_headers(endpoint), *_query(endpoint)],
        "responses": {str(endpoint.status): _answer(endpoint), **_refusals(endpoint)},
        "security": [{"token": []}] if endpoint.action else [],
    }
    if endpoint.action:
        operation["x-action"] = endpoint.action.value
    if endpoint.body is not Nothing:
        operation["requestBody"] = {
            "required": True,
            "content": {media: {"schema": _reference(endpoint.body)} for media in endpoint.content_types},
        }
    return operation


def _path_parameters(endpoint: Endpoint) -> list[dict[str, Any]]:
    names = re.findall(r"{(\w+)}", endpoint.path)
    schema = {"type": "string", "maxLength": 100}
    return [{"name": name, "in": "path", "required": True, "schema": schema} for name in names]


def _headers(endpoint: Endpoint) -> list[dict[str, Any]]:
    wanted = [("Idempotency-Key", endpoint.once), ("If-Match", endpoint.edits)]
    return [
        {"name": name, "in": "header", "required": True, "schema": {"type": "string"}}
        for name, needed in wanted
        if needed
    ]


def _query(endpoint: Endpoint) -> list[dict[str, Any]]:
    schema = endpoint.query.model_json_schema(ref_template=_REF)
    required = schema.get("required", [])
    inlined = schema.get("$defs", {})
    return [
        {
            "name": name,
            "in": "query",
            "required": name in required,
            "schema": _inline(kind, inlined),
        }
        for name, kind in schema.get("properties", {}).items()
    ]


def _inline(kind: object, definitions: dict[str, Any]) -> object:
    if isinstance(kind, dict):
        if "$ref" in kind:
            return _inline(definitions[kind["$ref"].rsplit("/", 1)[-1]], definitions)
        return {name: _inline(value, definitions) for name, value in kind.items()}
    if isinstance(kind, list):
        return [_inline(each, definitions) for each in kind]
    return kind


def _answer(endpoint: Endpoint) -> dict[str, Any]:
    if isinstance(endpoint.response, str):
        content: dict[str, Any] = {endpoint.response: {}}
    else:
        content = {"application/json": {"schema": _reference(endpoint.response)}}
    return {"description": endpoint.summary, "content": content}


def _refusals(endpoint: Endpoint) -> dict[str, Any]:
    codes = {"internal", "unavailable", "too_many_requests", *endpoint.refusals}
    if endpoint.action:
        codes |= {"forbidden", "unauthorized"}
    if endpoint.body is not Nothing:
        codes |= {"invalid_json", "invalid_fields", "body_too_large", "media_type_unsupported"}
    if endpoint.query is not Nothing:
        codes |= {"invalid_fields"}
    if endpoint.once:
        codes |= {"idempotency_key_missing", "idempotency_key_reused", "changed_meanwhile"}
    if endpoint.edits:
        codes |= {"version_missing", "version_stale"}
    by_status: dict[int, list[str]] = {}
    for code in sorted(codes):
        by_status.setdefault(MESSAGES[code].status, []).append(code)
    return {
        str(status): {
            "description": ", ".join(found),
            "content": {"application/problem+json": {"schema": {"$ref": _REF.format(model="Problem")}}},
        }
        for status, found in sorted(by_status.items())
    }


def _reference(model: type[BaseModel]) -> dict[str, str]:
    return {"$ref": _REF.format(model=model.__name__)}
