"""The registry service's Chalice application."""

from services.registry.api import api
from shared.http.outbox import outbox
from shared.http.service_app import ServiceApp

app = ServiceApp("registry", api, outbox)
