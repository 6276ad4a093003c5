"""Prefixed ULIDs (`case_01J…`): unique, sortable by creation time, safe in URLs and file names."""

import re

from ulid import ULID

ID_PATTERN = r"^[a-z]{2,8}_[0-9A-Za-z_]{10,64}$"
_ID = re.compile(ID_PATTERN)


def new_id(prefix: str) -> str:
    """A new identifier of the kind its prefix names, for example `new_id("case")`."""
    return f"{prefix}_{ULID()}"


def is_id(text: str, prefix: str) -> bool:
    """Whether a text has the shape of an identifier of that kind (it may still name nothing)."""
    return text.startswith(f"{prefix}_") and _ID.match(text) is not None


def number_in(text: str, digits: int) -> int | None:
    """The number a text is, in at most so many ASCII digits; None where it is none. For numbers in addresses."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= digits else None


def push_id(case_id: str, number: int) -> str:
    """The id of a case's n-th push: it carries the case's, so that finding the case needs no look-up."""
    return f"push_{case_id.removeprefix('case_')}_{number:03d}"


def unrouted_id(case_id: str, number: int) -> str:
    """The id of the n-th part of a case that could not be routed; it carries the case's, as a push's does."""
    return f"unr_{case_id.removeprefix('case_')}_{number:03d}"


def review_id(case_id: str, number: int) -> str:
    """The id of a case's n-th request for opinions; it carries the case's."""
    return f"rev_{case_id.removeprefix('case_')}_{number:03d}"


def public_notice_id(case_id: str, number: int) -> str:
    """The id of a case's n-th public notice; it carries the case's."""
    return f"pnt_{case_id.removeprefix('case_')}_{number:03d}"


def case_of(identifier: str) -> str | None:
    """The case that the id of one of its parts names (a push, an unrouted part), or None where it is no such id."""
    matched = re.fullmatch(r"[a-z]{2,8}_([0-9A-Z]{26})_\d{3,6}", identifier)
    return f"case_{matched.group(1)}" if matched else None
