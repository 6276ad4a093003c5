"""The audit service."""

from services.audit.api import evidence, log, searching, witnesses
from services.audit.events import attesting, checking, cosigning, indexing, keeping, sealing
from shared.http.outbox import outbox
from shared.http.service_app import ServiceApp

app = ServiceApp(
    "audit",
    evidence.api,
    log.api,
    searching.api,
    witnesses.api,
    attesting.events,
    checking.events,
    cosigning.events,
    indexing.events,
    keeping.events,
    sealing.events,
    outbox,
)
