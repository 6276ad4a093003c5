"""Imports of the item list: a file is declared, checked part by part, shown, and applied part by part (R-REG-6).

Each step is an event of the import's own chain, and each event makes the registry's queue do the next part: a crash
anywhere leaves a message that goes on from the last part written.
"""

from enum import StrEnum
from typing import ClassVar

from shared.contracts.event import Body
from shared.contracts.model import Contract, Identifier, ShortText


class ImportState(StrEnum):
    """Where an import stands."""

    AWAITING_FILE = "awaiting_file"
    READING = "reading"
    CHECKING = "checking"
    CHECKED = "checked"
    APPLYING = "applying"
    APPLIED = "applied"
    REFUSED = "refused"
    """The file cannot be used at all; the reason says why."""
    ABANDONED = "abandoned"


class ImportProgress(Contract):
    """How far an import is."""

    import_id: Identifier
    bureau: Identifier
    state: ImportState
    part: int = 0
    """The part to be done next, from 0."""
    parts: int = 0
    rows: int = 0


class ImportDeclared(Body):
    """A file was announced (`import.declared`)."""

    TYPE: ClassVar[str] = "import.declared.v1"
    progress: ImportProgress
    file_name: ShortText


class ImportAdvanced(Body):
    """A step was done and the next is owed (`import.advanced`)."""

    TYPE: ClassVar[str] = "import.advanced.v1"
    progress: ImportProgress


class ImportFinished(Body):
    """Nothing more is owed: checked, applied, refused or abandoned (`import.finished`)."""

    TYPE: ClassVar[str] = "import.finished.v1"
    progress: ImportProgress
