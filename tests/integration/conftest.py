"""One emulator for the run, its state in a folder of its own, nothing deployed into it."""

from collections.abc import Iterator

import pytest

from shared.aws.table import Row
from tests.support.engines import Engine, emulator


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with emulator(tmp_path_factory.mktemp("emulator")) as running:
        yield running


@pytest.fixture
def table(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Row]]:
    with engine.table(monkeypatch) as made:
        yield made
