"""The oversight service: one Chalice application, one stack."""

from services.oversight.api import api
from services.oversight.events import events
from shared.http.outbox import outbox
from shared.http.service_app import ServiceApp

app = ServiceApp("oversight", api, events, outbox)
