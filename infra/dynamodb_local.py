"""Amazon's own DynamoDB engine on a free port of loopback: fetched by Maven once, run by Java, ended with its use."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_ROOT = Path(__file__).parents[1]
_SOURCE = Path(__file__).with_name("dynamodb")
_JARS = _ROOT / "build" / "dynamodb-local"
_ANNOUNCED = "listening on "


class EngineFailedError(RuntimeError):
    """DynamoDB Local could not be fetched or started; the text is what Maven or Java said."""


def missing_programs() -> list[str]:
    """Which of the programs it needs are not on this machine."""
    return [name for name in ("java", "mvn") if shutil.which(name) is None]


@contextmanager
def dynamodb_local(folder: Path | None = None) -> Iterator[str]:
    """The engine's endpoint, while it runs. Its tables are kept in a file of `folder`, or else in memory.

    Raises EngineFailedError.
    """
    jars = _fetched()
    command = ["java", f"-Djava.library.path={jars}", "-cp", f"{jars}/*", str(_SOURCE / "Loopback.java")]
    command += [str(folder)] if folder else []
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:  # noqa: S603
        try:
            yield f"http://127.0.0.1:{_port(process)}"
        finally:
            process.terminate()


def _port(process: "subprocess.Popen[str]") -> int:
    said: list[str] = []
    for line in process.stdout or ():
        if line.startswith(_ANNOUNCED):
            return int(line.removeprefix(_ANNOUNCED))
        said.append(line)
    raise EngineFailedError("DynamoDB Local did not start:\n" + "".join(said))


def _fetched() -> Path:
    if not list(_JARS.glob("DynamoDBLocal-*.jar")):
        command = [
            "mvn", "--quiet", "--batch-mode", f"--file={_SOURCE / 'pom.xml'}",
            "dependency:copy-dependencies", f"-DoutputDirectory={_JARS}",
        ]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
        if done.returncode:
            shutil.rmtree(_JARS, ignore_errors=True)
            raise EngineFailedError(f"Maven could not fetch DynamoDB Local:\n{done.stdout[-2000:]}")
    return _JARS
