"""Erase the payload of one event because law requires it, unless its case is under a legal hold (R-AUD-2, R-AUD-7)."""

from typing import Annotated, Any, Final

import boto3
import typer
from rich.console import Console

from infra.deploy import Place
from infra.invocation import DirectFunction, InvocationFailedError, find_function

_ERASE: Final = "Erase"
_HELD: Final = "Held"
_LONGEST_NAME: Final = 200


class ErasureFailedError(RuntimeError):
    """Nothing was erased; the text says why, and what to do."""


def erase(stage: str, place: Place, service: str, record: str, number: int, ground: str) -> dict[str, Any]:
    """Erase the payload of a record's n-th event; what the service answers of it.

    Looks first which case the event is about and whether that case is held; what is erased cannot be had back. Raises
    ErasureFailedError when it is refused, and ValueError where the stage has no such service.
    """
    function = find_function(stage, service, _ERASE, place)
    operator = str(place.session.client("sts", endpoint_url=place.endpoint_url).get_caller_identity()["Arn"])
    asked = {"subject": record, "sequence": number, "ground": ground, "operator": operator[-_LONGEST_NAME:]}
    seen = _answer(function, {**asked, "look": True})
    case = seen["case"]
    if case and _answer(find_function(stage, "audit", _HELD, place), {"case_id": case})["held"]:
        raise ErasureFailedError(
            f"{case} is under a legal hold (保全), so nothing of it is erased. Who placed the hold may release it:\n"
            f"DELETE /audit/v1/holds/{case}"
        )
    return _answer(function, asked)


def erase_payload_command(
    *,
    stage: Annotated[str, typer.Option(help="Name of the installation, as it was deployed.")],
    service: Annotated[str, typer.Option(help="The service that recorded the event, e.g. handover.")],
    record: Annotated[str, typer.Option(help="The record it belongs to: the `subject` of its envelope, e.g. case_…")],
    number: Annotated[int, typer.Option(min=1, help="Its number in that record: the `sequence` of its envelope.")],
    ground: Annotated[str, typer.Option(help="The law or decision that requires it; shown, so without names.")],
) -> None:
    """Erase the payload of one event because law requires it; its envelope and every proof stay."""
    answer = erase(stage, Place(boto3.Session()), service, record, number, ground)
    done = "was erased before; nothing was changed" if answer["erased_before"] else "is erased"
    Console().print(
        f"The payload of {answer['event_id']} ({answer['type']}) {done}. Its envelope stays, and verifies.\n"
        "What else holds the content is not touched: see docs/operations.md, Erasing a payload.",
        highlight=False,
    )


def _answer(function: DirectFunction, asked: dict[str, Any]) -> dict[str, Any]:
    try:
        answer = function.invoke(asked)
    except InvocationFailedError as error:
        raise ErasureFailedError(
            f"Nothing is known to be erased: {error}\n"
            "Check record and number, then run the same command again: it erases nothing twice."
        ) from None
    if refused := answer.get("refused"):
        raise ErasureFailedError(f"{refused['zh']}\n{refused['en']}")
    return answer
