"""The three DynamoDB engines, each started once and only where a test asks for it."""

from collections.abc import Iterator

import pytest

from shared.aws.table import Row
from tests.support import engines
from tests.support.dynamodb_local import missing_programs
from tests.support.engines import Engine


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with engines.emulator(tmp_path_factory.mktemp("emulator")) as running:
        yield running


@pytest.fixture(scope="session")
def amazons() -> Iterator[Engine]:
    if missing := missing_programs():
        pytest.skip(f"Amazon's own DynamoDB engine needs {' and '.join(missing)}, not installed here")
    with engines.amazons() as running:
        yield running


@pytest.fixture
def moto() -> Iterator[Engine]:
    with engines.moto() as running:
        yield running


@pytest.fixture
def table(request: pytest.FixtureRequest, engine_name: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Row]]:
    """A new table on the engine that the test's parameter `engine_name` names."""
    engine: Engine = request.getfixturevalue(engine_name)
    with engine.table(monkeypatch) as made:
        yield made
