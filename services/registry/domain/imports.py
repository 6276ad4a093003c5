"""An import of the item list: what it is, where it stands, what may be done with it, how far it is (R-REG-6).

    awaiting_file ─start─▶ reading ─▶ checking ─▶ checked ─apply─▶ applying ─▶ applied
                              │           ▲                           │
                              ▼           └── an item changed meanwhile, or a code was taken: nothing was written
                           refused

Long work goes in phases, a phase in steps, a step over parts of PART_ROWS rows. Each step ends with one commit whose
event starts the next, so that whatever crashes goes on from the last commit.
"""

from collections.abc import Collection, Mapping, Sequence
from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from services.registry.domain.sheet import CellFault
from shared.contracts.event import Actor
from shared.contracts.imports import ImportProgress, ImportState
from shared.contracts.model import Contract, Identifier, Instant, LongText, Sha256, ShortText
from shared.kernel.errors import Refused, Words
from shared.kernel.permissions import Principal
from shared.kernel.sheets.bounds import LARGEST_FILE
from shared.kernel.sheets.uploads import MEDIA_TYPES, Format

Separator = Annotated[str, StringConstraints(strip_whitespace=False)]
"""What stands between the cells of a CSV file; a tab is no white space to be stripped."""

PART_ROWS = 100
"""The codes of a part are reserved in one transaction, which holds 100 writes."""


class Phase(StrEnum):
    """What is being done; each goes over the parts once, but for reading and reporting."""

    READ = "read"
    CHECK = "check"
    REPORT = "report"  # the sheet given back
    RESERVE = "reserve"  # nothing changed since the check? then the new codes are ours
    RELEASE = "release"  # something did: they are nobody's again
    WRITE = "write"
    PUBLISH = "publish"


STATE_OF: Mapping[Phase, ImportState] = {
    Phase.READ: ImportState.READING,
    Phase.CHECK: ImportState.CHECKING,
    Phase.REPORT: ImportState.CHECKING,
    Phase.RESERVE: ImportState.APPLYING,
    Phase.RELEASE: ImportState.APPLYING,
    Phase.WRITE: ImportState.APPLYING,
    Phase.PUBLISH: ImportState.APPLYING,
}


class Move(StrEnum):
    """What a registrar may do with an import."""

    START = "start"
    APPLY = "apply"
    ABANDON = "abandon"
    SHEET = "sheet"


MOVES: Mapping[ImportState, Sequence[Move]] = {
    ImportState.AWAITING_FILE: (Move.START, Move.ABANDON),
    ImportState.READING: (Move.ABANDON,),
    ImportState.CHECKING: (Move.ABANDON,),
    ImportState.CHECKED: (Move.APPLY, Move.ABANDON, Move.SHEET),
    ImportState.APPLYING: (Move.SHEET,),
    ImportState.APPLIED: (Move.SHEET,),
    ImportState.REFUSED: (),
    ImportState.ABANDONED: (),
}
"""What is being applied is not abandoned: it is all there in a moment, or nothing is."""


class Outcome(StrEnum):
    """What a row does."""

    CREATE = "create"
    CHANGE = "change"
    SAME = "same"
    BAD = "bad"


class Counters(Contract):
    """How many rows do what; `warned` rows do something as well."""

    rows: int = 0
    create: int = 0
    change: int = 0
    same: int = 0
    bad: int = 0
    warned: int = 0
    applied: int = 0
    published: int = 0
    unpublished: int = 0
    """Written as drafts that could not be published."""

    @property
    def checked(self) -> int:
        """Rows that were judged."""
        return self.create + self.change + self.same + self.bad

    @property
    def written(self) -> int:
        """Rows that change anything."""
        return self.create + self.change


class Part(Contract):
    """One part: what its rows do, and where that is written; the last commit says which of several tries counts."""

    counters: Counters
    results: ShortText | None = None
    publications: ShortText | None = None


class PublishOrder(Contract):
    """How what was imported is published at once (R-REG-4); from when: now, if nothing is said."""

    reason: LongText
    consultation_waived: LongText | None = None
    effective_from: Instant | None = None


class Refusal(Contract):
    """Why a file cannot be used, or why an import is not applied, and what to do; faults of the header row."""

    code: str
    zh: str
    en: str
    faults: tuple[CellFault, ...] = ()

    @classmethod
    def of(cls, code: str, words: Words, faults: Collection[CellFault] = ()) -> "Refusal":
        """The refusal in the words of the table."""
        return cls(code=code, zh=words.zh, en=words.en, faults=tuple(faults))


