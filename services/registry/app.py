"""The registry service's Chalice application."""

from services.registry.api import (
    changes,
    consultation,
    departments,
    documents,
    exports,
    imports,
    items,
    liaisons,
    notices,
    public,
    transfers,
)
from services.registry.events import events
from shared.http.outbox import outbox
from shared.http.service_app import ServiceApp

app = ServiceApp(
    "registry",
    changes.api,
    consultation.api,
    departments.api,
    documents.api,
    exports.api,
    imports.api,
    items.api,
    liaisons.api,
    notices.api,
    public.api,
    transfers.api,
    events,
    outbox,
)
