"""Three DynamoDB engines under the same tests: moto in this process, the emulator, and Amazon's DynamoDB Local."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from moto import mock_aws

from infra.dynamodb_local import dynamodb_local
from localstack.emulator import HOST, Emulator, free_port
from shared.aws.table import Row, bound_table
from shared.kernel.ids import new_id
from tests.support.aws import REGION, forget_clients


@dataclass(frozen=True)
class Engine:
    """A DynamoDB that runs; `endpoint` None is moto, which must not be used by two threads at once."""

    name: str
    endpoint: str | None

    @contextmanager
    def table(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Row]]:
        """A new table of the one shape, which everything that finds its own way to AWS finds here too."""
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.setenv(name, "testing")
        monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
        monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        monkeypatch.setenv("NO_PROXY", HOST)
        for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN"):
            monkeypatch.delenv(name, raising=False)
        if self.endpoint:
            monkeypatch.setenv("AWS_ENDPOINT_URL", self.endpoint)
        else:
            monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
        forget_clients()
        table = bound_table(new_id("table"))
        table.create_table(billing_mode="PAY_PER_REQUEST", wait=True)
        yield table
        table.delete_table()
        forget_clients()


@contextmanager
def moto() -> Iterator[Engine]:
    """moto, for the length of a test run's part that opens no socket to it."""
    with mock_aws():
        yield Engine("moto", None)


@contextmanager
def emulator(home: Path) -> Iterator[Engine]:
    """The emulator of `make run`, with nothing deployed."""
    program = Emulator(home)
    port = free_port()
    with warnings.catch_warnings():
        # It outlives the object that started it: it is stopped by its process id.
        warnings.simplefilter("ignore", ResourceWarning)
        program.start(port)
    try:
        yield Engine("emulator", f"http://{HOST}:{port}")
    finally:
        program.stop()


@contextmanager
def amazons() -> Iterator[Engine]:
    """DynamoDB Local. Raises EngineFailedError."""
    with dynamodb_local() as endpoint:
        yield Engine("dynamodb-local", endpoint)
