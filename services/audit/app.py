"""The audit service."""

from services.audit.api import evidence, exports, holds, log, searching, verifications, witnesses
from services.audit.events import (
    attesting,
    checking,
    cosigning,
    exporting,
    holding,
    indexing,
    keeping,
    sealing,
    verifying,
)
from shared.http.outbox import outbox
from shared.http.service_app import ServiceApp

app = ServiceApp(
    "audit",
    evidence.api,
    exports.api,
    holds.api,
    log.api,
    searching.api,
    verifications.api,
    witnesses.api,
    attesting.events,
    checking.events,
    cosigning.events,
    exporting.events,
    holding.events,
    indexing.events,
    keeping.events,
    sealing.events,
    verifying.events,
    outbox,
)
