"""Build: stage each service as a Chalice project, package it, and build the layer; only what changed.

build/<target>/layer-<hash>.zip
build/<target>/<svc>/project/    app.py, .chalice/, empty requirements.txt, vendor/ (staged)
build/<target>/<svc>/            sam.json, deployment.zip, fingerprint
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.alone import alone
from infra.archive import fingerprint, read_zip, source_files, tree_fingerprint, write_zip
from infra.chalice_package import Request
from infra.layer import LAYER_PREFIX, Layer, build_layer
from infra.target import Target, Wheels

ROOT = Path(__file__).resolve().parent.parent

# identity first: the others' APIs name its authorizer. The order is the order of deployment.
SERVICES = (
    "identity",
    "registry",
    "handover",
    "feedback",
    "credit",
    "audit",
    "notification",
    "oversight",
)

_APP = '''"""Entry point of the deployed function; the application lies in vendor/."""

from services.{service}.app import app

__all__ = ["app"]
'''

Report = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class ServiceBuild:
    """One packaged service: its template and its code, whose name is its content."""

    service: str
    template: Path
    code: Path
    digest: str

    def read_template(self) -> dict[str, Any]:
        """The SAM template as Chalice and our fragment made it."""
        read: dict[str, Any] = json.loads(self.template.read_text(encoding="utf-8"))
        return read


@dataclass(frozen=True, slots=True)
class Build:
    """Everything a deployment needs."""

    target: Target
    layer: Layer
    services: tuple[ServiceBuild, ...]


class BuildFailedError(RuntimeError):
    """A service could not be packaged; the text is Chalice's or Python's own explanation."""


def existing_services(root: Path = ROOT) -> tuple[str, ...]:
    """The services there are: folders with an app.py, in order of deployment."""
    return tuple(name for name in SERVICES if (root / "services" / name / "app.py").exists())


def build(
    target: Target,
    *,
    root: Path = ROOT,
    build_root: Path | None = None,
    services: Iterable[str] | None = None,
    report: Report = lambda _line: None,
) -> Build:
    """Build for `target` whatever is not built yet.

    Raises:
        LayerBuildFailedError: the locked wheels do not come together.
        BuildFailedError: an application cannot be packaged.
    """
    out = build_root or root / "build"
    names = tuple(services or existing_services(root))
    with alone(out / target.code / "lock"), ThreadPoolExecutor(max_workers=os.cpu_count() or 2) as pool:
        report(f"layer for {target.runtime} on {target.architecture}")
        layer = build_layer(root / "requirements" / "runtime.txt", target, out)
        built = pool.map(lambda name: _build_service(name, layer, target, root, out, report), names)
        return Build(target, layer, tuple(built))


def _build_service(service: str, layer: Layer, target: Target, root: Path, out: Path, report: Report) -> ServiceBuild:
    folder = out / target.code / service
    done = folder / "fingerprint"
    sources = [root / "services" / service, root / "services" / "__init__.py", root / "shared"]
    wanted = tree_fingerprint([*sources, Path(__file__).parent], target.code, sys.version)
    if not (done.exists() and done.read_text(encoding="utf-8") == wanted):
        report(f"packaging {service}")
        shutil.rmtree(folder, ignore_errors=True)
        _package(service, target, root, folder)
        _normalise(folder / "deployment.zip", layer, target)
        done.write_text(wanted, encoding="utf-8")
    code = folder / "deployment.zip"
    return ServiceBuild(service, folder / "sam.json", code, fingerprint([code]))


def _package(service: str, target: Target, root: Path, folder: Path) -> None:
    project = folder / "project"
    stage(service, root, project)
    request = Request(service, target, str(root / "services" / service / "template.yaml"))
    script = Path(__file__).with_name("chalice_package.py")
    environment = {
        "PATH": os.environ.get("PATH", ""),
        "HOME": os.environ.get("HOME", ""),
        # vendor first: an import of anything not vendored must fail here, not on Lambda.
        "PYTHONPATH": os.pathsep.join([str(project / "vendor"), str(script.parent.parent)]),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    command = [sys.executable, "-P", str(script), str(project), str(folder), request.to_json()]
    done = subprocess.run(  # noqa: S603
        command, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise BuildFailedError(f"{service} could not be packaged for {target.runtime}:\n{done.stderr.strip()}")


def stage(service: str, root: Path, project: Path) -> None:
    """Lay out one service as the Chalice project that is packaged: its own code and shared, no more."""
    vendor = project / "vendor"
    origin = root / "services" / service
    _copy(root / "services" / "__init__.py", vendor / "services" / "__init__.py")
    for tree, place in ((origin, vendor / "services" / service), (root / "shared", vendor / "shared")):
        for path in source_files(tree):
            if path.suffix == ".py":
                _copy(path, place / path.relative_to(tree))
    for path in source_files(origin / ".chalice"):
        _copy(path, project / ".chalice" / path.relative_to(origin / ".chalice"))
    (project / "app.py").write_text(_APP.format(service=service), encoding="utf-8")
    # Wheels come in the layer; a path in here would be dropped silently (aws/chalice #1700).
    (project / "requirements.txt").write_text("", encoding="utf-8")


def _copy(source: Path, destination: Path) -> None:
    destination.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, destination)


def _normalise(archive: Path, layer: Layer, target: Target) -> None:
    """Chalice's zip carries time stamps; ours depends on content alone."""
    members = read_zip(archive)
    if target.wheels is Wheels.IN_ZIP:
        members |= {name.removeprefix(LAYER_PREFIX): data for name, data in read_zip(layer.archive).items()}
    write_zip(archive, members, precompile=target.runs_here)
