"""The credit service: it registers its parts and nothing else."""

from services.credit.api import api
from services.credit.events import events
from shared.http.outbox import outbox
from shared.http.service_app import ServiceApp

app = ServiceApp("credit", api, events, outbox)
