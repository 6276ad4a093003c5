"""Keys for cursors and for hashing personal ids, all derived from one master secret that the stack generated."""

import hmac
from functools import cache

from shared.aws.clients import secretsmanager
from shared.aws.settings import settings


@cache
def read_secret(arn: str) -> str:
    """A secret's text, read once per process."""
    return secretsmanager().get_secret_value(SecretId=arn)["SecretString"]


@cache
def derived_key(purpose: str) -> bytes:
    """A 32-byte key for one purpose; knowing it tells nothing of the master secret or of another purpose's key."""
    return hmac.digest(read_secret(settings().secret).encode(), purpose.encode(), "sha256")
