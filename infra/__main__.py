"""Build and deploy from the command line: `python -m infra --help`."""

import sys
from typing import Annotated

import boto3
import typer
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console

from infra.api_tables import api_tables
from infra.attestation import AttestationFailedError, attest_command
from infra.bench.command import bench
from infra.bench.gateway import RequestFailedError
from infra.bench.imports import ImportFailedError
from infra.build import BuildFailedError, build
from infra.console import ConsoleProgress
from infra.contracts import write_schemas
from infra.deploy import Options, ParameterMissingError, Place, deploy
from infra.erasure import ErasureFailedError, erase_payload_command
from infra.layer import LayerBuildFailedError
from infra.openapi import write_documents
from infra.policy_basis import policy_basis
from infra.proven_log import RestoreFailedError
from infra.push_states import push_states
from infra.put_log_back import PutBackFailedError, put_log_back_command
from infra.republish import RepublishFailedError, republish_command
from infra.restore_log import restore_log_command
from infra.revocation import RevocationFailedError, revoke_certificate_command
from infra.stacks import StackFailedError
from infra.target import Target, aws_target, docker_target, local_target

app = typer.Typer(
    help="Build and deploy shenguan; AWS_ENDPOINT_URL leads to another endpoint than AWS.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
console = Console()

_EXPLAINED = (
    AttestationFailedError,
    BotoCoreError,
    BuildFailedError,
    ClientError,
    ErasureFailedError,
    ImportFailedError,
    LayerBuildFailedError,
    ParameterMissingError,
    PutBackFailedError,
    RepublishFailedError,
    RequestFailedError,
    RestoreFailedError,
    RevocationFailedError,
    StackFailedError,
    ValueError,
)

TargetName = Annotated[str, typer.Option("--target", help="aws, docker (LocalStack), or local (this interpreter).")]
Python = Annotated[str, typer.Option(help="Python of the Lambda runtime (target aws).")]
Architecture = Annotated[str, typer.Option(help="arm64 or x86_64 (target aws).")]


@app.command("build")
def build_command(target: TargetName = "aws", python: Python = "3.13", architecture: Architecture = "arm64") -> None:
    """Package every service and the layer into build/; only what changed."""
    with ConsoleProgress(console) as progress:
        built = build(_target(target, python, architecture), report=progress.report)
    console.print(f"layer {built.layer.archive.name}: {built.layer.unpacked / 1e6:.1f} MB unpacked", highlight=False)
    for service in built.services:
        console.print(f"{service.service:<13} {service.code.stat().st_size / 1e3:>6.0f} kB zipped", highlight=False)


@app.command("deploy")
def deploy_command(
    *,
    stage: Annotated[str, typer.Option(help="Name of this installation; part of every resource's name.")],
    base_url: Annotated[str, typer.Option(help="Where callers reach it, e.g. https://api.example.gov.cn")],
    domain_name: Annotated[str, typer.Option(help="Custom domain of API Gateway; empty for none.")] = "",
    certificate_arn: Annotated[str, typer.Option(help="Its certificate (ACM or IAM), same region.")] = "",
    log_level: Annotated[str, typer.Option(help="DEBUG, INFO, WARNING or ERROR.")] = "INFO",
    alarm_email: Annotated[str, typer.Option(help="Who hears of alarms.")] = "",
    log_origin: Annotated[str, typer.Option(help="The audit log's name; chosen once. [shenguan.STAGE/log]")] = "",
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="NAME=VALUE of a service's template, e.g. ItemTypes=guangdong.")
    ] = None,
    target: TargetName = "aws",
    python: Python = "3.13",
    architecture: Architecture = "arm64",
) -> None:
    """Create or update every stack, in order; unchanged ones are left alone."""
    options = Options(
        stage=stage,
        base_url=base_url.rstrip("/"),
        domain_name=domain_name,
        certificate_arn=certificate_arn,
        log_level=log_level,
        alarm_email=alarm_email,
        log_origin=log_origin,
        settings=_settings(settings or []),
    )
    with ConsoleProgress(console) as progress:
        built = build(_target(target, python, architecture), report=progress.report)
        deployed = deploy(built, options, Place(boto3.Session()), progress)
    for service in built.services:
        url = f"{deployed.base_url}/{service.service}/v1"
        shown = url if domain_name else deployed.outputs.get(f"{service.service}EndpointURL", "")
        console.print(f"  {service.service:<13} {shown}", highlight=False)
    if record := deployed.outputs.get("ApiDomainTarget"):
        console.print(f"Point the DNS name {domain_name} to {record}", highlight=False)


@app.command()
def openapi(
    *,
    check: Annotated[bool, typer.Option("--check", help="Only say which are out of date; exit 1 if any is.")] = False,
) -> None:
    """Write services/<svc>/openapi.json and shared/contracts/schemas/*.json from the models."""
    changed = write_documents(check=check) + write_schemas(check=check)
    for path in changed:
        console.print(f"{'out of date' if check else 'written'}: {path}", highlight=False)
    if check and changed:
        console.print("Run: make openapi")
        raise typer.Exit(1)


app.command()(api_tables)
app.command("attest")(attest_command)
app.command()(bench)
app.command("erase-payload")(erase_payload_command)
app.command()(policy_basis)
app.command()(push_states)
app.command("put-log-back")(put_log_back_command)
app.command("republish")(republish_command)
app.command("restore-log")(restore_log_command)
app.command("revoke-certificate")(revoke_certificate_command)


def main() -> None:
    """Entry point; failures an operator can put right are told as sentences."""
    try:
        app()
    except _EXPLAINED as error:
        console.print(str(error), markup=False, highlight=False, style="red")
        sys.exit(1)


def _settings(given: list[str]) -> dict[str, str]:
    pairs = [each.partition("=") for each in given]
    if any(not name or not equals for name, equals, _ in pairs):
        raise ValueError("--set takes NAME=VALUE, for example --set ItemTypes=guangdong.")
    return {name: value for name, _, value in pairs}


def _target(name: str, python: str, architecture: str) -> Target:
    known = {
        "aws": lambda: aws_target(python, architecture),
        "docker": docker_target,
        "local": local_target,
    }
    if name not in known:
        raise ValueError(f"There is no target {name!r}; choose one of: {', '.join(known)}.")
    return known[name]()


if __name__ == "__main__":
    main()
