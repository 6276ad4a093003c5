"""Answers that anybody may keep for a while (RFC 9111): what is public is cached, and asked again by its ETag."""

from pydantic import BaseModel

from shared.http.endpoints import Reply
from shared.kernel.canonical import sha256_hex

PUBLIC_MAX_AGE = 60
"""Seconds for which anyone may keep a public answer."""


def public_reply(body: BaseModel) -> Reply:
    """A public answer with an ETag of its content."""
    tag = sha256_hex(body.model_dump_json().encode())[:32]
    headers = {"Cache-Control": f"public, max-age={PUBLIC_MAX_AGE}", "ETag": f'"{tag}"'}
    return Reply(body, headers=headers)
