"""The revocation list in DynamoDB: an aggregate like any other, so that each revocation is in the log.

| pk | sk | what |
|---|---|---|
| `crl_receipt_certificates` | `head`, `event#…` | the signed list, and how it came to be |
"""

from services.handover.domain.revocations import LIST
from shared.aws.journal import HEAD, Journal
from shared.contracts.change import Change, Stored
from shared.contracts.receipts import RevocationList


class RevocationStore:
    """The list on handover's table; see ports.revocations.Revocations for what each method promises."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal

    def current(self) -> Stored[RevocationList] | None:
        """The list as it stands now."""
        return self.journal.read(LIST, RevocationList)

    def serials(self) -> frozenset[str]:
        """The certificates on the list, as of a second ago: for who asks again within a minute.

        Raises ValueError when the list cannot be read.
        """
        try:
            row = self.journal.table.get(LIST, HEAD)
        except self.journal.table.DoesNotExist:
            return frozenset()
        listed = RevocationList.model_validate_json(row.body or "").body
        return frozenset(entry.serial for entry in listed.entries)

    def save(self, change: Change[RevocationList]) -> None:
        """Write the next list. Raises Outdated."""
        self.journal.commit(change)
