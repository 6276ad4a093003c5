"""The layout of docs/architecture.md holds: pyproject.toml has the contracts."""

import logging
from collections.abc import Iterator

import pytest
from importlinter.cli import EXIT_STATUS_SUCCESS, lint_imports


@pytest.fixture
def _loggers_stay() -> Iterator[None]:
    """The linter configures logging for its whole process, and so silences every logger that was there before."""
    before = {name: each.disabled for name, each in _loggers()}
    yield
    for name, each in _loggers():
        each.disabled = before.get(name, each.disabled)


@pytest.mark.usefixtures("_loggers_stay")
def test_every_import_goes_downward() -> None:
    assert lint_imports(no_cache=True) == EXIT_STATUS_SUCCESS


def _loggers() -> list[tuple[str, logging.Logger]]:
    known = logging.Logger.manager.loggerDict
    return [(name, each) for name, each in known.items() if isinstance(each, logging.Logger)]
