"""The handover service."""

from services.handover.api import (
    cases,
    clocks,
    exports,
    ledger,
    materials,
    public_notices,
    pushes,
    receipts,
    reconciliations,
    returns,
    reviews,
    stages,
    unrouted,
)
from services.handover.events import events
from shared.http.outbox import outbox
from shared.http.service_app import ServiceApp

app = ServiceApp(
    "handover",
    cases.api,
    clocks.api,
    exports.api,
    ledger.api,
    materials.api,
    public_notices.api,
    pushes.api,
    receipts.api,
    reconciliations.api,
    returns.api,
    reviews.api,
    stages.api,
    unrouted.api,
    events,
    outbox,
)
