"""Identity's table, the token key in KMS, and the secrets."""

import hmac
from functools import cached_property

from services.identity.domain import SOURCE
from services.identity.domain.clients import RegisteredClient
from services.identity.domain.tokens import TokenKey, read_key
from shared.aws.clients import kms
from shared.aws.journal import Journal
from shared.aws.secrets import derived_key, read_secret
from shared.aws.table import Row
from shared.contracts.change import Change, Context, Once
from shared.contracts.event import Body
from shared.contracts.identity import Client
from shared.kernel.ids import is_id


class IdentityStore:
    """Clients, each an aggregate of its own."""

    def __init__(self, table: type[Row]) -> None:
        self.journal = Journal(table, SOURCE)

    def read(self, client_id: str) -> RegisteredClient | None:
        """A client as registered (strongly consistent), or None."""
        found = self.journal.read(client_id, RegisteredClient) if is_id(client_id, "cli") else None
        return found.state if found else None

    def save(self, change: Change[RegisteredClient]) -> None:
        """Write a registration. Raises AlreadyDone when its idempotency key was used before."""
        self.journal.commit(change)

    def registered(self, once: Once) -> Client | None:
        """The client this very registration made before; None when the key was used for something else."""
        first = self.journal.answer(once.key)
        if first is None or first.fingerprint != once.fingerprint:
            return None
        return Client.model_validate_json(first.response)

    def note(self, body: Body, context: Context) -> None:
        """Record an event that belongs to no client's chain, in one write."""
        self.journal.note(body, context)

    def note_once(self, body: Body, context: Context, once: Once) -> bool:
        """The same, unless `once` was used before; whether it was recorded now."""
        return self.journal.note_once(body, context, once)


class KmsKeys:
    """The token key. Its public half is read once per process; its private half never leaves KMS."""

    def __init__(self, key_id: str) -> None:
        self._key_id = key_id

    @cached_property
    def _public(self) -> TokenKey:
        return read_key(kms().get_public_key(KeyId=self._key_id)["PublicKey"])

    def public(self) -> TokenKey:
        """The public half."""
        return self._public

    def sign(self, message: bytes) -> bytes:
        """ECDSA P-256 with SHA-256, in DER."""
        return kms().sign(
            KeyId=self._key_id,
            Message=message,
            MessageType="RAW",
            SigningAlgorithm="ECDSA_SHA_256",
        )["Signature"]


class StackSecrets:
    """The secrets the stack generated, read from Secrets Manager at first use."""

    def __init__(self, bootstrap_arn: str) -> None:
        self._bootstrap_arn = bootstrap_arn

    def bootstrap(self) -> str:
        """The first client's secret: the secret's whole text."""
        return read_secret(self._bootstrap_arn)

    def client_key(self) -> bytes:
        """The key of clients' secrets.

        It is made of two secrets: the master secret, which the services' functions can read, and the first client's,
        which the operator holds. Neither alone can make a client's secret.
        """
        return hmac.digest(derived_key("client-secret"), self.bootstrap().encode(), "sha256")

    def address_key(self) -> bytes:
        """The key of addresses' hashes."""
        return derived_key("source-address")
