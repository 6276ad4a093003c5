"""Have every service tell audit at once of everything it holds, and not only when its turn comes (R-AUD-4, ADR 23)."""

from collections.abc import Callable, Iterator
from typing import Annotated, Any, Final

import boto3
import typer
from rich.console import Console

from infra.build import SERVICES
from infra.deploy import Place
from infra.invocation import DirectFunction, InvocationFailedError, find_function

_FUNCTION: Final = "Attest"
_TICK: Final[dict[str, Any]] = {
    "version": "0",
    "id": "asked",
    "account": "",
    "region": "",
    "detail-type": "asked by an operator",
    "source": "shenguan",
    "time": "",
    "resources": [],
}
"""What the function is given by the clock; `detail` says that an operator asks."""


class AttestationFailedError(RuntimeError):
    """A service kept failing; the text says which and what to do."""


def attest(stage: str, service: str, place: Place) -> Iterator[tuple[int, int]]:
    """One pass of one service, from its beginning or from where one stands, run by run.

    Yields the number of events told and of faults seen by each run. Raises AttestationFailedError, and ValueError where
    the stage has no such service.
    """
    function = find_function(stage, service, _FUNCTION, place)
    begin, under_way = True, True
    while under_way:
        told = _run(service, function, begin=begin)
        begin, under_way = False, bool(told["under_way"])
        yield told["events"], told["ailing"]


def attest_command(
    *,
    stage: Annotated[str, typer.Option(help="Name of the installation, as it was deployed.")],
    service: Annotated[str, typer.Option(help="One service; all of them unless given.")] = "",
) -> None:
    """Have the services tell audit now of everything they hold, to be compared with the log."""
    console, place = Console(), Place(boto3.Session())
    for each in [service] if service else SERVICES:
        with console.status(f"{each}: asking ...") as status:
            events, ailing = show(stage, each, place, status.update)
        wrong = f", [red]{ailing} do not bear themselves out[/red]" if ailing else ""
        console.print(f"{each:<13} {events} events attested{wrong}", highlight=False)
    console.print("Audit compares them as they come, and the days' numbers in half an hour: GET /audit/v1/faults")


def show(stage: str, service: str, place: Place, progress: Callable[[str], None]) -> tuple[int, int]:
    """Do it with visible progress; how many events were told, and how many faults the service saw by itself."""
    events = ailing = 0
    for told, wrong in attest(stage, service, place):
        events, ailing = events + told, ailing + wrong
        progress(f"{service}: {events} events told")
    return events, ailing


def _run(service: str, function: DirectFunction, *, begin: bool) -> dict[str, Any]:
    try:
        return function.invoke({**_TICK, "detail": {"begin": True} if begin else {}})
    except InvocationFailedError as error:
        raise AttestationFailedError(
            f"{service} failed: {error}\n"
            f"Look at the log of {service}'s function attest, then run the same command again: it goes on from there."
        ) from None
