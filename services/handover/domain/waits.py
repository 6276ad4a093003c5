"""What a part that could not be routed waits for: news of what it was judged by (R-HND-15).

To leave something unrouted is a judgement about items and departments as they were read. Whoever makes it says so, and
it is written only while all of them are as they were read; so that whatever changes them later finds the part waiting.
"""

from typing import NamedTuple

WAKE = "wake"
"""The kind of a deadline at which who waits is woken."""


class Seen(NamedTuple):
    """Something of the registry as it was read: how often it had changed, None where it had never been heard of.

    `upcoming`: versions of an item that are known and not in force yet; they will wake who waits when they are.
    """

    subject: str
    version: int | None
    upcoming: tuple[int, ...] = ()


class Wait(NamedTuple):
    """An unrouted part, and what it was judged by: it waits for a change of any of these."""

    unrouted_id: str
    seen: tuple[Seen, ...]


def item_subject(code: str) -> str:
    """An item as something to be waited for."""
    return f"item#{code}"


def department_subject(identifier: str) -> str:
    """A department as something to be waited for."""
    return f"department#{identifier}"
