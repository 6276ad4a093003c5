"""What requests that carry messages or files are billed by: SNS and SQS count every 64 KiB begun as a request."""

from collections.abc import Mapping
from io import BytesIO
from math import ceil
from typing import Any

CHUNK_BYTES = 64 * 1024

_BATCHES: Mapping[str, tuple[str, str]] = {
    "PublishBatch": ("PublishBatchRequestEntries", "Message"),
    "SendMessageBatch": ("Entries", "MessageBody"),
}
"""Requests with several messages: where they lie, and what of each is counted."""

_FILES: Mapping[str, str] = {"PutObject": "Body"}


def carries_messages(operation: str) -> bool:
    """Whether a request is billed by its messages. An SMS is not: it has a price of its own."""
    return operation in _BATCHES


def content_bytes(operation: str, params: Mapping[str, Any]) -> int:
    """The bytes of a request's messages, or of its file; nothing for a request that carries none."""
    if operation in _BATCHES:
        entries, message = _BATCHES[operation]
        return sum(_length(each[message]) for each in params[entries])
    return _length(params[_FILES[operation]]) if operation in _FILES else 0


def chunks(operation: str, params: Mapping[str, Any]) -> int:
    """How many requests a request is billed as."""
    return chunks_of(content_bytes(operation, params))


def chunks_of(size: int) -> int:
    """How many requests so many bytes are."""
    return max(1, ceil(size / CHUNK_BYTES))


def _length(content: str | bytes | BytesIO) -> int:
    if isinstance(content, BytesIO):  # botocore makes one of an object's bytes
        return content.getbuffer().nbytes
    return len(content.encode() if isinstance(content, str) else content)
