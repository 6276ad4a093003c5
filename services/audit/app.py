"""The audit service."""

from services.audit.api import api
from services.audit.events import events
from shared.http.outbox import outbox
from shared.http.service_app import ServiceApp

app = ServiceApp("audit", api, events, outbox)
