"""Reading what others wrote: up to a bound of bytes and of time, whatever is there (R-AUD-5)."""

import os
import time
from http import HTTPStatus
from pathlib import Path
from typing import Final

import httpx

LONGEST_FILE: Final = 16_000_000
"""Bytes of an evidence file or of receipts: eight times the longest that audit makes."""

_PATIENCE_SECONDS: Final = 120
"""How long a file may take on its way: a sender of one byte a minute keeps no connection for ever."""


class TooLongError(OSError):
    """A file is longer than any of its kind, or takes for ever to come. The text says which."""


def beginning(path: Path, most: int) -> bytes:
    """The first bytes of a file: all, or one more than `most`, by which it is known to be too long. Raises OSError."""
    with path.open("rb") as file:
        # Python makes room for as much as it is asked for; a pipe does not say how long it is.
        size = os.fstat(file.fileno()).st_size or most
        return file.read(min(size, most) + 1)


def content(path: Path, most: int = LONGEST_FILE) -> bytes:
    """What a file holds. Raises OSError, TooLongError."""
    found = beginning(path, most)
    if len(found) > most:
        raise TooLongError(f"{path}: over {most:,} bytes, so it is none of ours")
    return found


def downloaded(client: httpx.Client, url: str, most: int) -> tuple[HTTPStatus | int, bytes]:
    """Status and body of what an address answers, the body like :func:`beginning`.

    It is asked for as it is: what unfolds on the way in could be of any length. Raises TooLongError, httpx.HTTPError.
    """
    ends = time.monotonic() + _PATIENCE_SECONDS
    found = bytearray()
    with client.stream("GET", url, headers={"Accept-Encoding": "identity"}) as answer:
        if answer.headers.get("Content-Encoding", "identity").lower() != "identity":
            raise TooLongError(f"{url}: answered compressed, though it was asked not to be")
        for part in answer.iter_bytes():
            found += part
            if len(found) > most:
                break
            if time.monotonic() > ends:
                raise TooLongError(f"{url}: not there after {_PATIENCE_SECONDS} s")
        return answer.status_code, bytes(found[: most + 1])
