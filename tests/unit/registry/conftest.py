from collections.abc import Iterator

import pytest

from shared.aws.table import Row
from tests.support import registry_builders
from tests.support.aws import service_in_moto


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Row]]:
    with service_in_moto(monkeypatch, "registry") as found:
        registry_builders.forget()
        yield found
        registry_builders.forget()
