"""Every service in moto, set up alike, so that one test can ask the same of all of them."""

import importlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType

import boto3
import pytest

from infra.build import SERVICES
from shared.aws.table import Row
from shared.http.service_app import ServiceApp
from tests.support.audit_builders import ORIGIN, SIGNER
from tests.support.aws import make_locked_bucket, make_log_queues, service_in_moto
from tests.support.file_builders import make_files_bucket
from tests.support.granted import held_in_kms
from tests.support.identity_builders import BOOTSTRAP_SECRET, ISSUER
from tests.support.receipt_builders import ROOT

__all__ = ["SERVICES", "any_service_in_moto", "app_of"]


def app_of(service: str) -> ServiceApp:
    """A service's application."""
    app: ServiceApp = importlib.import_module(f"services.{service}.app").app
    return app


@contextmanager
def any_service_in_moto(monkeypatch: pytest.MonkeyPatch, service: str) -> Iterator[type[Row]]:
    """A service as its stack would set it up."""
    wiring = importlib.import_module(f"services.{service}.wiring")
    become_new(wiring)
    with service_in_moto(monkeypatch, service) as table:
        for name, value in _EXTRA.get(service, dict)().items():
            monkeypatch.setenv(name, value)
        if service in _KMS_KEYS:
            key = _KMS_KEYS[service]
            monkeypatch.setattr(wiring, "kms_signer", lambda _client, key_id, _name: held_in_kms(key, key_id))
        yield table
    become_new(wiring)


def _identity() -> dict[str, str]:
    key = boto3.client("kms").create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")
    secret = boto3.client("secretsmanager").create_secret(Name="bootstrap", SecretString=BOOTSTRAP_SECRET)
    return {
        "TOKEN_KEY_ID": key["KeyMetadata"]["KeyId"],
        "TOKEN_ISSUER": ISSUER,
        "BOOTSTRAP_SECRET_ARN": secret["ARN"],
    }


def _audit() -> dict[str, str]:
    boto3.client("s3").create_bucket(Bucket="log", CreateBucketConfiguration={"LocationConstraint": "cn-north-1"})
    make_locked_bucket("locked")
    return {
        "CHECKPOINT_KEY_ID": "key",
        "LOG_BUCKET": "log",
        "LOCKED_BUCKET": "locked",
        "LOG_ORIGIN": ORIGIN,
        **make_log_queues(),
    }


def _registry() -> dict[str, str]:
    make_files_bucket("registry-files")
    return {"FILES_BUCKET": "registry-files"}


def _handover() -> dict[str, str]:
    make_files_bucket("handover-files")
    return {"RECEIPT_KEY_ID": "key", "RECEIPT_ISSUER": ROOT.key.name, "FILES_BUCKET": "handover-files"}


_EXTRA: dict[str, Callable[[], dict[str, str]]] = {
    "identity": _identity,
    "audit": _audit,
    "registry": _registry,
    "handover": _handover,
}
"""What a service has beside the common settings."""

_KMS_KEYS = {"audit": SIGNER, "handover": ROOT}
"""moto has no Ed25519 in KMS."""


def become_new(wiring: ModuleType) -> None:
    """Become a new process: nothing that wiring cached is kept."""
    for made in vars(wiring).values():
        if getattr(made, "__module__", "") == wiring.__name__ and hasattr(made, "cache_clear"):
            made.cache_clear()
