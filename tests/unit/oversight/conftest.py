"""Oversight on a table in moto."""

from collections.abc import Iterator

import pytest

from services.oversight import wiring
from services.oversight.store import OversightStore
from shared.aws.table import Row
from tests.support.aws import service_in_moto


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Row]]:
    with service_in_moto(monkeypatch, "oversight") as made:
        wiring.store.cache_clear()
        yield made
        wiring.store.cache_clear()


@pytest.fixture
def store(table: type[Row]) -> OversightStore:
    return OversightStore(table)
