"""How every change of a case is written: its terms settled, its receipts signed, all in one transaction (R-HND-8)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from pydantic import BaseModel

from services.handover.domain import SOURCE, terms
from services.handover.domain.cases import CaseFile, Outcome
from services.handover.logic.receipts import sign_halves
from services.handover.ports.cases import Cases, FirstAnswer
from services.handover.ports.directory import Directory
from services.handover.ports.materials import Materials
from shared.contracts.chain import ChainHead
from shared.contracts.change import Context, Stored, change
from shared.contracts.receipts import SignedReceipt, Signer
from shared.kernel.errors import Refused
from shared.kernel.ids import case_of

A = TypeVar("A", bound=BaseModel)

Gate = Callable[[datetime], None]
"""Asked before a new push is accepted. Raises Refused("log_not_sealing")."""


def always_open(_now: datetime) -> None:
    """The gate where nothing is refused whether the log is sealing or not (R-AUD-6)."""


@dataclass(frozen=True, slots=True)
class Office:
    """What handover's use cases work with."""

    cases: Cases
    directory: Directory
    materials: Materials
    signer: Signer
    gate: Gate = always_open


def save(
    office: Office,
    context: Context,
    before: Stored[CaseFile] | None,
    outcome: Outcome,
    answer: Callable[[CaseFile, Sequence[SignedReceipt]], A],
    first: str | None = None,
) -> A:
    """Write what was decided, with the receipts of everything delivered and claimed in it; the answer made of it.

    `first`: the stage whose first answer this is. Nothing is written where nothing happened. Raises Outdated.
    """
    known, head = (before.state, before.head) if before else (None, ChainHead())
    if not outcome.bodies:
        return answer(outcome.file, ())
    settled = terms.settle(known, outcome)
    file = settled.file
    made = change(SOURCE, file.case.case_id, head, file, settled.bodies, context)
    receipts = sign_halves(office.cases, office.signer, file, made.events)
    response = answer(file, receipts)
    given = FirstAnswer(first, response.model_dump_json()) if first else None
    office.cases.save(replace(made, response=response), before, receipts=receipts, first=given, waits=settled.waits)
    return response


def write(office: Office, context: Context, before: Stored[CaseFile], outcome: Outcome) -> None:
    """`save` where nobody waits for an answer."""
    save(office, context, before, outcome, lambda file, _: file.case)


def find_case(office: Office, case_id: str) -> Stored[CaseFile]:
    """A case. Raises Refused("not_found")."""
    stored = office.cases.case(case_id)
    if stored is None:
        raise Refused("not_found", id=case_id)
    return stored


def case_with(office: Office, part_id: str) -> Stored[CaseFile]:
    """The case that a part's id names (a push, an unrouted part). Raises Refused("not_found")."""
    case_id = case_of(part_id)
    stored = office.cases.case(case_id) if case_id else None
    if stored is None:
        raise Refused("not_found", id=part_id)
    return stored
