from collections.abc import Iterator

import pytest

from shared.aws.table import Row
from tests.support.identity_builders import identity_in_moto


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Row]]:
    with identity_in_moto(monkeypatch) as found:
        yield found
