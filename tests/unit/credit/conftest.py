"""The credit service in moto, with no records."""

from collections.abc import Iterator

import pytest

from services.credit import wiring
from services.credit.app import app
from shared.aws.table import Row
from tests.support.aws import service_in_moto
from tests.support.gateway import Gateway


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Row]]:
    wiring.store.cache_clear()
    with service_in_moto(monkeypatch, "credit") as bound:
        yield bound
    wiring.store.cache_clear()


@pytest.fixture
def gateway(table: type[Row]) -> Gateway:  # noqa: ARG001 - the app finds it through its settings
    return Gateway(app)
