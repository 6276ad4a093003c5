"""The committed JSON Schemas of events: one file per type, written from the models, so a test can tell when they drift.

A schema is of the whole CloudEvent as it travels: envelope, nonce, and the payload with the type's own body.
"""

import json
from pathlib import Path
from typing import Any

from pydantic.json_schema import models_json_schema

from infra.build import ROOT
from shared.contracts.catalogue import EVENT_TYPES
from shared.contracts.event import Event

FOLDER = Path("shared/contracts/schemas")


def write_schemas(*, check: bool = False, root: Path = ROOT) -> list[str]:
    """Write every event type's schema (or with `check` nothing); returns the files that were not up to date.

    A schema whose type is gone counts as out of date and is removed.
    """
    folder = root / FOLDER
    wanted = {folder / f"{name}.json": render_schema(name) for name in EVENT_TYPES}
    there = {path: path.read_text(encoding="utf-8") for path in folder.glob("*.json")}
    changed = sorted(path for path in wanted.keys() | there.keys() if wanted.get(path) != there.get(path))
    if not check:
        folder.mkdir(parents=True, exist_ok=True)
        for path in changed:
            if path in wanted:
                path.write_text(wanted[path], encoding="utf-8")
            else:
                path.unlink()
    return [str(path.relative_to(root)) for path in changed]


def render_schema(name: str) -> str:
    """One event type's schema as it is committed. Its description is the body's own. Raises KeyError."""
    return json.dumps(_schema(name), ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def _schema(name: str) -> dict[str, Any]:
    body = EVENT_TYPES[name]
    wanted = [(Event, "serialization"), (body, "serialization")]
    _, whole = models_json_schema(wanted, ref_template="#/$defs/{model}")  # type: ignore[arg-type]
    definitions: dict[str, Any] = whole["$defs"]
    event = definitions.pop(Event.__name__)
    event["properties"]["type"] = {"const": name}
    definitions["Payload"]["properties"]["body"] = {"$ref": f"#/$defs/{body.__name__}"}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:shenguan:event:{name}",
        **event,
        "title": name,
        "description": (body.__doc__ or name).strip(),
        "$defs": definitions,
    }
