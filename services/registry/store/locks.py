"""The lock on a bureau's list while an import is being applied to it (R-REG-6): one row, `dept_…` / `importing`."""

from shared.aws.table import Row
from shared.aws.transactions import NOT_THERE, Write

IMPORTING = "importing"
"""The lock's sort key, and the label of every write that concerns it."""


def importing_row(table: type[Row], bureau: str, import_id: str | None = None) -> Row:
    """The lock of a bureau's list, held by an import."""
    return table(pk=bureau, sk=IMPORTING, body=import_id)


def may_write(table: type[Row], bureau: str, by_import: str | None) -> Write:
    """The check that stands in every write of a bureau's items: nobody holds the list, or this very import does."""
    row = importing_row(table, bureau)
    if by_import is None:
        return Write(IMPORTING, "ConditionCheck", row, NOT_THERE)
    names = {"#body": "body"}
    return Write(IMPORTING, "ConditionCheck", row, "#body = :import", {":import": {"S": by_import}}, names)


def holder_of(table: type[Row], bureau: str) -> str:
    """The import that holds a bureau's list, as far as it still does."""
    row = table.find(bureau, IMPORTING)
    return (row.body if row else None) or "?"
