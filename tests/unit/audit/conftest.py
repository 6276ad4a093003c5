"""The audit service in moto, its key made locally: moto has no Ed25519 in KMS."""

from collections.abc import Iterator

import boto3
import pytest

from services.audit import wiring
from services.audit.app import app
from services.audit.ports.log import Log
from tests.support.audit_builders import ORIGIN, SIGNER
from tests.support.aws import make_locked_bucket, make_log_queues, service_in_moto
from tests.support.gateway import Gateway
from tests.support.granted import held_in_kms
from tests.support.services import become_new

BUCKET = "log"
LOCKED_BUCKET = "locked"


@pytest.fixture
def gateway(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gateway]:
    """The service's API; `log()` is what it serves."""
    become_new(wiring)
    monkeypatch.setattr(wiring, "kms_signer", lambda _client, key_id, _name: held_in_kms(SIGNER, key_id))
    extra = {"CHECKPOINT_KEY_ID": "key", "LOG_BUCKET": BUCKET, "LOCKED_BUCKET": LOCKED_BUCKET, "LOG_ORIGIN": ORIGIN}
    with service_in_moto(monkeypatch, "audit", **extra):
        for name, url in make_log_queues().items():
            monkeypatch.setenv(name, url)
        boto3.client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "cn-north-1"})
        make_locked_bucket(LOCKED_BUCKET)
        yield Gateway(app)
    become_new(wiring)


@pytest.fixture
def log(gateway: Gateway) -> Log:
    """The log in moto."""
    del gateway
    return wiring.log()
