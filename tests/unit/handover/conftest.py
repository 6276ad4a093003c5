"""The handover service in moto, with one item and its supervisor known."""

from collections.abc import Iterator

import pytest

from services.handover.app import app
from shared.aws.table import Row
from tests.support.announcements import withhold
from tests.support.gateway import Gateway
from tests.support.services import any_service_in_moto


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Row]]:
    with any_service_in_moto(monkeypatch, "handover") as bound:
        yield bound


@pytest.fixture
def settling_year(monkeypatch: pytest.MonkeyPatch) -> int:
    """This year's calendar is not announced; the year by whose notice a slow limit of today is settled."""
    return withhold(monkeypatch)


@pytest.fixture
def gateway(table: type[Row]) -> Gateway:  # noqa: ARG001 - the app finds it through its settings
    return Gateway(app)
