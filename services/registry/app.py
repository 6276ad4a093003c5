"""The registry service's Chalice application."""

from services.registry.api import (
    changes,
    consultation,
    departments,
    documents,
    items,
    liaisons,
    notices,
    public,
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
    items.api,
    liaisons.api,
    notices.api,
    public.api,
    events,
    outbox,
)
