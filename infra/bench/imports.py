"""Cold starts: how long each packaged function's module takes to import, beside the barest handler there is.

Each import runs in an interpreter of its own that sees nothing but its standard library, the function's unpacked zip
and the unpacked layer (`python -I -S`). Rounds are interleaved, so that a busy moment of the machine meets all alike.
"""

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

from infra.build import Build
from infra.layer import LAYER_PREFIX
from infra.target import Target, Wheels, local_target

BARE = "bare"
_BARE_MODULE = 'import boto3\n\nclient = boto3.client("dynamodb")\n'

# The second instant includes what the first request needs: one DynamoDB client, which the bare handler makes at import.
_CHILD = """
import importlib, json, sys, time
*folders, module, ours = sys.argv[1:]
sys.path[:0] = folders
start = time.perf_counter()
importlib.import_module(module)
imported = time.perf_counter()
if ours == "ours":
    from shared.aws.table import bound_table
    from shared.aws.transactions import client_of
    client_of(bound_table("bench"))
ready = time.perf_counter()
print(json.dumps([imported - start, ready - start]))
"""


@dataclass(frozen=True, slots=True)
class Module:
    """What Lambda imports for one or more functions of a service."""

    service: str
    functions: tuple[str, ...]
    name: str


@dataclass(frozen=True, slots=True)
class ImportTime:
    """Medians in seconds: until the module is imported, and until it could ask DynamoDB."""

    module: Module
    imported: float
    ready: float


class ImportFailedError(RuntimeError):
    """A packaged module cannot be imported by itself; the text is Python's explanation."""


def bench_target() -> Target:
    """This interpreter, packaged as for Lambda: the local stack's own target leaves the layer empty."""
    return replace(local_target(), name="here", wheels=Wheels.IN_LAYER)


def modules_of(build: Build) -> list[Module]:
    """Every module that some function's handler lies in."""
    found: dict[tuple[str, str], list[str]] = {}
    for service in build.services:
        for name, resource in sorted(service.read_template()["Resources"].items()):
            if resource["Type"] == "AWS::Serverless::Function":
                module = resource["Properties"]["Handler"].rpartition(".")[0]
                found.setdefault((service.service, module), []).append(name)
    return [Module(service, tuple(names), module) for (service, module), names in found.items()]


def measure(
    build: Build, folder: Path, repeats: int, report: Callable[[str], None], *, byte_code: bool = True
) -> list[ImportTime]:
    """The bare handler first, then every module; `folder` is where archives are unpacked.

    Without `byte_code` it is as if another Python than the runtime's had built the packages.
    """
    layer = _unpack(build.layer.archive, folder / "layer", byte_code=byte_code) / LAYER_PREFIX
    paths = {each.service: _unpack(each.code, folder / each.service, byte_code=byte_code) for each in build.services}
    bare = folder / BARE
    bare.mkdir()
    (bare / "bare.py").write_text(_BARE_MODULE, encoding="utf-8")
    paths[BARE] = bare
    modules = [Module(BARE, ('boto3.client("dynamodb")',), "bare"), *modules_of(build)]
    samples: dict[Module, list[tuple[float, float]]] = {module: [] for module in modules}
    for number in range(repeats + 1):
        report(f"cold starts, round {number} of {repeats}")
        for module in modules:
            sample = _import_once(paths[module.service], layer, module)
            if number:  # the first round only warms the machine's file cache
                samples[module].append(sample)
    return [medians(module, samples[module]) for module in modules]


def medians(module: Module, samples: Iterable[tuple[float, float]]) -> ImportTime:
    """One module's medians."""
    imported, ready = zip(*samples, strict=True)
    return ImportTime(module, median(imported), median(ready))


def _import_once(code: Path, layer: Path, module: Module) -> tuple[float, float]:
    # -B: a function cannot write byte code, its folders are read-only.
    command = [sys.executable, "-I", "-S", "-B", "-c", _CHILD, str(code), str(layer), module.name]
    done = subprocess.run(  # noqa: S603
        [*command, BARE if module.service == BARE else "ours"],
        env=_environment(),
        cwd=code,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise ImportFailedError(f"{module.service}: {module.name} cannot be imported:\n{done.stderr.strip()}")
    imported, ready = json.loads(done.stdout.splitlines()[-1])
    return imported, ready


def _environment() -> Mapping[str, str]:
    return {
        "PATH": os.environ.get("PATH", ""),
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "bench",
        "AWS_SECRET_ACCESS_KEY": "bench",
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def _unpack(archive: Path, folder: Path, *, byte_code: bool) -> Path:
    with zipfile.ZipFile(archive) as opened:
        opened.extractall(folder, [name for name in opened.namelist() if byte_code or not name.endswith(".pyc")])
    return folder
