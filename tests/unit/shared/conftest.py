"""A table in moto, and the service made for tests on it."""

import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from shared.aws.journal import Journal
from shared.aws.table import Row
from shared.observability import logger
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


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[dict[str, Any]]]:
    """What the process's logger has written since the test began, line by line."""
    written = io.StringIO()
    handler = logger().registered_handler
    assert isinstance(handler, logging.StreamHandler)
    monkeypatch.setattr(handler, "stream", written)
    return lambda: [json.loads(line) for line in written.getvalue().splitlines()]
