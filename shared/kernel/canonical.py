"""One way to write a JSON value as bytes (RFC 8785), and the hashes taken of those bytes.

Everything that is hashed, signed or committed to goes through :func:`canonical_json`, so that two
programs holding the same value always hold the same bytes (R-AUD-2, R-AUD-5).
"""

import hashlib
from typing import Any, cast

import rfc8785

NONCE_BYTES = 32
"""Recommended length of a fresh commitment nonce."""

_SHORTEST_NONCE = 16


def canonical_json(value: object) -> bytes:
    """The RFC 8785 form of a JSON value, UTF-8.

    `value` is made of dict (string keys), list, tuple, str, int, float, bool and None.

    Raises:
        ValueError: anything else, an integer beyond ±(2^53 − 1), NaN, infinity, a lone surrogate.
    """
    return rfc8785.dumps(cast(Any, value))  # the library checks every node itself


def sha256_hex(data: bytes) -> str:
    """SHA-256 in 64 lower-case hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def commitment(nonce: bytes, payload: object) -> str:
    """SHA-256(nonce ‖ RFC 8785 payload), in hexadecimal: what the public log holds of a payload.

    Whoever is given nonce and payload can check it; nobody else can guess a payload from it, even
    one of few possible values, because the nonce is fresh and random. Payloads are JSON objects: no
    proper suffix of an object's text is JSON, so the boundary to the nonce cannot be moved.

    Raises:
        ValueError: the nonce is shorter than 16 bytes, or the payload is no JSON value.
    """
    if len(nonce) < _SHORTEST_NONCE:
        raise ValueError(f"nonce must be at least {_SHORTEST_NONCE} bytes, got {len(nonce)}")
    return sha256_hex(nonce + canonical_json(payload))
