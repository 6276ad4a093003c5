"""The layout of docs/architecture.md holds: pyproject.toml has the contracts."""

from importlinter.cli import EXIT_STATUS_SUCCESS, lint_imports


def test_every_import_goes_downward() -> None:
    assert lint_imports(no_cache=True) == EXIT_STATUS_SUCCESS
