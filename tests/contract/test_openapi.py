"""The committed OpenAPI documents: as the code is, sound, with real examples and every refusal named."""

import importlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator
from pydantic import BaseModel

from infra.build import SERVICES
from infra.openapi import write_documents
from shared.http.endpoints import Endpoint, Nothing
from shared.http.service_app import ServiceApp
from shared.kernel.errors import MESSAGES

ROOT = Path(__file__).parents[2]

Operation = dict[str, Any]


def _app(service: str) -> ServiceApp:
    app: ServiceApp = importlib.import_module(f"services.{service}.app").app
    return app


def _document(service: str) -> dict[str, Any]:
    text = (ROOT / "services" / service / "openapi.json").read_text(encoding="utf-8")
    read: dict[str, Any] = json.loads(text)
    return read


def _operations(service: str) -> Iterator[tuple[str, Operation]]:
    for path, methods in _document(service)["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def _requests() -> list[tuple[str, Endpoint]]:
    return [
        (f"{service} {endpoint.name}", endpoint)
        for service in SERVICES
        for endpoint in _app(service).endpoints
        if endpoint.body is not Nothing
    ]


def test_the_committed_documents_are_those_of_the_code() -> None:
    assert write_documents(check=True) == [], "run: make openapi"


@pytest.mark.parametrize("service", SERVICES)
def test_a_document_is_openapi_3_1(service: str) -> None:
    faults = OpenAPIV31SpecValidator(_document(service)).iter_errors()
    assert [fault.message for fault in faults] == []


@pytest.mark.parametrize("service", SERVICES)
def test_every_operation_says_what_it_does_under_a_name_of_its_own(service: str) -> None:
    operations = dict(_operations(service))
    assert all(operation["summary"].strip() for operation in operations.values())
    names = [operation["operationId"] for operation in operations.values()]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("service", SERVICES)
def test_a_document_holds_every_route_of_the_app_and_no_other(service: str) -> None:
    routes = {f"{method} {path}" for path, methods in _app(service).routes.items() for method in methods}
    assert {name for name, _ in _operations(service)} == routes


@pytest.mark.parametrize("service", SERVICES)
def test_every_refusal_named_is_in_the_table_under_that_status(service: str) -> None:
    for name, operation in _operations(service):
        for status, answer in operation["responses"].items():
            if "application/problem+json" not in answer["content"]:
                continue
            for code in answer["description"].split(", "):
                assert code in MESSAGES, f"{name} names {code}"
                assert MESSAGES[code].status == int(status), f"{name} {code}"


@pytest.mark.parametrize("service", SERVICES)
def test_a_protected_operation_asks_for_a_token_and_a_public_one_does_not(service: str) -> None:
    public = {f"{each.method} {each.path}" for each in _app(service).endpoints if each.action is None}
    for name, operation in _operations(service):
        assert bool(operation.get("security")) is (name not in public), name


@pytest.mark.parametrize(("name", "endpoint"), _requests(), ids=lambda value: value if isinstance(value, str) else "")
def test_every_example_of_a_request_is_one_the_service_would_take(name: str, endpoint: Endpoint) -> None:
    examples = endpoint.body.model_json_schema().get("examples", [])
    assert examples, f"{name}: {endpoint.body.__name__} has no example"
    for example in examples:
        parsed = endpoint.body.model_validate_json(json.dumps(example), strict=True)
        assert isinstance(parsed, BaseModel)


@pytest.mark.parametrize("service", SERVICES)
def test_every_example_fits_the_schema_it_stands_in(service: str) -> None:
    document = _document(service)
    for name, schema in document["components"]["schemas"].items():
        whole = schema | {"components": document["components"]}
        for example in schema.get("examples", []):
            faults = [fault.message for fault in Draft202012Validator(whole).iter_errors(example)]
            assert faults == [], name


@pytest.mark.parametrize("service", SERVICES)
def test_a_write_by_post_names_its_key_and_an_edit_its_version(service: str) -> None:
    """R-HND-13: whoever generates a client from the document sends the headers that are demanded."""
    named = {f"{each.method} {each.path}": _wanted(each) for each in _app(service).endpoints}
    for name, operation in _operations(service):
        headers = {each["name"] for each in operation.get("parameters", []) if each["in"] == "header"}
        assert headers == named[name], name


def _wanted(endpoint: Endpoint) -> set[str]:
    wanted = {"Idempotency-Key": endpoint.once, "If-Match": endpoint.edits}
    return {name for name, needed in wanted.items() if needed}


@pytest.mark.parametrize("service", SERVICES)
def test_a_document_shows_no_machine_and_no_secret(service: str) -> None:
    text = (ROOT / "services" / service / "openapi.json").read_text(encoding="utf-8")
    assert not re.search(r"https?://(?!json-schema\.org)[a-z0-9.]+:\d+|/root/|/home/|AKIA", text)
