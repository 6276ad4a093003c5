"""Deploy a build to any endpoint: real AWS, LocalStack or the emulator (AWS_ENDPOINT_URL).

    artifacts ─▶ data, platform ─▶ identity ─▶ the other services, side by side

A stack's parameters are filled by name: first from what the operator chose (Options), then from
outputs of the stacks before it — `<service><Parameter>` before `<Parameter>`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import boto3
from botocore.config import Config

from infra.archive import fingerprint
from infra.build import Build, ServiceBuild
from infra.fragment import read_template
from infra.stacks import Stack, Stacks

# Said by options of their own.
_OPTIONS = frozenset({"AlarmEmail", "ApiDomainName", "Emulator", "LogLevel", "QueueTries", "QueueVisibilitySeconds"})
_TEMPLATES = Path(__file__).parent
_CODE_PREFIX = "./"

# The emulator answers on one event loop, slowly while it starts functions.
_CLIENT = Config(retries={"mode": "standard", "total_max_attempts": 5}, read_timeout=120)
_PATH_STYLE = Config(s3={"addressing_style": "path"})


class Progress(Protocol):
    """Where the deployment tells what it does."""

    def started(self, stack: str) -> None:
        """A stack is being looked at, and created or updated if it has to be."""

    def finished(self, stack: str, *, changed: bool) -> None:
        """A stack is as it should be."""


@dataclass(frozen=True, slots=True)
class Options:
    """What an operator chooses. `base_url` has no final slash.

    `log_origin` is the audit log's name in every checkpoint: once chosen it never changes, wherever the log moves.
    """

    stage: str
    base_url: str
    domain_name: str = ""
    certificate_arn: str = ""
    log_level: str = "INFO"
    alarm_email: str = ""
    queue_visibility_seconds: int = 180
    queue_tries: int = 10
    emulator: bool = False
    log_origin: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)
    """Parameters of templates that have a default, by name: what a jurisdiction decides otherwise."""

    @property
    def parameters(self) -> dict[str, str]:
        """The choices by the names templates use."""
        return {
            "Stage": self.stage,
            "BaseUrl": self.base_url,
            "DomainName": self.domain_name,
            "CertificateArn": self.certificate_arn,
            "LogLevel": self.log_level,
            "AlarmEmail": self.alarm_email,
            "QueueVisibilitySeconds": str(self.queue_visibility_seconds),
            "QueueTries": str(self.queue_tries),
            "Emulator": str(self.emulator).lower(),
            "LogOrigin": self.log_origin or f"shenguan.{self.stage}/log",
            **self.settings,
        }


@dataclass(frozen=True, slots=True)
class Deployment:
    """What is there now: the base URL, and every output by name."""

    base_url: str
    outputs: Mapping[str, str]
    changed: tuple[str, ...]


class ParameterMissingError(LookupError):
    """A template names a parameter nobody gives; the text says which and where it could come from."""


def stack_name(stage: str, part: str) -> str:
    """The name of one of our stacks."""
    return f"{stage}-shenguan-{part}"


@dataclass(frozen=True, slots=True)
class Place:
    """Where to deploy: whose session, and which endpoint (None: what AWS_ENDPOINT_URL says, or AWS)."""

    session: boto3.Session
    endpoint_url: str | None = None


def deploy(build: Build, options: Options, place: Place, progress: Progress) -> Deployment:
    """Bring every stack to what `build` and `options` say; unchanged stacks are left alone.

    Raises:
        StackFailedError: CloudFormation rolled a stack back.
        ParameterMissingError: a template asks for what nobody gives.
        ValueError: `options.settings` names what no template lets an operator decide.
    """
    data = read_template(_TEMPLATES / "data.yaml")
    check_settings(options.settings, [data, *(each.read_template() for each in build.services)])
    return _Run(build, options, place, progress).go()


class _Run:
    def __init__(self, build: Build, options: Options, place: Place, progress: Progress) -> None:
        self._build = build
        self._options = options
        self._progress = progress
        cloudformation = place.session.client("cloudformation", endpoint_url=place.endpoint_url, config=_CLIENT)
        self._stacks = Stacks(cloudformation, self._put_template)
        self._s3 = place.session.client("s3", endpoint_url=place.endpoint_url, config=_CLIENT.merge(_PATH_STYLE))
        self._known: dict[str, str] = dict(options.parameters)
        self._changed: list[str] = []

    def go(self) -> Deployment:
        self._bring_up({"artifacts": read_template(_TEMPLATES / "artifacts.yaml")})
        layer = self._build.layer
        self._known |= {
            "LayerBucket": self._known["ArtifactsBucket"],
            "LayerKey": self._put(f"layer/{layer.digest}.zip", layer.archive.read_bytes()),
            "LayerRuntime": self._build.target.runtime,
            "LayerArchitecture": self._build.target.architecture,
        }
        self._bring_up({name: read_template(_TEMPLATES / f"{name}.yaml") for name in ("data", "platform")})
        services = {each.service: self._service_template(each) for each in self._build.services}
        first = {name: template for name, template in services.items() if name == "identity"}
        self._bring_up(first)
        self._bring_up({name: each for name, each in services.items() if name not in first})
        return Deployment(self._options.base_url, dict(self._known), tuple(self._changed))

    def _bring_up(self, templates: Mapping[str, Mapping[str, Any]]) -> None:
        """Start all, then wait for all, then learn their outputs."""
        started: dict[str, bool] = {}
        for part, template in templates.items():
            name = stack_name(self._options.stage, part)
            parameters = fill(template.get("Parameters", {}), part, self._known)
            self._progress.started(part)
            started[part] = self._stacks.start(Stack(name, template, parameters))
        for part, changed in started.items():
            name = stack_name(self._options.stage, part)
            self._stacks.wait(name)
            self._progress.finished(part, changed=changed)
            self._learn(part, self._stacks.outputs(name))
        self._changed += [part for part, changed in started.items() if changed]

    def _learn(self, part: str, outputs: Mapping[str, str]) -> None:
        """Outputs every stack has (its API's address) are known as the service's own."""
        per_service = part in {each.service for each in self._build.services}
        for key, value in outputs.items():
            own = per_service and not key.startswith("Authorizer")
            self._known[f"{part}{key}" if own else key] = value

    def _service_template(self, built: ServiceBuild) -> dict[str, Any]:
        """The packaged template with its code in the artifacts bucket."""
        template = built.read_template()
        key = self._put(f"code/{built.service}-{built.digest}.zip", built.code.read_bytes())
        location = f"s3://{self._known['ArtifactsBucket']}/{key}"
        for resource in template["Resources"].values():
            properties = resource.get("Properties", {})
            if str(properties.get("CodeUri", "")).startswith(_CODE_PREFIX):
                properties["CodeUri"] = location
        return template

    def _put(self, key: str, content: bytes) -> str:
        """Upload once: a key names its content, so one that is there needs no second copy."""
        bucket = self._known["ArtifactsBucket"]
        listed = self._s3.list_objects_v2(Bucket=bucket, Prefix=key).get("Contents", [])
        if key not in {each.get("Key") for each in listed}:
            self._s3.put_object(Bucket=bucket, Key=key, Body=content)
        return key

    def _put_template(self, name: str, content: bytes) -> str:
        key = self._put(f"template/{fingerprint([content])}/{name}", content)
        bucket = self._known["ArtifactsBucket"]
        return f"{self._s3.meta.endpoint_url}/{bucket}/{key}"


def fill(declared: Mapping[str, Mapping[str, Any]], part: str, known: Mapping[str, str]) -> dict[str, str]:
    """A template's parameters by name, the part's own before the common ones.

    Raises ParameterMissingError for one without value or default.
    """
    filled: dict[str, str] = {}
    for name, described in declared.items():
        value = known.get(f"{part}{name}", known.get(name))
        if value is not None:
            filled[name] = value
        elif "Default" not in described:
            raise ParameterMissingError(
                f"Stack {part} asks for {name}: no earlier stack has an output {part}{name} or {name}, "
                "and it is no option. Add the output (infra/data.yaml, infra/platform.yaml) or a Default."
            )
    return filled


def check_settings(settings: Mapping[str, str], templates: Iterable[Mapping[str, Any]]) -> None:
    """Raises ValueError naming what may be set, when something else is."""
    declared = [template.get("Parameters", {}).items() for template in templates]
    allowed = {name for items in declared for name, described in items if "Default" in described}
    unknown = settings.keys() - (allowed - _OPTIONS)
    if unknown:
        listed = ", ".join(sorted(allowed - _OPTIONS))
        raise ValueError(f"There is no setting {', '.join(sorted(unknown))}; there are: {listed}.")


def parts(services: Iterable[str]) -> tuple[str, ...]:
    """Every stack's part, in the order they are deployed."""
    return ("artifacts", "data", "platform", *services)
