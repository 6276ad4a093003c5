"""The ledger (台账): the lists a case enters, what is sought in them, and what is shown of it (R-HND-16).

A case enters each of its lists once and leaves none: a list says where to look, the case says what is so now.
"""

import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from services.handover.domain.cases import CaseFile
from services.handover.domain.pushes import CLAIMED, ENDED, TO_BE_DECIDED
from services.handover.domain.readers import answering, pushes_of
from shared.contracts.cases import Applicant
from shared.contracts.model import Contract, Identifier, Instant, ShortText
from shared.contracts.pushes import OWED, Push
from shared.contracts.vocabulary import DecisionResult, PushState, Stage, SupervisorPart


class InboxGroup(StrEnum):
    """What a department does with a push of its inbox now."""

    OPEN = "open"  # claim it, or wait for the decision on its return
    CLAIMED = "claimed"  # supervise
    ENDED = "ended"  # nothing: another department has it, or nobody


GROUPS: Mapping[PushState, InboxGroup] = (
    dict.fromkeys(OWED | TO_BE_DECIDED, InboxGroup.OPEN)
    | dict.fromkeys(CLAIMED, InboxGroup.CLAIMED)
    | dict.fromkeys(ENDED, InboxGroup.ENDED)
)
"""In which part of an inbox a push stands, by its state."""


class ListKind(StrEnum):
    """The lists there are. `PERSONAL` ones are known by a keyed hash only, `MONTHLY` ones are cut at each month."""

    NUMBER = "number"
    APPLICANT_CODE = "applicant_code"
    APPLICANT_NAME = "applicant_name"
    DEPARTMENT = "department"
    ITEM = "item"
    BUREAU = "bureau"
    DECIDED = "decided"


HASHED = frozenset({ListKind.NUMBER, ListKind.APPLICANT_CODE, ListKind.APPLICANT_NAME})
"""Lists named by what somebody typed, or by what tells of a person: their keys hold a keyed hash of it."""

MONTHLY = frozenset(ListKind) - HASHED
"""Lists that grow for ever, and are therefore cut at the months of Beijing's calendar."""


class List(NamedTuple):
    """One list, by what it is a list of."""

    kind: ListKind
    of: str


class Entry(NamedTuple):
    """What a change enters into a list: since when it belongs there, and the id of the case or the push."""

    list: List
    at: datetime
    identifier: str


def normal(text: str) -> str:
    """A number, code or name however it was typed: full-width figures (全角) and blanks around it are the same."""
    return unicodedata.normalize("NFKC", text).strip()


def normal_code(text: str) -> str:
    """An applicant's code however it was typed; its letters are capitals."""
    return normal(text).upper()


def entries(file: CaseFile, before: CaseFile | None) -> Iterator[Entry]:
    """What a change enters into lists: a new case, its decision, each new push."""
    case = file.case
    if before is None:
        of = {
            ListKind.NUMBER: normal(case.case_number),
            ListKind.APPLICANT_CODE: normal_code(case.applicant.code),
            ListKind.APPLICANT_NAME: normal(case.applicant.name),
            ListKind.BUREAU: case.bureau,
            ListKind.ITEM: item_list(case.bureau, case.item_code),
        }
        for kind, each in of.items():
            yield Entry(List(kind, each), recorded_at(file), case.case_id)
    if case.decision is not None and (before is None or before.case.decision is None):
        yield Entry(List(ListKind.DECIDED, case.bureau), case.decision.decided_at, case.case_id)
    for push in file.pushes[len(before.pushes) if before else 0 :]:
        yield Entry(List(ListKind.DEPARTMENT, push.department), push.delivered_at, push.push_id)


def counted(file: CaseFile, before: CaseFile | None) -> Mapping[tuple[str, PushState], int]:
    """By how much a change alters the number of each department's pushes in each state; nothing that stays is named."""
    changes: dict[tuple[str, PushState], int] = {}
    known = {push.push_id: push for push in before.pushes} if before else {}
    for push in file.pushes:
        was = known.get(push.push_id)
        if was == push:
            continue
        changes[push.department, push.state] = changes.get((push.department, push.state), 0) + 1
        if was is not None:
            changes[was.department, was.state] = changes.get((was.department, was.state), 0) - 1
    return {key: change for key, change in changes.items() if change}


def decision_owed_since(push: Push) -> datetime | None:
    """Since when its sender must say what becomes of a push, or None (R-HND-4, R-HND-15).

    It was returned, and is to be upheld, reassigned, referred or withdrawn; or it was withdrawn and is owed to somebody
    else.
    """
    if push.to_be_placed:
        return push.ended_at
    return push.returned.at if push.returned is not None and push.state in TO_BE_DECIDED else None


def decisions_counted(file: CaseFile, before: CaseFile | None) -> Mapping[str, int]:
    """By how much a change alters the number of decisions that each sender owes; nobody for whom it stays is named."""
    changes: Counter[str] = Counter(push.sender for push in file.pushes if decision_owed_since(push))
    changes.subtract(push.sender for push in (before.pushes if before else ()) if decision_owed_since(push))
    return {sender: change for sender, change in changes.items() if change}


def recorded_at(file: CaseFile) -> datetime:
    """When the case was first told to handover."""
    return min(record.recorded_at for record in file.stages)


def item_list(bureau: str, item_code: str) -> str:
    """What a bureau's list of one item is a list of."""
    return f"{bureau}#{item_code}"


# ── What is sought ──────────────────────────────────────────────────────────────────────────────


