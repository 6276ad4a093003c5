"""Many open cases: copies of one that handover wrote itself, entered without its help, since that is not measured.

A copy has every row of its model that another request may meet: those in an index, and those in lists and registers
outside the case. The newest copies are whole, since pages lead to them; of the others, what only their own requests
read is left out. So are events, receipts and first answers of all.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Final

from infra.bench.acts import case_number
from infra.bench.city import BUREAU
from infra.bench.units import Item
from services.handover.store.cases import number_key
from shared.aws.parts import digest
from shared.aws.table import shard_of
from shared.kernel.clock import to_text, utc_now

WHOLE: Final = 1_000
"""How many of the newest copies have all their rows: more than any page shows."""

_OWN_BUSINESS = ("event#", "receipt#", "answer#")
_PASSING = ("once#", "count#")
_PARTICULAR = ("ledger#number#", "ledger#applicant")
_INDEXED = {"listing", "due_shard"}
_FIRST = 1_000_000
"""The first copy's number: case numbers below are those of cases that are measured."""


class OpenCase:
    """The model: its rows as they were written at the acceptance, and its case's ULID and number in them."""

    def __init__(self, case_id: str, number: int, items: Sequence[Item]) -> None:
        self._ulid, self._number = case_id.removeprefix("case_"), case_number(number)
        self._registered = number_key(BUREAU, self._number)
        kept = [
            item for item in items if not _sk(item).startswith(_OWN_BUSINESS) and not _pk(item).startswith(_PASSING)
        ]
        self._whole = kept
        self._met = [item for item in kept if _pk(item) != case_id or _INDEXED & item.keys()]
        self._parts = {_sk(item): int(item["version"]["N"]) for item in kept if _sk(item).startswith("head#")}
        self._due_at = to_text(utc_now() + timedelta(days=365))

    def copies(self, first: int, last: int) -> Iterator[Item]:
        """The rows of copies `first` to `last`, the latter not included; the higher, the newer."""
        for number in range(first, last):
            names = self._names(number)
            for row in self._whole if number >= last - WHOLE else self._met:
                yield self._copy(row, names)

    def _names(self, number: int) -> Mapping[str, str]:
        renumbered = case_number(_FIRST + number)
        return {
            self._ulid: f"{number:0{len(self._ulid)}d}",
            self._number: renumbered,
            self._registered: number_key(BUREAU, renumbered),
        }

    def _copy(self, row: Item, names: Mapping[str, str]) -> Item:
        item = {name: {kind: _renamed(text, names) for kind, text in given.items()} for name, given in row.items()}
        if "due_shard" in item:
            item |= {"due_shard": {"S": shard_of(_pk(item))}, "due_at": {"S": self._due_at}}
        elif _pk(item).startswith(_PARTICULAR):
            item["pk"]["S"] += f"#{names[self._ulid]}"  # a list of its own, as the model's is
        elif "parts" in item:
            renamed = {_renamed(key, names): version for key, version in self._parts.items()}
            item["parts"] = {"S": digest(renamed)}
        return item


def _renamed(text: str, names: Mapping[str, str]) -> str:
    for old, new in names.items():
        text = text.replace(old, new)
    return text


def _pk(item: Item) -> str:
    return str(item["pk"]["S"])


def _sk(item: Item) -> str:
    return str(item["sk"]["S"])
