"""The identity service's Chalice application."""

from services.identity.api import api
from services.identity.events import events
from shared.http.outbox import outbox
from shared.http.service_app import ServiceApp

app = ServiceApp("identity", api, events, outbox)
