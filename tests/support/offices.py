"""Handover's stores on a table, as its wiring would put them together; whoever acts there."""

from datetime import timedelta

from services.handover.domain import SOURCE
from services.handover.domain.materials import FiledMaterial
from services.handover.logic.office import Office
from services.handover.store.cases import CaseStore
from services.handover.store.directory import DirectoryStore
from shared.aws.journal import Journal
from shared.aws.receipt_signer import ReceiptSigner
from shared.aws.table import Row
from shared.aws.uploads import UploadStore
from shared.contracts.change import Context, Once
from shared.kernel.permissions import Principal, Role
from tests.support.acts import NOW
from tests.support.receipt_builders import ISSUER, ROOT, nothing_revoked

LEDGER_KEY = b"a key of the ledger for tests only"


def office_on(table: type[Row]) -> Office:
    """Handover's office on a table of its own."""
    journal = Journal(table, SOURCE)
    return Office(
        CaseStore(journal, lambda: LEDGER_KEY),
        DirectoryStore(journal),
        UploadStore(journal, FiledMaterial),
        ReceiptSigner(ISSUER, lambda: ROOT, nothing_revoked),
    )


def by(department: str | None, *roles: Role, once: Once | None = None, after: timedelta = timedelta()) -> Context:
    """Somebody of a department acts, some time after NOW."""
    principal = Principal(f"cli_{'_'.join(roles)}_0001", department, frozenset(roles))
    return Context(principal, NOW + after, "correlation-1", once)
