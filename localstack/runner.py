"""The local stack as a whole: start the emulator, build, deploy; stop; say how it is.

The same build and deployment code goes to AWS: nothing here knows what a service is made of.
"""

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

from infra.build import ROOT, build, existing_services
from infra.deploy import Options, Place, Progress, deploy, stack_name
from infra.fragment import read_template
from infra.target import local_target
from localstack.emulator import HOST, REGION, Emulator

if TYPE_CHECKING:
    from botocore.client import BaseClient
    from mypy_boto3_s3.type_defs import ObjectLockConfigurationTypeDef

STAGE = "local"
_ANYBODY = "test"
DEFAULT_PORT = 4566
_LAST_PORT = 65_535
HOME = ROOT / ".shenguan"

# A function here answers in a second or two, so a failed message may come back sooner than on AWS.
_QUEUE_VISIBILITY_SECONDS = 15
# Nothing but our own code fails here, so that a poison message may be set aside soon.
_QUEUE_TRIES = 5
# Whoever tries it out does not wait a quarter of an hour for the list's export, and has his witness on this machine.
_SETTINGS = {"ExportMinutes": "1", "WitnessNetworks": "127.0.0.0/8, ::1/128"}

_PATH_STYLE = Config(s3={"addressing_style": "path"}, retries={"mode": "standard", "total_max_attempts": 3})


class StackDownError(RuntimeError):
    """Something needs the running stack and it is not there; the text says how to start it."""


@dataclass(frozen=True, slots=True)
class Running:
    """A stack that is up: where callers reach it, and every CloudFormation output by name."""

    base_url: str
    endpoint: str
    outputs: Mapping[str, str]

    def client(self, service: str) -> "BaseClient":
        """A boto3 client for the stack, whatever AWS account this shell belongs to."""
        made: BaseClient = local_session().client(
            service,  # type: ignore[call-overload]
            endpoint_url=self.endpoint,
            config=_PATH_STYLE,
        )
        return made


@dataclass(frozen=True, slots=True)
class Status:
    """How the stack is."""

    up: bool
    base_url: str
    pid: int | None
    services: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class LocalStack:
    """The stack whose data lies in `home` and which listens on `port` of 127.0.0.1."""

    home: Path = HOME
    port: int = DEFAULT_PORT

    @property
    def emulator(self) -> Emulator:
        """The process under it."""
        return Emulator(self.home)

    @property
    def base_url(self) -> str:
        """Where callers reach every service."""
        return f"http://{HOST}:{self.port}"

    def up(self, progress: Progress, report: Callable[[str], None] = lambda _line: None) -> Running:
        """Bring it up, with yesterday's data; what did not change is neither built nor deployed again.

        Raises EmulatorError, BuildFailedError, LayerBuildFailedError or StackFailedError.
        """
        report("starting the emulator")
        self.emulator.start(self.port)
        built = build(local_target(), report=report)
        options = Options(
            stage=STAGE,
            base_url=self.base_url,
            domain_name=HOST,
            queue_visibility_seconds=_QUEUE_VISIBILITY_SECONDS,
            queue_tries=_QUEUE_TRIES,
            emulator=True,
            settings=_SETTINGS,
        )
        place = Place(local_session(), self.base_url)
        deployed = deploy(built, options, place, progress)
        running = Running(self.base_url, self.base_url, deployed.outputs)
        _lock_copy(running)
        self._running_file.write_text(json.dumps(asdict(running), indent=1), encoding="utf-8")
        return running

    def down(self) -> bool:
        """Stop it; its data stays. False where it was not up."""
        return self.emulator.stop()

    def running(self) -> Running:
        """The stack as it runs. Raises StackDownError."""
        if not (self.emulator.port() and self._running_file.exists()):
            raise StackDownError("The local stack is not up. Start it with: make run (or: shenguan up)")
        read: dict[str, Any] = json.loads(self._running_file.read_text(encoding="utf-8"))
        return Running(**read)

    def status(self) -> Status:
        """Whether it answers, and the state of each service's CloudFormation stack."""
        port = self.emulator.port() or self.port
        base_url = f"http://{HOST}:{port}"
        if not self.emulator.healthy():
            return Status(up=False, base_url=base_url, pid=self.emulator.pid(), services={})
        cloudformation = local_session().client("cloudformation", endpoint_url=base_url)
        states = {each["StackName"]: each["StackStatus"] for each in cloudformation.describe_stacks()["Stacks"]}
        services = {name: states.get(stack_name(STAGE, name), "not deployed") for name in existing_services()}
        return Status(up=True, base_url=base_url, pid=self.emulator.pid(), services=services)

    @property
    def _running_file(self) -> Path:
        return self.home / "running.json"


def _lock_copy(running: Running) -> None:
    """Lock the log's copy as on AWS: nobody deletes from it or shortens what it keeps (R-AUD-7, ADR 24).

    The emulator's CloudFormation makes the bucket and leaves out its lock.
    """
    days = read_template(ROOT / "infra" / "data.yaml")["Parameters"]["RetentionDays"]["Default"]
    lock: ObjectLockConfigurationTypeDef = {
        "ObjectLockEnabled": "Enabled",
        "Rule": {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": days}},
    }
    s3 = local_session().client("s3", endpoint_url=running.endpoint, config=_PATH_STYLE)
    s3.put_object_lock_configuration(Bucket=running.outputs["LockedBucket"], ObjectLockConfiguration=lock)


def local_session() -> boto3.Session:
    """Credentials the emulator accepts: it checks none."""
    return boto3.Session(aws_access_key_id=_ANYBODY, aws_secret_access_key=_ANYBODY, region_name=REGION)


def chosen_port() -> int:
    """SHENGUAN_PORT, or 4566 as other local AWS stacks use. Raises ValueError for no port number."""
    text = os.environ.get("SHENGUAN_PORT", str(DEFAULT_PORT))
    if not (text.isdecimal() and 0 < int(text) <= _LAST_PORT):
        raise ValueError(f"SHENGUAN_PORT must be a port number (1 to 65535), not {text!r}.")
    return int(text)
