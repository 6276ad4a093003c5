"""shared/aws and every service's store keep their promises on three engines, Amazon's own among them.

moto is in this list since the unit tests stand on it; it is asked nothing that needs two threads.
"""

import pytest

from shared.aws.table import Row
from tests.support import attestation_checks, store_checks, table_checks
from tests.support.table_checks import Check

pytestmark = pytest.mark.conformance

ENGINES = ("moto", "emulator", "amazons")
BEARING_THREADS = ("emulator", "amazons")


@pytest.mark.parametrize("engine_name", ENGINES)
@pytest.mark.parametrize("check", [*table_checks.CHECKS, *attestation_checks.CHECKS])
def test_shared_aws(check: Check, table: type[Row]) -> None:
    check(table)


@pytest.mark.parametrize("engine_name", BEARING_THREADS)
@pytest.mark.parametrize("check", [*table_checks.RACES, *attestation_checks.RACES])
def test_shared_aws_under_concurrency(check: Check, table: type[Row]) -> None:
    check(table)


@pytest.mark.parametrize("engine_name", ENGINES)
@pytest.mark.parametrize("check", store_checks.all_stores())
def test_stores(check: Check, table: type[Row]) -> None:
    check(table)


@pytest.mark.parametrize("engine_name", BEARING_THREADS)
@pytest.mark.parametrize("check", store_checks.STORE_RACES)
def test_stores_under_concurrency(check: Check, table: type[Row]) -> None:
    check(table)
