"""The committed OpenAPI documents: written from the endpoints, so that a test can tell when they drift."""

import importlib
import json
from pathlib import Path

from infra.build import ROOT, existing_services
from shared.http.openapi import document


def write_documents(*, check: bool = False, root: Path = ROOT) -> list[str]:
    """Write every service's openapi.json (or with `check` nothing); returns those that were not up to date."""
    changed = []
    for service in existing_services(root):
        path = root / "services" / service / "openapi.json"
        text = render(service)
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        changed.append(str(path.relative_to(root)))
        if not check:
            path.write_text(text, encoding="utf-8")
    return changed


def render(service: str) -> str:
    """One service's document as it is committed. Its description is the package's own."""
    package = importlib.import_module(f"services.{service}")
    app = importlib.import_module(f"services.{service}.app").app
    described = (package.__doc__ or service).strip()
    made = document(app, f"shenguan {service}", described)
    return json.dumps(made, ensure_ascii=False, indent=2) + "\n"
