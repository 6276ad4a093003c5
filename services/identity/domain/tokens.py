"""What a token says and how it is written (RFC 7515, 7517, 7519, 7638).

Pure: keys come in as values and signatures as functions, since the key that signs never leaves KMS.
"""

import base64
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key
from jwt.utils import der_to_raw_signature

from shared.kernel.permissions import Principal, Role

AUDIENCE = "shenguan"
ALGORITHM = "ES256"
LIFETIME = timedelta(hours=1)
LEEWAY = timedelta(seconds=30)
"""How far two servers' clocks may disagree."""

_CLAIMS = ("iss", "sub", "aud", "iat", "nbf", "exp", "jti")

Sign = Callable[[bytes], bytes]
"""Signs bytes with ECDSA P-256 and SHA-256; the answer is DER, as KMS gives it."""


# --- Keys ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TokenKey:
    """The public half of the key that signs tokens, and its id: the thumbprint of RFC 7638."""

    key_id: str
    x: str
    y: str
    public: EllipticCurvePublicKey


def read_key(der: bytes) -> TokenKey:
    """A public key as KMS gives it (SubjectPublicKeyInfo). Raises TypeError for any other kind of key."""
    public = load_der_public_key(der)
    if not isinstance(public, EllipticCurvePublicKey) or not isinstance(public.curve, SECP256R1):
        raise TypeError("tokens are signed by a key on P-256")
    numbers = public.public_numbers()
    x, y = (_base64url(number.to_bytes(32)) for number in (numbers.x, numbers.y))
    named = json.dumps({"crv": "P-256", "kty": "EC", "x": x, "y": y}, separators=(",", ":"))
    return TokenKey(_base64url(hashlib.sha256(named.encode()).digest()), x, y, public)


# --- Tokens --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Token:
    """What a token says."""

    token_id: str
    principal: Principal
    issuer: str
    issued_at: datetime
    expires_at: datetime


class TokenFault(StrEnum):
    """Why a request has no principal; equal ones of one minute and one address are recorded once (R-AUD-1)."""

    MISSING = "missing"
    EXPIRED = "expired"
    INVALID = "invalid"


class TokenRefused(Exception):
    """The request shows no token that we accept."""

    def __init__(self, fault: TokenFault) -> None:
        super().__init__(fault.value)
        self.fault = fault


def write_token(token: Token, key: TokenKey, sign: Sign) -> str:
    """A token as a JWT in compact form."""
    header = {"alg": ALGORITHM, "kid": key.key_id, "typ": "JWT"}
    unsigned = b".".join(_part(part) for part in (header, _claims(token)))
    signature = der_to_raw_signature(sign(unsigned), SECP256R1())
    return b".".join((unsigned, _base64url(signature).encode())).decode()


def bearer_of(headers: Mapping[str, str]) -> str:
    """The token a request shows (RFC 6750). Raises TokenRefused when it shows none."""
    given = next((value for name, value in headers.items() if name.lower() == "authorization"), "")
    scheme, _, token = given.strip().partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise TokenRefused(TokenFault.MISSING)
    return token.strip()


def read_token(text: str, key: TokenKey, issuer: str) -> Principal:
    """Whom a token vouches for. Raises TokenRefused for one that is not ours or not of now."""
    try:
        claims = jwt.decode(
            text,
            key.public,
            algorithms=[ALGORITHM],
            audience=AUDIENCE,
            issuer=issuer,
            leeway=LEEWAY,
            options={"require": list(_CLAIMS)},
        )
        return Principal(
            client_id=claims["sub"],
            department=claims.get("department"),
            roles=frozenset(Role(name) for name in claims["roles"]),
            token_id=claims["jti"],
        )
    except jwt.ExpiredSignatureError:
        raise TokenRefused(TokenFault.EXPIRED) from None
    except (jwt.PyJWTError, KeyError, ValueError):
        raise TokenRefused(TokenFault.INVALID) from None


def _claims(token: Token) -> dict[str, object]:
    principal = token.principal
    issued = int(token.issued_at.timestamp())
    claims: dict[str, object] = {
        "iss": token.issuer,
        "sub": principal.client_id,
        "aud": AUDIENCE,
        "iat": issued,
        "nbf": issued,
        "exp": int(token.expires_at.timestamp()),
        "jti": token.token_id,
        "roles": sorted(principal.roles),
    }
    return claims | ({"department": principal.department} if principal.department else {})


def _part(value: Mapping[str, object]) -> bytes:
    return _base64url(json.dumps(value, separators=(",", ":")).encode()).encode()


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
