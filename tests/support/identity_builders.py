"""Identity in moto: its table, a real P-256 key in KMS, and its secrets."""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import pytest

from services.identity import wiring
from services.identity.app import app
from shared.aws.table import Row
from shared.http.forms import FORM
from tests.support.aws import service_in_moto
from tests.support.gateway import Answer, Gateway

ISSUER = "https://shenguan.example/identity"
BOOTSTRAP_SECRET = "bootstrap-secret-of-the-tests"
API = "arn:aws-cn:execute-api:cn-north-1:123456789012:a1b2c3d4e5/api"

_CACHED = (wiring.settings, wiring.store, wiring.keys, wiring.secrets)


@contextmanager
def identity_in_moto(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Row]]:
    """The identity service as its stack would set it up."""
    with service_in_moto(monkeypatch, "identity") as table:
        key = boto3.client("kms").create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")
        monkeypatch.setenv("TOKEN_KEY_ID", key["KeyMetadata"]["KeyId"])
        monkeypatch.setenv("TOKEN_ISSUER", ISSUER)
        made = boto3.client("secretsmanager").create_secret(Name="bootstrap", SecretString=BOOTSTRAP_SECRET)
        monkeypatch.setenv("BOOTSTRAP_SECRET_ARN", made["ARN"])
        forget()
        yield table
        forget()


def forget() -> None:
    """Become a new process: nothing cached."""
    for cached in _CACHED:
        cached.cache_clear()


def gateway() -> Gateway:
    """The service as nobody in particular calls it."""
    return Gateway(app)


def ask_token(client_id: str, secret: str, **headers: str) -> Answer:
    """Ask for a token with the form's fields."""
    form = f"grant_type=client_credentials&client_id={client_id}&client_secret={secret}"
    return gateway().call("POST", "/v1/token", form, {"Content-Type": FORM, **headers})


def ask_token_by_basic(client_id: str, secret: str) -> Answer:
    """Ask for a token by HTTP Basic."""
    shown = base64.b64encode(f"{client_id}:{secret}".encode()).decode()
    headers = {"Content-Type": FORM, "Authorization": f"Basic {shown}"}
    return gateway().call("POST", "/v1/token", "grant_type=client_credentials", headers)


def bootstrap_token() -> str:
    """A token of the first client."""
    return str(ask_token("cli_bootstrap", BOOTSTRAP_SECRET).json["access_token"])


def gateway_question(token: str | None, address: str = "192.0.2.7") -> dict[str, Any]:
    """What API Gateway asks the authorizer about one request."""
    return {
        "type": "REQUEST",
        "methodArn": f"{API}/POST/v1/cases",
        "resource": "/v1/cases",
        "path": "/v1/cases",
        "httpMethod": "POST",
        "headers": {"authorization": f"Bearer {token}"} if token else {"accept": "*/*"},
        "multiValueHeaders": {},
        "queryStringParameters": None,
        "pathParameters": None,
        "stageVariables": None,
        "requestContext": {
            "resourcePath": "/v1/cases",
            "apiId": "a1b2c3d4e5",
            "requestId": "request-0001",
            "identity": {"sourceIp": address, "userAgent": "curl"},
        },
    }
