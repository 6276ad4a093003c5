"""The handover service."""

from services.handover.api import api
from services.handover.events import events
from shared.http.outbox import outbox
from shared.http.service_app import ServiceApp

app = ServiceApp("handover", api, events, outbox)
