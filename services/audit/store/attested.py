"""What services attest, in DynamoDB.

| pk | sk | what |
|---|---|---|
| `attested` | the service | its last pass; `version` the instant it began, so that no older one comes back |
| `attested#<service>` | `<pass>#<segment>` | the segment's counts by day; forgotten after half a year |
| `seen#<service>` | `<pass>#<hash>` | which entries of the log one message told of; forgotten after a month |
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Final

from pynamodb.exceptions import PutError

from services.audit.domain.attested import AttestedPass
from services.audit.domain.postings import packed, unpacked
from shared.aws.failures import condition_failed
from shared.aws.table import Row
from shared.contracts.attestations import HeldCount
from shared.contracts.change import Outdated
from shared.kernel.canonical import sha256_hex
from shared.kernel.errors import Unavailable

_ATTESTED: Final = "attested"
_SEEN: Final = "seen"
_KEPT: Final = timedelta(days=183)


class AttestedStore:
    """Passes and counts, on the service's own table."""

    def __init__(self, table: type[Row]) -> None:
        self._table = table

    def hear(self, count: HeldCount) -> None:
        """Keep a segment's counts, then its pass: a pass that is known has counts."""
        self._table(
            pk=f"{_ATTESTED}#{count.source}",
            sk=f"{count.pass_id}#{count.segment:04d}",
            body=count.model_dump_json(),
            expires_at=int((count.begun + _KEPT).timestamp()),
        ).save()
        last = AttestedPass(source=count.source, pass_id=count.pass_id, begun=count.begun, segments=count.segments)
        row = self._row(last)
        unknown = self._table.pk.does_not_exist() | (self._table.version < row.version)
        try:
            row.save(condition=unknown)
        except PutError as error:
            _passed(error)

    def passes(self) -> Sequence[AttestedPass]:
        """The last pass of every service."""
        rows = self._table.query(_ATTESTED, consistent_read=True)
        return [AttestedPass.model_validate_json(row.body or "{}") for row in rows]

    def counted(self, last: AttestedPass) -> Sequence[Mapping[date, int]]:
        """The counts of a pass."""
        begins = self._table.sk.startswith(f"{last.pass_id}#")
        rows = self._table.query(f"{_ATTESTED}#{last.source}", begins, consistent_read=True)
        return [HeldCount.model_validate_json(row.body or "{}").days for row in rows]

    def see(self, source: str, pass_id: str, indices: Sequence[int], until: datetime) -> None:
        """Keep what a message told of: told again, it is the same row."""
        text = packed(0, indices)
        key = f"{pass_id}#{sha256_hex(text.encode())[:16]}"
        self._table(pk=f"{_SEEN}#{source}", sk=key, body=text, expires_at=int(until.timestamp())).save()

    def seen(self, last: AttestedPass) -> Iterator[int]:
        """What all its messages told of."""
        begins = self._table.sk.startswith(f"{last.pass_id}#")
        rows = self._table.query(f"{_SEEN}#{last.source}", begins, consistent_read=True)
        return (index for row in rows for index in unpacked(0, row.body or ""))

    def move(self, before: AttestedPass, after: AttestedPass) -> None:
        """Keep what became of a pass."""
        try:
            self._row(after).save(condition=self._table.body == before.model_dump_json())
        except PutError as error:
            _passed(error)
            raise Outdated from None

    def _row(self, last: AttestedPass) -> Row:
        began = round(last.begun.timestamp() * 1000)
        return self._table(pk=_ATTESTED, sk=last.source, version=began, body=last.model_dump_json())


def _passed(error: PutError) -> None:
    """A condition that did not hold is passed over. Raises Unavailable for anything else."""
    if not condition_failed(error):
        raise Unavailable from error
