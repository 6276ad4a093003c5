"""Page cursors: opaque to the caller, signed so that nobody can point a query at another department's rows."""

import base64
import binascii
import hmac
import json
from collections.abc import Mapping
from typing import Any

from shared.kernel.errors import Refused

_TAG_BYTES = 16


def sign_cursor(key: bytes, scope: str, position: Mapping[str, Any]) -> str:
    """A cursor for `position`, valid only within `scope` (the list and its owner)."""
    text = json.dumps(position, separators=(",", ":"), sort_keys=True).encode()
    tag = _tag(key, scope, text)
    return base64.urlsafe_b64encode(tag + text).decode().rstrip("=")


def read_cursor(key: bytes, scope: str, cursor: str) -> dict[str, Any]:
    """The position a cursor names. Raises Refused("cursor_invalid") when it is not one we made for this scope."""
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    except (binascii.Error, ValueError):
        raise Refused("cursor_invalid") from None
    tag, text = raw[:_TAG_BYTES], raw[_TAG_BYTES:]
    if not hmac.compare_digest(tag, _tag(key, scope, text)):
        raise Refused("cursor_invalid")
    position: dict[str, Any] = json.loads(text)
    return position


def _tag(key: bytes, scope: str, text: bytes) -> bytes:
    return hmac.digest(key, scope.encode() + b"\x00" + text, "sha256")[:_TAG_BYTES]
