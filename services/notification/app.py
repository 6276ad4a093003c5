"""The notification service: one Chalice application, one stack."""

from services.notification.api import api
from services.notification.events import events
from shared.http.outbox import outbox
from shared.http.service_app import ServiceApp

app = ServiceApp("notification", api, events, outbox)
