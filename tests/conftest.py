"""Checks shared by several suites fail with the same detail as tests do."""

import pytest

pytest.register_assert_rewrite("tests.support.table_checks", "tests.support.store_checks")
