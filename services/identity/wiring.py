"""Builds what identity's use cases need, at first use and once per process."""

from functools import cache

from pydantic import Field

from services.identity.store import IdentityStore, KmsKeys, StackSecrets
from shared.aws.settings import Settings, read_settings
from shared.aws.table import bound_table
from shared.contracts.change import Desk


class IdentitySettings(Settings):
    """What identity is given beside the common settings."""

    token_key: str = Field(alias="TOKEN_KEY_ID")
    issuer: str = Field(alias="TOKEN_ISSUER")
    bootstrap_secret: str = Field(alias="BOOTSTRAP_SECRET_ARN")


@cache
def settings() -> IdentitySettings:
    """Identity's settings."""
    return read_settings(IdentitySettings)


@cache
def store() -> IdentityStore:
    """The registered clients."""
    return IdentityStore(bound_table(settings().table))


@cache
def keys() -> KmsKeys:
    """The token key."""
    return KmsKeys(settings().token_key)


@cache
def secrets() -> StackSecrets:
    """The stack's secrets."""
    return StackSecrets(settings().bootstrap_secret)


def issuer() -> str:
    """The issuer named in tokens."""
    return settings().issuer


def desk() -> Desk:
    """The journal."""
    return store().journal