class Import(Contract):
    """One import as it stands."""

    import_id: Identifier
    bureau: Identifier
    file_name: ShortText
    format: Format
    size: Annotated[int, Field(ge=1)]
    sha256: Sha256
    encoding: ShortText | None = None
    separator: Separator | None = None
    state: ImportState = ImportState.AWAITING_FILE
    phase: Phase | None = None
    step: int = 0
    """The part to be done next in this phase, from 0."""
    header_line: int = 0
    header: tuple[str, ...] = ()
    parts: tuple[Part, ...] = ()
    declared_by: Actor
    declared_at: Instant
    started_at: Instant | None = None
    checked_at: Instant | None = None
    applied_by: Actor | None = None
    applied_at: Instant | None = None
    finished_at: Instant | None = None
    partial: bool = False
    publish: PublishOrder | None = None
    refusal: Refusal | None = None
    stale: Refusal | None = None
    """Why it was checked again instead of being applied."""

    @property
    def upload_id(self) -> str:
        """What it is called."""
        return self.import_id

    @property
    def content_key(self) -> str:
        """Where the uploaded file lies."""
        return f"imports/{self.import_id}/upload"

    @property
    def media_type(self) -> str:
        """What the file was declared to be."""
        return MEDIA_TYPES[self.format]

    @property
    def sheet_key(self) -> str:
        """Where the sheet given back lies."""
        return f"imports/{self.import_id}/sheet.{self.format}"

    @property
    def doubles_key(self) -> str:
        """Where it is written which lines hold the same code."""
        return f"imports/{self.import_id}/doubles.json"

    def rows_key(self, part: int) -> str:
        """Where the rows of a part lie."""
        return f"imports/{self.import_id}/rows/{part:04d}"

    def results_key(self, part: int, attempt: str) -> str:
        """Where what became of a part's rows is written by one attempt."""
        return f"imports/{self.import_id}/results/{part:04d}-{attempt}"

    @property
    def counters(self) -> Counters:
        """The counters of all parts together."""
        names = Counters.model_fields
        return Counters(**{name: sum(getattr(each.counters, name) for each in self.parts) for name in names})

    @property
    def percent(self) -> int:
        """How far the checking is, or, once it is applied, the applying."""
        if self.phase is None:
            return 0 if self.state is ImportState.AWAITING_FILE else 100
        phases = _CHECKING if self.phase in _CHECKING else self._applying()
        # Reading is as much work as checking, and its end is known only at its end.
        parts = max(1, len(self.parts))
        done = phases.index(self.phase) * parts + min(self.step, parts)
        return min(99, 100 * done // (len(phases) * parts))

    def _applying(self) -> tuple[Phase, ...]:
        if self.phase is Phase.RELEASE:
            return (Phase.RELEASE,)
        return _APPLYING if self.publish else _APPLYING[:-1]

    def progress(self) -> ImportProgress:
        """How far it is, for others."""
        return ImportProgress(
            import_id=self.import_id,
            bureau=self.bureau,
            state=self.state,
            part=self.step,
            parts=len(self.parts),
            rows=self.counters.rows,
        )

    def at(self, phase: Phase | None, step: int = 0, **changed: object) -> "Import":
        """The import in a phase."""
        state = {} if phase is None else {"state": STATE_OF[phase]}
        return self.model_copy(update={"phase": phase, "step": step, **state, **changed})


_CHECKING = (Phase.READ, Phase.CHECK, Phase.REPORT)
_APPLYING = (Phase.RESERVE, Phase.WRITE, Phase.PUBLISH)


def check_import_move(found: Import, move: Move) -> None:
    """Raises Refused("wrong_state") naming what is legal instead."""
    legal = MOVES[found.state]
    if move not in legal:
        raise Refused("wrong_state", state=found.state, move=move, legal=", ".join(legal) or "—")


def check_bureau(principal: Principal, bureau: str) -> None:
    """Raises Refused("not_your_department") unless the import is the registrar's own department's."""
    if principal.department != bureau:
        raise Refused("not_your_department")


def check_file_size(size: int) -> None:
    """Raises Refused("file_too_large") for what is larger than anything that is read: no link takes more."""
    if size > LARGEST_FILE:
        raise Refused("file_too_large", size=size, limit=LARGEST_FILE)


def check_faults(found: Import, *, partial: bool) -> None:
    """Raises Refused("import_has_faults") where rows are bad and only the good ones were not asked for (R-REG-6)."""
    counters = found.counters
    if counters.bad and not partial:
        raise Refused("import_has_faults", bad=counters.bad, rows=counters.rows, good=counters.rows - counters.bad)
