"""The audit service."""

from services.audit.api import evidence, log, searching
from services.audit.events import indexing, sealing
from shared.http.outbox import outbox
from shared.http.service_app import ServiceApp

app = ServiceApp("audit", evidence.api, log.api, searching.api, indexing.events, sealing.events, outbox)