class Sought(Contract):
    """What somebody looks for. `reader`: the department that may only see cases it has to do with; None sees all.

    `merged`: the departments that the reader answers for since they were merged into it (R-ORG-1).

    `since` and `until` (exclusive) bound when a case came in; where a `department` is named, when it was pushed to it.
    """

    reader: Identifier | None
    merged: tuple[Identifier, ...] = ()
    case_number: ShortText | None = None
    applicant_code: ShortText | None = None
    applicant_name: ShortText | None = None
    bureau: Identifier | None = None
    item_code: ShortText | None = None
    department: Identifier | None = None
    state: PushState | None = None
    since: Instant
    until: Instant

    @property
    def readers(self) -> frozenset[str] | None:
        """The departments for which somebody reads; None for who reads every case."""
        return None if self.reader is None else frozenset({self.reader, *self.merged})


def narrowest(sought: Sought) -> List | None:
    """The shortest list that holds everything that is sought; None where nothing narrows it at all."""
    return next((found for choose in _CHOICES if (found := choose(sought)) is not None), None)


def _list(kind: ListKind, of: str | None) -> List | None:
    return List(kind, of) if of is not None else None


def _item_list(sought: Sought) -> List | None:
    if sought.bureau is None or sought.item_code is None:
        return None
    return List(ListKind.ITEM, item_list(sought.bureau, sought.item_code))


_CHOICES: tuple[Callable[[Sought], List | None], ...] = (
    lambda sought: _list(ListKind.NUMBER, sought.case_number and normal(sought.case_number)),
    lambda sought: _list(ListKind.APPLICANT_CODE, sought.applicant_code and normal_code(sought.applicant_code)),
    lambda sought: _list(ListKind.APPLICANT_NAME, sought.applicant_name and normal(sought.applicant_name)),
    lambda sought: _list(ListKind.DEPARTMENT, sought.department),
    _item_list,
    lambda sought: _list(ListKind.BUREAU, sought.bureau),
)
"""The lists in which something may be sought, the narrowest first."""


def is_sought(file: CaseFile, identifier: str, sought: Sought) -> bool:
    """Whether what a list names is to be shown: the case matches, and is shown at no other entry of the list."""
    return all(check(file, sought) for check in _CHECKS) and _shown_here(file, identifier, sought)


def _has_push(file: CaseFile, sought: Sought) -> bool:
    if sought.department is None and sought.state is None:
        return True
    return any(
        sought.department in {None, push.department} and sought.state in {None, push.state} for push in file.pushes
    )


_CHECKS: tuple[Callable[[CaseFile, Sought], bool], ...] = (
    lambda file, sought: sought.readers is None or not file.departments().isdisjoint(sought.readers),
    lambda file, sought: sought.bureau in {None, file.case.bureau},
    lambda file, sought: sought.item_code in {None, file.case.item_code},
    lambda file, sought: sought.case_number is None or normal(sought.case_number) == normal(file.case.case_number),
    lambda file, sought: (
        sought.applicant_code is None or normal_code(sought.applicant_code) == normal_code(file.case.applicant.code)
    ),
    lambda file, sought: (
        sought.applicant_name is None or normal(sought.applicant_name) == normal(file.case.applicant.name)
    ),
    _has_push,
)
"""Everything a case must be to be shown."""


def _shown_here(file: CaseFile, identifier: str, sought: Sought) -> bool:
    """A case that was pushed to a department several times is shown once: at the latest of these pushes."""
    if identifier == file.case.case_id:
        return True
    pushed = (
        push
        for push in file.pushes
        if push.department == sought.department and sought.since <= push.delivered_at < sought.until
    )
    latest = max(pushed, key=lambda push: (push.delivered_at, push.push_id), default=None)
    return latest is not None and latest.push_id == identifier


# ── What is shown ───────────────────────────────────────────────────────────────────────────────


class PushLine(Contract):
    """One push of a case, as the ledger shows it."""

    push_id: Identifier
    stage: Stage
    department: Identifier
    part: SupervisorPart
    state: PushState
    delivered_at: Instant
    claim_due_at: Instant
    claimed_at: Instant | None

    @classmethod
    def of(cls, push: Push) -> "PushLine":
        """The line of a push."""
        return cls.model_validate({name: getattr(push, name) for name in cls.model_fields})


class LedgerLine(Contract):
    """One case, as the ledger shows it."""

    case_id: Identifier
    case_number: ShortText
    bureau: Identifier
    item_code: ShortText
    item_name: ShortText | None
    applicant: Applicant
    recorded_at: Instant
    accepted_at: Instant | None
    decided_at: Instant | None
    result: DecisionResult | None
    document_number: ShortText | None
    unrouted: int
    """How many of its parts wait for the coordinator."""
    pushes: tuple[PushLine, ...]


def line_of(file: CaseFile, readers: frozenset[str] | None = None) -> LedgerLine:
    """A case's line. `readers`: the departments that somebody reads it for; None for who reads every case.

    Who answers for nothing of it any more is shown its own pushes, and of the decision what they carried.
    """
    case, pushes = file.case, file.pushes
    whole = readers is None or not answering(file).isdisjoint(readers)
    if not whole:
        pushes = pushes_of(file, readers or frozenset())
    carried = whole or any(push.stage is not Stage.ACCEPTANCE for push in pushes)
    decision = case.decision if carried else None
    return LedgerLine(
        case_id=case.case_id,
        case_number=case.case_number,
        bureau=case.bureau,
        item_code=case.item_code,
        item_name=case.item_name,
        applicant=case.applicant,
        recorded_at=recorded_at(file),
        accepted_at=case.accepted_at,
        decided_at=decision.decided_at if decision else None,
        result=decision.result if decision else None,
        document_number=decision.document_number if decision else None,
        unrouted=sum(part.placed_at is None for part in file.unrouted) if whole else 0,
        pushes=tuple(map(PushLine.of, pushes)),
    )
