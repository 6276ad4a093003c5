"""What identity's use cases need: where clients are kept, the key that signs, and the secrets."""

from typing import Protocol

from services.identity.domain.clients import RegisteredClient
from services.identity.domain.tokens import TokenKey
from shared.contracts.change import Change, Context, Once
from shared.contracts.event import Body
from shared.contracts.identity import Client


class Clients(Protocol):
    """The registered clients, and the events that belong to none of them."""

    def read(self, client_id: str) -> RegisteredClient | None:
        """A client, or None."""

    def save(self, change: Change[RegisteredClient]) -> None:
        """Write a change. Raises AlreadyDone when its idempotency key was used before."""

    def registered(self, once: Once) -> Client | None:
        """The client that this very registration made before, or None."""

    def note(self, body: Body, context: Context) -> None:
        """Record an event that belongs to no client's chain."""

    def note_once(self, body: Body, context: Context, once: Once) -> bool:
        """The same, unless `once` was used before; whether it was recorded now."""


class Keys(Protocol):
    """The key that signs tokens; its private half never leaves KMS."""

    def public(self) -> TokenKey:
        """The public half, read once per process."""

    def sign(self, message: bytes) -> bytes:
        """ECDSA P-256 with SHA-256, in DER."""


class Secrets(Protocol):
    """The secrets identity is given, each read at first use."""

    def bootstrap(self) -> str:
        """The secret of the first client."""

    def client_key(self) -> bytes:
        """The key from which clients' secrets are made."""

    def address_key(self) -> bytes:
        """The key under which addresses of refused callers are hashed."""
