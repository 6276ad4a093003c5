"""What services attest, in DynamoDB.

| pk | sk | what |
|---|---|---|
| `attested` | the service | its last pass; `version` the instant it began, so that no older one comes back |
| `attested#<service>` | `<pass>#<segment>` | that the segment was walked to its end; forgotten after half a year |
| `told#<service>` | `<pass>#<step>#<part>` | what one message told of: events a day, entries; forgotten after a month |
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from pynamodb.exceptions import PutError

from services.audit.domain.attested import AttestedPass, Told, heard
from shared.aws.failures import condition_failed
from shared.aws.table import Row
from shared.contracts.attestations import HeldSegment
from shared.contracts.change import Outdated
from shared.kernel.errors import Unavailable

_ATTESTED: Final = "attested"
_TOLD: Final = "told"
_KEPT: Final = timedelta(days=183)


class AttestedStore:
    """Passes and what they told of, on the service's own table."""

    def __init__(self, table: type[Row]) -> None:
        self._table = table

    def hear(self, segment: HeldSegment) -> None:
        """Keep a segment, then its pass: a pass that is known has a segment."""
        self._table(
            pk=f"{_ATTESTED}#{segment.source}",
            sk=f"{segment.pass_id}#{segment.segment:04d}",
            body=segment.model_dump_json(),
            expires_at=int((segment.begun + _KEPT).timestamp()),
        ).save()
        before = self._table.find(_ATTESTED, segment.source)
        row = self._row(heard(AttestedPass.model_validate_json(before.body or "{}") if before else None, segment))
        unknown = self._table.pk.does_not_exist() | (self._table.version < row.version)
        try:
            row.save(condition=unknown)
        except PutError as error:
            _passed(error)

    def passes(self) -> Sequence[AttestedPass]:
        """The last pass of every service."""
        rows = self._table.query(_ATTESTED, consistent_read=True)
        return [AttestedPass.model_validate_json(row.body or "{}") for row in rows]

    def walked(self, last: AttestedPass) -> Sequence[HeldSegment]:
        """The segments of a pass that were walked to their end."""
        begins = self._table.sk.startswith(f"{last.pass_id}#")
        rows = self._table.query(f"{_ATTESTED}#{last.source}", begins, consistent_read=True)
        return [HeldSegment.model_validate_json(row.body or "{}") for row in rows]

    def keep(self, source: str, pass_id: str, told: Told, until: datetime) -> None:
        """Keep what a message told of: told again, it is the same row."""
        key = f"{pass_id}#{told.step}#{told.part:04d}"
        body = told.model_dump_json()
        self._table(pk=f"{_TOLD}#{source}", sk=key, body=body, expires_at=int(until.timestamp())).save()

    def told(self, last: AttestedPass) -> Iterator[Told]:
        """What all its messages told of."""
        begins = self._table.sk.startswith(f"{last.pass_id}#")
        rows = self._table.query(f"{_TOLD}#{last.source}", begins, consistent_read=True)
        return (Told.model_validate_json(row.body or "{}") for row in rows)

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
