"""The registry service's Chalice application."""

from services.registry.api import departments, documents, items, public
from services.registry.events import events
from shared.http.outbox import outbox
from shared.http.service_app import ServiceApp

app = ServiceApp("registry", departments.api, documents.api, items.api, public.api, events, outbox)
