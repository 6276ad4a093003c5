"""Rebuild a consumer from nothing: have the registry tell once more what it once told (R-REG-4, DESIGN)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

import boto3
import typer
from rich.console import Console

from infra.deploy import Place
from infra.invocation import DirectFunction, InvocationFailedError, find_function

_FUNCTION = "Republish"


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
    function = find_function(stage, "registry", _FUNCTION, place)
    told = Told()
    walk: dict[str, Any] | None = {}
    while walk is not None:
        step = _step(function, walk)
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


def _step(function: DirectFunction, walk: dict[str, Any]) -> dict[str, Any]:
    try:
        return function.invoke({"walk": walk})
    except InvocationFailedError as error:
        raise RepublishFailedError(
            f"A step failed: {error}\n"
            "Look at the registry's log, then run the same command again: nobody takes an event twice."
        ) from None
