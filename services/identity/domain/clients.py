"""Who may be a client, and how its secret is made and known again (R-AUD-7)."""

import base64
import hashlib
import hmac
from dataclasses import dataclass

from shared.contracts.identity import Client
from shared.contracts.model import Contract, Sha256
from shared.kernel.errors import Fault, Refused
from shared.kernel.permissions import Role

BOOTSTRAP_CLIENT = "cli_bootstrap"
"""The first client: it registers all others, and its secret lies in Secrets Manager alone."""

ALONE = frozenset({Role.SYSTEM_ADMIN, Role.AUDIT_ADMIN})
"""Roles whose holder may hold no other: who runs the system, who audits it and who works with it differ (R-AUD-7)."""


class RegisteredClient(Contract):
    """A client as stored: of its secret only a hash, which tells nothing of 256 random bits."""

    client: Client
    secret_sha256: Sha256


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a client shows to get a token."""

    client_id: str
    secret: str


def check_roles(roles: tuple[Role, ...]) -> None:
    """Raises Refused("invalid_fields") when one client would administer or audit and also do something else."""
    if len(set(roles)) > 1 and not ALONE.isdisjoint(roles):
        alone = ", ".join(sorted(ALONE))
        fault = Fault(
            "/roles",
            "roles_conflict",
            f"{alone} 须单独授予,不得兼任其他角色。请分别登记客户端",
            f"{alone} must each stand alone; register separate clients",
        )
        raise Refused("invalid_fields", [fault], count=1)


def make_secret(key: bytes, client_id: str) -> str:
    """A client's secret: 256 bits nobody can tell from random ones without `key`.

    Being computed, it can be told again to a registration that is repeated, and need not be stored for that.
    """
    digest = hmac.digest(key, client_id.encode(), "sha256")
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def hash_secret(secret: str) -> str:
    """What is stored of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def is_secret(given: str, secret_sha256: str | None) -> bool:
    """Whether a secret is the one stored; takes as long for a client that does not exist."""
    same = hmac.compare_digest(hash_secret(given), secret_sha256 or hash_secret(""))
    return same and secret_sha256 is not None
