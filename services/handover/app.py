"""The handover service."""

from services.handover.api import cases, clocks, ledger, materials, pushes, receipts, returns, stages, unrouted
from services.handover.events import events
from shared.http.outbox import outbox
from shared.http.service_app import ServiceApp

app = ServiceApp(
    "handover",
    cases.api,
    clocks.api,
    ledger.api,
    materials.api,
    pushes.api,
    receipts.api,
    returns.api,
    stages.api,
    unrouted.api,
    events,
    outbox,
)
