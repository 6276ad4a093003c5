"""shared/aws and every service's store keep their promises on the emulator that `make run` uses."""

import pytest

from shared.aws.table import Row
from tests.support import attestation_checks, store_checks, table_checks
from tests.support.table_checks import Check


@pytest.mark.parametrize(
    "check",
    [*table_checks.CHECKS, *table_checks.RACES, *attestation_checks.CHECKS, *attestation_checks.RACES],
)
def test_shared_aws(check: Check, table: type[Row]) -> None:
    check(table)


@pytest.mark.parametrize("check", [*store_checks.all_stores(), *store_checks.STORE_RACES])
def test_stores(check: Check, table: type[Row]) -> None:
    check(table)


def test_no_store_is_left_out() -> None:
    assert store_checks.left_out() == set()
