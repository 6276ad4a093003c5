"""How far work in the background has come: row `progress` beside what asked for it; `version` counts its steps."""

from typing import Final, TypeVar

from shared.aws.table import Row
from shared.aws.transactions import put_if_newer
from shared.contracts.model import Contract

P = TypeVar("P", bound=Contract)

_PROGRESS: Final = "progress"


def read_progress(table: type[Row], subject: str, model: type[P]) -> tuple[int, P]:
    """How many steps were done, and how far they came; none and `model()` before the first."""
    row = table.find(subject, _PROGRESS)
    if row is None:
        return 0, model()
    return int(row.version or 0), model.model_validate_json(row.body or "{}")


def note_progress(table: type[Row], subject: str, steps: int, progress: Contract) -> bool:
    """Note how far `steps` steps came; False where another run did as many before. Raises Unavailable."""
    row = table(pk=subject, sk=_PROGRESS, version=steps, body=progress.model_dump_json())
    return put_if_newer(table, row)
