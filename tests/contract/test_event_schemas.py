"""The committed event schemas say what producers write and consumers read (CloudEvents 1.0, R-AUD-2)."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from infra.contracts import FOLDER, write_schemas
from shared.contracts.catalogue import EVENT_TYPES
from shared.contracts.event import Body, Event, body_of
from tests.support.event_samples import SAMPLES, as_event

ROOT = Path(__file__).parents[2]


def _schema(name: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((ROOT / FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return read


def _faults(name: str, event: object) -> list[str]:
    validator = Draft202012Validator(_schema(name), format_checker=FormatChecker())
    return [f"{fault.json_path}: {fault.message}" for fault in validator.iter_errors(event)]


def _wire(body: Body) -> dict[str, Any]:
    wire: dict[str, Any] = json.loads(as_event(body).model_dump_json())
    return wire


def test_the_committed_schemas_are_those_of_the_models() -> None:
    assert write_schemas(check=True) == [], "run: make openapi"


def test_there_is_an_example_of_every_event_type() -> None:
    assert {body.TYPE for body in SAMPLES} == set(EVENT_TYPES)


@pytest.mark.parametrize("name", EVENT_TYPES)
def test_a_type_is_named_thing_act_version_and_said_in_the_schema(name: str) -> None:
    assert re.fullmatch(r"[a-z]+\.[a-z_]+\.v[1-9][0-9]*", name)
    schema = _schema(name)
    Draft202012Validator.check_schema(schema)
    assert schema["properties"]["type"] == {"const": name}
    assert f"`{name.rpartition('.')[0]}`" in schema["description"]


@pytest.mark.parametrize("body", SAMPLES, ids=lambda body: body.TYPE)
def test_what_is_written_fits_its_schema_and_is_read_back_the_same(body: Body) -> None:
    wire = _wire(body)
    assert _faults(body.TYPE, wire) == []
    event = Event.model_validate_json(json.dumps(wire))
    assert event.is_committed()
    assert body_of(event, type(body)) == body


@pytest.mark.parametrize("body", SAMPLES, ids=lambda body: body.TYPE)
def test_a_body_with_an_unknown_or_a_missing_field_does_not_fit(body: Body) -> None:
    wire = _wire(body)
    wire["data"]["body"]["surprise"] = 1
    assert _faults(body.TYPE, wire)
    wire = _wire(body)
    first = next(iter(type(body).model_fields))
    del wire["data"]["body"][first]
    assert any(first in fault for fault in _faults(body.TYPE, wire))


def test_a_schema_accepts_no_other_type() -> None:
    first, second = SAMPLES[:2]
    assert _faults(first.TYPE, _wire(second))


def test_a_consumer_lives_through_attributes_a_later_producer_adds() -> None:
    """CloudEvents allows extension attributes; they are outside the envelope that is hashed."""
    wire = _wire(SAMPLES[0]) | {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}
    assert _faults(SAMPLES[0].TYPE, wire) == []
    event = Event.model_validate_json(json.dumps(wire))
    assert event.is_committed()
    assert b"traceparent" not in event.canonical()


@pytest.mark.parametrize("body", SAMPLES, ids=lambda body: body.TYPE)
def test_no_payload_reaches_the_public_envelope(body: Body) -> None:
    """R-AUD-3: what anybody may read names no person and no content."""
    envelope = as_event(body).envelope().canonical().decode()
    for text in ("cli_approver_0001", "示例面馆", "丁某", "138****0000", "食品经营许可"):
        assert text not in envelope
