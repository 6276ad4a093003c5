"""What a build is for: the interpreter, platform and architecture functions will run on."""

import platform
import sys
from dataclasses import dataclass, replace
from enum import StrEnum

ARCHITECTURES = {"aarch64": "arm64", "arm64": "arm64", "x86_64": "x86_64", "amd64": "x86_64"}

# Amazon Linux 2023 has glibc 2.34; a wheel built for an older one runs too.
_GLIBC_TAGS = ("manylinux_2_34", "manylinux_2_28", "manylinux_2_17", "manylinux2014")
_WHEEL_MACHINES = {"arm64": "aarch64", "x86_64": "x86_64"}


class Wheels(StrEnum):
    """Where a function finds third-party packages."""

    IN_LAYER = "in_layer"
    IN_ZIP = "in_zip"
    PREINSTALLED = "preinstalled"


@dataclass(frozen=True, slots=True)
class Target:
    """A place to build for. `wheel_platforms` is empty where wheels are for this very machine."""

    name: str
    python: str  # "3.13"
    architecture: str  # "arm64" or "x86_64", as Lambda spells them
    wheel_platforms: tuple[str, ...]
    # How the locked wheels reach a function: in the layer; in each zip, where layers are not
    # supported; or not at all, where the functions run with an interpreter that has them.
    wheels: Wheels = Wheels.IN_LAYER
    consumer_concurrency: int = 10  # batches of one queue at work at once; the least is 2

    @property
    def runtime(self) -> str:
        """The Lambda runtime identifier, for example `python3.13`."""
        return f"python{self.python}"

    @property
    def runs_here(self) -> bool:
        """Whether this interpreter's byte code is the target's."""
        return self.python == _this_python()

    @property
    def code(self) -> str:
        """A short name for folders: builds for different targets lie side by side."""
        return f"{self.name}-{self.python}-{self.architecture}"


def local_target() -> Target:
    """This interpreter on this machine: what the emulator runs functions with.

    The emulator unpacks a layer anew for every worker; forty copies of 40 MB would take minutes to
    write and remove. The interpreter has the same locked packages, so the layer stays empty.
    """
    here = Target("local", _this_python(), _this_architecture(), ())
    return replace(here, wheels=Wheels.PREINSTALLED, consumer_concurrency=2)


def aws_target(python: str = "3.13", architecture: str = "arm64") -> Target:
    """AWS Lambda (and LocalStack in Docker).

    Raises ValueError for an architecture Lambda does not have.
    """
    if architecture not in _WHEEL_MACHINES:
        known = ", ".join(_WHEEL_MACHINES)
        raise ValueError(f"Lambda has no architecture {architecture!r}; choose one of: {known}.")
    machine = _WHEEL_MACHINES[architecture]
    return Target("aws", python, architecture, tuple(f"{tag}_{machine}" for tag in _GLIBC_TAGS))


def docker_target() -> Target:
    """LocalStack on this machine: AWS's runtime, this machine's architecture.

    Its free edition accepts layers but does not give them to functions.
    """
    like_aws = aws_target(architecture=_this_architecture())
    return replace(like_aws, name="docker", wheels=Wheels.IN_ZIP)


def _this_python() -> str:
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def _this_architecture() -> str:
    return ARCHITECTURES.get(platform.machine().lower(), "x86_64")
