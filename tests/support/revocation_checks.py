"""What the store of revoked certificates promises, as checks that any DynamoDB engine must pass (see store_checks)."""

from services.handover.domain import SOURCE
from services.handover.logic.revocations import published_root, revoke
from services.handover.ports.revocations import Issuer
from services.handover.schemas.receipts import RevokeRequest
from services.handover.store.revocations import RevocationStore
from shared.aws.journal import Journal
from shared.aws.receipt_signer import sign_revocations
from shared.aws.table import Row
from shared.contracts.change import Outdated
from shared.contracts.receipt_checks import verify_revocations
from tests.support.acts import act
from tests.support.receipt_builders import ROOT
from tests.support.table_checks import Check, at_once

_AT_ONCE = 8


def _serial(number: int) -> str:
    return f"crt_01JABCDEFGHJKMNPQRSTVWXY{number:02d}"


def _revoke(table: type[Row], number: int) -> None:
    """As the operator's command does: again, when another was revoked meanwhile."""
    store = RevocationStore(Journal(table, SOURCE))
    while True:
        try:
            revoke(store, _ISSUER, act(), RevokeRequest(serial=_serial(number), reason="a trial"))
        except Outdated:
            continue
        return


def _listed(table: type[Row]) -> list[str]:
    listed = published_root(RevocationStore(Journal(table, SOURCE)), _ISSUER).revocations
    return [entry.serial for entry in verify_revocations(listed, ROOT.key).entries] if listed else []


_ISSUER = Issuer(ROOT.key, lambda body: sign_revocations(ROOT, body))


def revocations(table: type[Row]) -> None:
    """R-HND-8: the list is signed anew at every revocation, and nothing is ever taken from it."""
    assert _listed(table) == []
    for number in (1, 2, 1):
        _revoke(table, number)
    assert _listed(table) == [_serial(1), _serial(2)]


def no_revocation_of_many_is_lost(table: type[Row]) -> None:
    """R-HND-8: several operators at the same moment."""
    assert at_once(_AT_ONCE, lambda number: _revoke(table, number)) == ["won"] * _AT_ONCE
    assert sorted(_listed(table)) == [_serial(number) for number in range(_AT_ONCE)]


CHECKS: tuple[Check, ...] = (revocations,)
RACES: tuple[Check, ...] = (no_revocation_of_many_is_lost,)
