"""The audit service."""

from services.audit.api import evidence, log
from services.audit.events import events
from shared.http.outbox import outbox
from shared.http.service_app import ServiceApp

app = ServiceApp("audit", evidence.api, log.api, events, outbox)
