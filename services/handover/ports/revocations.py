"""What the revocation of certificates needs of the outside."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from shared.contracts.change import Change, Stored
from shared.contracts.receipts import RevocationBody, RevocationList
from shared.kernel.notes import VerifierKey


class Revocations(Protocol):
    """The one list there is."""

    def current(self) -> Stored[RevocationList] | None:
        """The list as it stands now (strongly consistent); None while nothing was ever revoked."""

    def save(self, change: Change[RevocationList]) -> None:
        """Write the next list. Raises Outdated when another was written meanwhile."""


@dataclass(frozen=True, slots=True)
class Issuer:
    """The root of receipts: its public key, and what signs a revocation list with it."""

    key: VerifierKey
    sign_list: Callable[[RevocationBody], RevocationList]
