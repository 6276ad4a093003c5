"""What identity tells: clients registered and tokens issued (R-AUD-1)."""

from typing import ClassVar

from shared.contracts.event import Body
from shared.contracts.model import Contract, Identifier, Instant, ShortText
from shared.kernel.permissions import Role


class Client(Contract):
    """A registered client: a person's desk or a department's own system."""

    client_id: Identifier
    name: ShortText
    department: Identifier | None
    roles: tuple[Role, ...]
    registered_at: Instant


class ClientRegistered(Body):
    """A client was registered (`client.registered`)."""

    TYPE: ClassVar[str] = "client.registered.v1"
    client: Client


class TokenIssued(Body):
    """A client was given a token (`token.issued`); the token itself is never recorded."""

    TYPE: ClassVar[str] = "token.issued.v1"
    client_id: ShortText
    token_id: ShortText
    expires_at: Instant
