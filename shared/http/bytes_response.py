"""Answers that are bytes: base64 towards the gateway, which turns them back.

The gateway does so when the request's Accept matches its binary media types, so a service with such endpoints sets
`BinaryMediaTypes: ["*~1*"]` in its template: then every Accept matches, a browser's and curl's too.
"""

import base64
from typing import Any

from chalice.app import Response


class BytesResponse(Response):
    """A response whose body is bytes, whatever its content type and whatever the request accepts."""

    def to_dict(self, binary_types: list[str] | None = None) -> dict[str, Any]:
        """The response in the gateway's words. Chalice's own list of binary types is not asked (see ServiceApp)."""
        del binary_types
        body = base64.b64encode(self.body).decode()
        answer: dict[str, Any] = Response(body, dict(self.headers), self.status_code).to_dict()
        return answer | {"isBase64Encoded": True}
