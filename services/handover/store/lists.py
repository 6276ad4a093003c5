"""Rows beside a case for what waits for somebody: each in that department's list, and gone once it waits no more."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

from shared.aws.table import Row
from shared.aws.transactions import Write
from shared.contracts.model import Contract
from shared.kernel.clock import to_text


class Waiting(NamedTuple):
    """What waits: in which list, since when, its id, and what the list shows of it."""

    listing: str
    since: datetime
    identifier: str
    shown: Contract


def list_writes(
    table: type[Row], case_id: str, now: Mapping[str, Waiting], before: Mapping[str, Waiting]
) -> Iterator[Write]:
    """What a change of a case changes in lists, given what waits by the sort key of its row."""
    for key, each in now.items():
        if before.get(key) != each:
            row = table(pk=case_id, sk=key, body=each.shown.model_dump_json())
            row.listing = each.listing
            row.listing_at = f"{to_text(each.since)}#{each.identifier}"
            yield Write(key, "Put", row)
    for key in before.keys() - now.keys():
        yield Write(key, "Delete", table(pk=case_id, sk=key))
