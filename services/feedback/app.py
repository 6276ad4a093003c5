"""The feedback service: it registers its parts and nothing else."""

from services.feedback.api import api
from services.feedback.events import events
from shared.http.outbox import outbox
from shared.http.service_app import ServiceApp

app = ServiceApp("feedback", api, events, outbox)
