"""Tokens: OAuth 2 client credentials, signed by KMS, checked by anyone with the published key."""

import base64
import json

import jwt
import pytest

from shared.aws.table import Row
from shared.contracts.identity import TokenIssued
from shared.http.forms import FORM
from tests.support.aws import unsent_events
from tests.support.gateway import Answer
from tests.support.identity_builders import (
    BOOTSTRAP_SECRET,
    ISSUER,
    ask_token,
    ask_token_by_basic,
    bootstrap_token,
    gateway,
)

pytestmark = pytest.mark.usefixtures("table")


def form(text: str) -> Answer:
    return gateway().call("POST", "/v1/token", text, {"Content-Type": FORM})


def test_the_first_client_gets_a_token_nobody_may_keep() -> None:
    answer = ask_token("cli_bootstrap", BOOTSTRAP_SECRET)
    assert answer.status == 200
    assert set(answer.json) == {"access_token", "token_type", "expires_in"}
    assert (answer.json["token_type"], answer.json["expires_in"]) == ("Bearer", 3600)
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_token_is_checked_with_nothing_but_the_published_keys() -> None:
    answer = gateway().get("/v1/jwks.json")
    assert answer.headers["Cache-Control"].startswith("public, max-age=")
    token = bootstrap_token()
    keys = jwt.PyJWKSet.from_json(answer.text)
    key = keys[jwt.get_unverified_header(token)["kid"]]
    claims = jwt.decode(token, key, algorithms=["ES256"], audience="shenguan", issuer=ISSUER)
    assert (claims["sub"], claims["roles"]) == ("cli_bootstrap", ["system_admin"])
    assert claims["exp"] - claims["iat"] == 3600
    assert "department" not in claims


def test_the_key_id_is_the_thumbprint_of_the_key() -> None:
    """RFC 7638, 3.1: as another implementation computes it."""
    (key,) = gateway().get("/v1/jwks.json").json["keys"]
    named = {name: key[name] for name in ("crv", "kty", "x", "y")}
    text = json.dumps(named, separators=(",", ":"), sort_keys=True).encode()
    import hashlib

    assert base64.urlsafe_b64encode(hashlib.sha256(text).digest()).rstrip(b"=").decode() == key["kid"]


def test_http_basic_does_as_well_as_the_form() -> None:
    assert ask_token_by_basic("cli_bootstrap", BOOTSTRAP_SECRET).status == 200


def test_an_issued_token_is_an_event_that_does_not_hold_the_token(table: type[Row]) -> None:
    """R-AUD-1."""
    token = bootstrap_token()
    (event,) = unsent_events(table)
    issued = TokenIssued.model_validate(event.data.body)
    assert issued.token_id == jwt.decode(token, options={"verify_signature": False})["jti"]
    assert event.data.actor.client_id == "cli_bootstrap"
    assert token not in event.model_dump_json()


@pytest.mark.parametrize(
    "wrong",
    [
        "grant_type=client_credentials&client_id=cli_bootstrap&client_secret=wrong",
        "grant_type=client_credentials&client_id=cli_01J9ZQ3V6W7X8Y9Z0A1B2C3D4E&client_secret=x",
        "grant_type=client_credentials&client_id=head&client_secret=x",
        "grant_type=client_credentials&client_id=cli_bootstrap",
        "grant_type=client_credentials",
    ],
)
def test_wrong_credentials_are_refused_and_recorded(wrong: str, table: type[Row]) -> None:
    answer = form(wrong)
    assert (answer.status, answer.json["code"]) == (401, "client_credentials_wrong")
    assert "WWW-Authenticate" in answer.headers
    assert [event.data.body["code"] for event in unsent_events(table)] == ["client_credentials_wrong"]


@pytest.mark.parametrize("shown", ["Basic", "Basic !!!", "Basic Y2xpX2Jvb3RzdHJhcA==", "Basic /w=="])
def test_malformed_basic_credentials_are_wrong_credentials(shown: str) -> None:
    answer = ask_token("cli_bootstrap", BOOTSTRAP_SECRET, Authorization=shown)
    assert answer.json["code"] == "client_credentials_wrong"


def test_only_client_credentials_are_granted() -> None:
    answer = form("grant_type=password&username=x")
    assert (answer.status, answer.json["errors"][0]["pointer"]) == (400, "/grant_type")


def test_parameters_we_do_not_know_are_ignored() -> None:
    """RFC 6749, 3.2."""
    text = f"grant_type=client_credentials&client_id=cli_bootstrap&client_secret={BOOTSTRAP_SECRET}&scope=all"
    assert form(text).status == 200
