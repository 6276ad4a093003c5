"""Witnesses in DynamoDB.

| pk | sk | what |
|---|---|---|
| `wit_…` | `head`, `event#n` | what is registered under a name, and its chain |
| `witness` | name | the witness, while it is registered |
| `witnesskey#<public key>` | `witness` | the name it is registered under: a key counts once |
| `cosigning` | name, `#`, key id | how far it has come: `version` the size it cosigned last |
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from pydantic import BaseModel
from pynamodb.exceptions import PutError

from services.audit.domain.witnesses import Progress, Registration, identity_of, key_of
from shared.aws.failures import condition_failed
from shared.aws.journal import Journal
from shared.aws.table import Row
from shared.aws.transactions import Write, put_new
from shared.contracts.change import Change, Once, Stored
from shared.contracts.witnesses import Witness

_WITNESS: Final = "witness"
_COSIGNING: Final = "cosigning"


class WitnessStore:
    """The list of witnesses, on the service's own table."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._table = journal.table

    def registration(self, name: str) -> Stored[Registration] | None:
        """What is or was registered under a name."""
        return self._journal.read(identity_of(name), Registration)

    def registered(self) -> Sequence[Witness]:
        """Every witness, by name."""
        rows = self._table.query(_WITNESS, consistent_read=True)
        return [Witness.model_validate_json(row.body or "{}") for row in rows]

    def save(self, change: Change[Registration], before: Witness | None) -> None:
        """Write a registration with its places in the list and among the keys."""
        after = change.state.witness
        writes = [*_moved(self._listed(before), self._listed(after)), *self._keys(before, after)]
        self._journal.commit(change, writes)

    def remember(self, once: Once, response: BaseModel) -> None:
        """Keep an answer where nothing else is to be written."""
        self._journal.remember(once, response)

    def progress(self) -> Mapping[tuple[str, str], Progress]:
        """How far each has come, by name and key."""
        rows = self._table.query(_COSIGNING, consistent_read=True)
        return {_parts(row.sk): Progress.model_validate_json(row.body or "{}") for row in rows}

    def keep_progress(self, witness: Witness, progress: Progress) -> None:
        """Keep how far one has come."""
        sort_key = f"{witness.name}#{key_of(witness).vkey}"
        row = self._table(pk=_COSIGNING, sk=sort_key, version=progress.size, body=progress.model_dump_json())
        try:
            row.save(condition=self._table.pk.does_not_exist() | (self._table.version <= progress.size))
        except PutError as error:
            if not condition_failed(error):
                raise

    def _listed(self, witness: Witness | None) -> Row | None:
        if witness is None:
            return None
        return self._table(pk=_WITNESS, sk=witness.name, body=witness.model_dump_json())

    def _keys(self, before: Witness | None, after: Witness | None) -> Iterator[Write]:
        old, new = (key_of(each).public_key.hex() if each else None for each in (before, after))
        if old == new:
            return
        if old:
            yield Write("key:freed", "Delete", self._table(pk=f"witnesskey#{old}", sk=_WITNESS))
        if new and after:
            yield put_new("key", self._table(pk=f"witnesskey#{new}", sk=_WITNESS, body=after.name))


def _moved(before: Row | None, after: Row | None) -> Iterator[Write]:
    if after is not None:
        yield Write(_WITNESS, "Put", after)
    elif before is not None:
        yield Write(_WITNESS, "Delete", before)


def _parts(sort_key: str) -> tuple[str, str]:
    name, _, vkey = sort_key.partition("#")
    return name, vkey
