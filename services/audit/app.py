"""The audit service."""

from services.audit.api import evidence, log
from services.audit.events import sealing
from shared.http.outbox import outbox
from shared.http.service_app import ServiceApp

app = ServiceApp("audit", evidence.api, log.api, sealing.events, outbox)
