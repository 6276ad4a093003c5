"""shared/aws and every service's store keep their promises on the emulator that `make run` uses."""

import pytest

from shared.aws.table import Row
from tests.support import table_checks
from tests.support.table_checks import Check


@pytest.mark.parametrize("check", table_checks.CHECKS + table_checks.RACES)
def test_shared_aws(check: Check, table: type[Row]) -> None:
    check(table)
