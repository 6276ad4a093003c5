"""Rebuild a consumer from nothing: have the registry tell once more what it once told (R-REG-4, DESIGN)."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import boto3
import typer
from botocore.config import Config
from botocore.exceptions import ClientError
from rich.console import Console

from infra.deploy import Place, stack_name

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

_FUNCTION = "Republish"
_TRIES = 5
"""A step that could not reach the topic is done again; after so many the command stops and may be run again."""

# A step is repeated by us, after looking at its answer.
_CLIENT = Config(retries={"mode": "standard", "total_max_attempts": 2}, read_timeout=90)


class RepublishFailedError(RuntimeError):
    """A step kept failing; the text says which and what to do."""


@dataclass(frozen=True, slots=True)
class Told:
    """What has been told so far."""

    aggregates: int = 0
    events: int = 0


def republish(stage: str, place: Place, progress: Callable[[Told], None]) -> Told:
    """Walk through everything the registry keeps, telling consumers of it; each takes what it has not seen.

    Raises RepublishFailedError when a step keeps failing, ValueError where the stage has no registry.
    """
    client: LambdaClient = place.session.client("lambda", endpoint_url=place.endpoint_url, config=_CLIENT)
    function = _function(stage, place)
    told = Told()
    walk: dict[str, Any] | None = {}
    while walk is not None:
        step = _step(client, function, walk)
        told = Told(told.aggregates + step["aggregates"], told.events + step["events"])
        progress(told)
        walk = step["walk"]
    return told


def republish_command(
    *, stage: Annotated[str, typer.Option(help="Name of the installation, as it was deployed.")]
) -> None:
    """Tell every consumer once more of all departments, item versions and notices, to rebuild one that lost its own."""
    show(stage, Place(boto3.Session()), Console())


def show(stage: str, place: Place, console: Console) -> None:
    """Do it with visible progress."""
    with console.status("asking the registry ...") as status:
        told = republish(
            stage, place, lambda so_far: status.update(f"{so_far.aggregates} records, {so_far.events} events told")
        )
    console.print(f"Told: {told.events} events of {told.aggregates} records. Consumers take what they have not seen.")


def _function(stage: str, place: Place) -> str:
    stacks = place.session.client("cloudformation", endpoint_url=place.endpoint_url)
    name = stack_name(stage, "registry")
    try:
        found = stacks.describe_stack_resource(StackName=name, LogicalResourceId=_FUNCTION)
    except ClientError as error:
        raise ValueError(f"There is no registry at stage {stage!r} here: {error}. Deploy it first.") from error
    return found["StackResourceDetail"]["PhysicalResourceId"]


def _step(client: "LambdaClient", function: str, walk: dict[str, Any]) -> dict[str, Any]:
    answer = b""
    for _ in range(_TRIES):
        invoked = client.invoke(FunctionName=function, Payload=json.dumps({"walk": walk}).encode())
        answer = invoked["Payload"].read()
        if not invoked.get("FunctionError"):
            step: dict[str, Any] = json.loads(answer)
            return step
    raise RepublishFailedError(
        f"A step failed {_TRIES} times: {answer.decode(errors='replace')[:400]}\n"
        "Look at the registry's log, then run the same command again: nobody takes an event twice."
    )
