"""The verifier's memory in moto: the same checks as on other engines."""

import pytest

from services.audit import wiring
from services.audit.ports.log import Log
from shared.aws.table import Row
from tests.support.table_checks import Check
from tests.support.verification_checks import CHECKS


@pytest.fixture
def table(log: Log) -> type[Row]:
    """Audit's table in moto."""
    del log
    return wiring.store().journal.table


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_the_verifiers_memory(table: type[Row], check: Check) -> None:
    check(table)
