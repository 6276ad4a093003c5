"""What identity's endpoints take and give."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from shared.contracts.identity import Client
from shared.contracts.model import Contract, Identifier, ShortText
from shared.kernel.permissions import Role


class TokenRequest(Contract):
    """OAuth 2 client credentials (RFC 6749, 4.4); the client may show itself here or by HTTP Basic (2.3.1)."""

    # RFC 6749, 3.2: parameters we do not know must be ignored.
    model_config = ConfigDict(
        extra="ignore",
        json_schema_extra={
            "examples": [
                {
                    "grant_type": "client_credentials",
                    "client_id": "cli_01J9ZQ3V6W7X8Y9Z0A1B2C3D4E",
                    "client_secret": "shown-once-at-registration",
                }
            ]
        },
    )

    grant_type: Literal["client_credentials"]
    client_id: ShortText | None = None
    client_secret: ShortText | None = None


class TokenAnswer(Contract):
    """A token and the seconds it is good for (RFC 6749, 5.1)."""

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - its type, not a secret
    expires_in: int


class Jwk(Contract):
    """One public key (RFC 7517); `kid` is its thumbprint (RFC 7638)."""

    kty: Literal["EC"] = "EC"
    crv: Literal["P-256"] = "P-256"
    alg: Literal["ES256"] = "ES256"
    use: Literal["sig"] = "sig"
    kid: str
    x: str
    y: str


class JwkSet(Contract):
    """The keys that tokens may be signed with."""

    keys: tuple[Jwk, ...]


class ClientRequest(Contract):
    """A client to register: a person's desk or a department's own system."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "市行政审批局办件系统",
                    "department": "dept_01J9ZQ3V6W7X8Y9Z0A1B2C3D4E",
                    "roles": ["approver"],
                }
            ]
        }
    )

    name: ShortText
    department: Identifier | None = None
    roles: Annotated[tuple[Role, ...], Field(min_length=1, max_length=len(Role))]


class ClientSecret(Contract):
    """A client and its secret, which nobody can be shown again later."""

    client: Client
    client_secret: str


class Caller(BaseModel):
    """Where a request came from, as API Gateway saw it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    sourceIp: str = ""  # noqa: N815 - API Gateway's name


class Origin(BaseModel):
    """The part of API Gateway's request context that we use."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    requestId: str = "unknown"  # noqa: N815 - API Gateway's name
    identity: Caller = Caller()


class AuthorizerRequest(BaseModel):
    """What API Gateway asks a REQUEST authorizer: who is calling `methodArn`."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    methodArn: str  # noqa: N815 - API Gateway's name
    httpMethod: str  # noqa: N815 - API Gateway's name
    resource: str
    headers: dict[str, str] | None = None
    requestContext: Origin = Origin()  # noqa: N815 - API Gateway's name
