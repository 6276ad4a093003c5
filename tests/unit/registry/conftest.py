from collections.abc import Iterator

import pytest

from shared.aws.table import Row
from tests.support import registry_builders
from tests.support.aws import service_in_moto
from tests.support.file_builders import make_files_bucket

BUCKET = "registry-files"


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Row]]:
    with service_in_moto(monkeypatch, "registry", FILES_BUCKET=BUCKET) as found:
        make_files_bucket(BUCKET)
        registry_builders.forget()
        yield found
        registry_builders.forget()
