"""The feedback service in moto, knowing one case that was pushed to market regulation and to health."""

from collections.abc import Iterator

import pytest

from services.feedback import wiring
from services.feedback.app import app
from services.feedback.events import HANDLERS
from shared.aws.consumer import take
from shared.aws.table import Row
from shared.kernel.clock import utc_now
from tests.support.aws import service_in_moto
from tests.support.feedback_builders import HEALTH, MARKET, case_pushed_to
from tests.support.gateway import Gateway


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Row]]:
    wiring.store.cache_clear()
    with service_in_moto(monkeypatch, "feedback") as bound:
        yield bound
    wiring.store.cache_clear()


@pytest.fixture
def gateway(table: type[Row]) -> Gateway:  # noqa: ARG001 - the app finds it through its settings
    for event in case_pushed_to(MARKET, HEALTH):
        take(event, HANDLERS, "feedback", utc_now)
    return Gateway(app)
