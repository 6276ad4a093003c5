"""The three DynamoDB engines and the Go programs, each started or built once and only where a test asks for it.

What needs a program that this machine has not is left out, and one line at the end says so.
"""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.dynamodb_local import missing_programs
from shared.aws.table import Row
from tests.support import engines
from tests.support.engines import Engine

_LEFT_OUT = pytest.StashKey[list[str]]()
_GO = Path(__file__).parent / "go"
_GO_PROGRAMS = frozenset({"logcheck", "fsck", "witnessed"})


def _needs_java(item: pytest.Item) -> bool:
    return isinstance(item, pytest.Function) and "amazons" in item.fixturenames + list(_parameters(item))


def _needs_go(item: pytest.Item) -> bool:
    return isinstance(item, pytest.Function) and not _GO_PROGRAMS.isdisjoint(item.fixturenames)


def _parameters(item: pytest.Function) -> tuple[object, ...]:
    return tuple(item.callspec.params.values()) if hasattr(item, "callspec") else ()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    missing = {
        "Amazon's own DynamoDB engine": (_needs_java, missing_programs()),
        "The cross-check of the log in Go": (_needs_go, [] if shutil.which("go") else ["go"]),
    }
    said = config.stash.setdefault(_LEFT_OUT, [])
    for what, (needs, programs) in missing.items():
        left_out = [item for item in items if programs and needs(item)]
        if left_out:
            items[:] = [item for item in items if item not in left_out]
            config.hook.pytest_deselected(items=left_out)
            said.append(f"{what} was left out ({len(left_out)} tests): {' and '.join(programs)} not installed")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for line in config.stash.get(_LEFT_OUT, []):
        terminalreporter.write_line(line, yellow=True)


def _built(folder: Path, name: str, package: str) -> Path:
    """A Go program, from the modules that go.sum pins."""
    command = ["go", "build", "-mod=readonly", "-o", str(folder / name), package]
    built = subprocess.run(command, cwd=_GO, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    return folder / name


@pytest.fixture(scope="session")
def logcheck(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Judges a log with golang.org/x/mod/sumdb and github.com/transparency-dev/merkle (`go/main.go`)."""
    return _built(tmp_path_factory.mktemp("logcheck"), "logcheck", ".")


@pytest.fixture(scope="session")
def fsck(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tessera's own program, as its authors wrote it."""
    return _built(tmp_path_factory.mktemp("fsck"), "fsck", "github.com/transparency-dev/tessera/cmd/fsck")


@pytest.fixture(scope="session")
def witnessed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Judges cosignatures with github.com/transparency-dev/formats, and has tessera's log cosigned by our witness."""
    return _built(tmp_path_factory.mktemp("witnessed"), "witnessed", "./witnessed")


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with engines.emulator(tmp_path_factory.mktemp("emulator")) as running:
        yield running


@pytest.fixture(scope="session")
def amazons() -> Iterator[Engine]:
    with engines.amazons() as running:
        yield running


@pytest.fixture
def moto() -> Iterator[Engine]:
    with engines.moto() as running:
        yield running


@pytest.fixture
def table(request: pytest.FixtureRequest, engine_name: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Row]]:
    """A new table on the engine that the test's parameter `engine_name` names."""
    engine: Engine = request.getfixturevalue(engine_name)
    with engine.table(monkeypatch) as made:
        yield made
