"""Revoke the certificate of a receipts' key that leaked (R-HND-8)."""

from typing import Annotated, Any

import boto3
import typer
from rich.console import Console

from infra.deploy import Place
from infra.invocation import InvocationFailedError, find_function

_FUNCTION = "Revoke"

_GOES_ON = (
    "A running process gives its key up within a minute; until then its new receipts are refused. If the metric "
    "RevocationsUnread is counted meanwhile, deploy again, or change any setting of handover: new processes start then."
)
"""What is left to do, whatever was revoked when."""


class RevocationFailedError(RuntimeError):
    """The certificate is not on the list as far as we know; the text says why and what to do."""


def revoke(stage: str, place: Place, serial: str, reason: str, since: str | None = None) -> dict[str, Any]:
    """Have handover put a certificate on its list: `serial`, `added`, `entries`. The same again changes nothing.

    Raises RevocationFailedError, ValueError where the stage has no handover.
    """
    function = find_function(stage, "handover", _FUNCTION, place)
    try:
        return function.invoke({"serial": serial, "reason": reason, "since": since})
    except InvocationFailedError as error:
        raise RevocationFailedError(
            f"Not revoked: {error}\n"
            "Check the serial number (crt_…) and that --since is an instant in the past; "
            "then run the same command again: it revokes nothing twice."
        ) from None


def revoke_certificate_command(
    serial: Annotated[str, typer.Argument(help="The certificate's serial number, crt_…, as receipts carry it.")],
    *,
    stage: Annotated[str, typer.Option(help="Name of the installation, as it was deployed.")],
    reason: Annotated[str, typer.Option(help="Why; published with the list, so without names.")],
    since: Annotated[
        str | None, typer.Option(help="Since when it is not to be relied on, e.g. 2026-03-02T09:30:00+08:00. [now]")
    ] = None,
) -> None:
    """Publish that receipts of this certificate are not to be relied on, if dated then or later."""
    answer = revoke(stage, Place(boto3.Session()), serial, reason, since)
    done = "is revoked" if answer["added"] else "was revoked before; nothing was changed"
    Console().print(
        f"{serial} {done}. The published list has {answer['entries']} entries.\n{_GOES_ON}", highlight=False
    )
