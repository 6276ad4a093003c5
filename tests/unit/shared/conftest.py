"""A table in moto, and the service made for tests on it."""

from collections.abc import Iterator

import pytest

from shared.aws.journal import Journal
from shared.aws.table import Row
from tests.support.aws import service_in_moto
from tests.support.gateway import Gateway
from tests.support.things import SOURCE, approver, make_app


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Row]]:
    with service_in_moto(monkeypatch, "things") as bound:
        yield bound


@pytest.fixture
def journal(table: type[Row]) -> Journal:
    return Journal(table, SOURCE)


@pytest.fixture
def gateway(journal: Journal) -> Gateway:
    return approver(make_app(journal))
