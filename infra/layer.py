"""The one Lambda layer: third-party wheels of requirements/runtime.txt for a target, trimmed."""

import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from infra.alone import alone
from infra.archive import fingerprint, write_zip
from infra.target import Target, Wheels

# botocore describes over 400 AWS services in 100 MB; a function can call these and no others.
AWS_SERVICES = frozenset({"dynamodb", "kms", "s3", "secretsmanager", "sns", "sqs", "sts", "ssm", "lambda"})
_UNUSED_FOLDERS = frozenset({"__pycache__", "bin", "examples", "test", "tests"})
_UNUSED_SUFFIXES = frozenset({".pyi", ".pyc", ".typed", ".c", ".h", ".pxd", ".md", ".rst"})
# Where Lambda looks for Python packages in a layer.
LAYER_PREFIX = "python/"
_BOTOCORE_DATA = PurePosixPath("botocore/data")
_OF_ONE_SERVICE = 3  # botocore/data/<service>/…
# Parts of kept packages that nothing here imports: Chalice routes, cffi only runs at build time.
_UNUSED_PARTS = (
    PurePosixPath("aws_lambda_powertools/event_handler"),
    PurePosixPath("pycparser"),
)
# Some packages ask importlib.metadata for their own version.
_METADATA_KEPT = frozenset({"METADATA"})


@dataclass(frozen=True, slots=True)
class Layer:
    """A built layer: the zip, its content hash, its unpacked size in bytes."""

    archive: Path
    digest: str
    unpacked: int


class LayerBuildFailedError(RuntimeError):
    """pip could not put the locked wheels together; the text says why and what to do."""


def build_layer(lock: Path, target: Target, build_root: Path) -> Layer:
    """The layer for `target`, built once per content of the lock file.

    Raises:
        LayerBuildFailedError: a wheel is missing for the target, or the network is.
    """
    digest = fingerprint([lock, Path(__file__), target.code])
    archive = build_root / target.code / f"layer-{digest}.zip"
    with alone(archive.parent / "layer.lock"):
        if not archive.exists():
            members = _members(lock, target)
            for stale in archive.parent.glob("layer-*.zip"):
                stale.unlink()
            write_zip(archive, members, precompile=target.runs_here)
    return Layer(archive, digest, _unpacked_size(archive))


def _members(lock: Path, target: Target) -> dict[str, bytes]:
    if target.wheels is Wheels.PREINSTALLED:
        return {LAYER_PREFIX + "EMPTY": b"The interpreter that runs the functions has the packages.\n"}
    with tempfile.TemporaryDirectory(prefix="shenguan-layer-") as folder:
        _install(lock, target, Path(folder))
        return {LAYER_PREFIX + name: data for name, data in _kept(Path(folder))}


def _install(lock: Path, target: Target, folder: Path) -> None:
    platforms = [f"--platform={name}" for name in target.wheel_platforms]
    interpreter = ["--implementation=cp", f"--python-version={target.python}"] if platforms else []
    command = [
        *(sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"),
        *("--no-compile", "--no-deps", "--require-hashes", "--only-binary=:all:"),
        *platforms,
        *interpreter,
        *("--target", str(folder), "--requirement", str(lock)),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        shutil.rmtree(folder, ignore_errors=True)
        raise LayerBuildFailedError(
            f"The layer for {target.runtime} on {target.architecture} could not be built from "
            f"{lock.name}.\n{done.stderr.strip()}\n"
            "Check the network and that every package has a wheel for the target, then try again."
        )


def _kept(folder: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)
        if path.is_file() and _is_needed(PurePosixPath(name.as_posix())):
            yield name.as_posix(), path.read_bytes()


def _is_needed(name: PurePosixPath) -> bool:
    top = name.parts[0]
    if top.endswith(".dist-info"):
        return name.name in _METADATA_KEPT
    if name.is_relative_to(_BOTOCORE_DATA) and len(name.parts) > _OF_ONE_SERVICE:
        return name.parts[_OF_ONE_SERVICE - 1] in AWS_SERVICES
    if any(name.is_relative_to(part) for part in _UNUSED_PARTS):
        return False
    return not (_UNUSED_FOLDERS & set(name.parts) or name.suffix in _UNUSED_SUFFIXES)


def _unpacked_size(archive: Path) -> int:
    with zipfile.ZipFile(archive) as opened:
        return sum(member.file_size for member in opened.infolist())
