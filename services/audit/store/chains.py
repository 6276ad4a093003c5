"""What the verifier remembers, in DynamoDB; a row only ever moves forward in the log.

| pk | sk | what |
|---|---|---|
| `chain#<aggregate>` | the service | the chain in the log; `version` is `through`; due when a gap is to be judged |
| `tally#<service>` | day | how many of its events of that day the log holds; `version` is `through` |
"""

from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from itertools import islice
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError

from services.audit.domain.chains import Chain, ChainKey
from services.audit.domain.tallies import Tally, TallyKey
from shared.aws.listing import read_due
from shared.aws.table import Row, shard_of
from shared.aws.transactions import NOT_THERE, client_of
from shared.kernel.clock import to_text
from shared.kernel.errors import Unavailable

_CHAIN: Final = "chain#"
_TALLY: Final = "tally#"
_LANE: Final = "gaps#"
_AT_ONCE: Final = 8
_JUDGED_AT_ONCE: Final = 800
_BEHIND: Final = f"{NOT_THERE} OR version < :version"
_AS_READ: Final = "version = :version"


class _Forward:
    """Puts rows that may only move forward, several requests at a time."""

    def __init__(self, table: type[Row], at_once: int = _AT_ONCE) -> None:
        self._table = table
        self._at_once = at_once

    def put(self, rows: Collection[Row]) -> None:
        """Put each row whose `version` is higher than what is there."""
        client_of(self._table)  # made before there are threads
        if self._at_once == 1 or len(rows) == 1:
            for row in rows:
                self.put_one(row, _BEHIND)
            return
        with ThreadPoolExecutor(self._at_once) as pool:
            for _ in pool.map(lambda row: self.put_one(row, _BEHIND), rows):
                pass

    def put_one(self, row: Row, condition: str) -> bool:
        """Put one row; whether its condition held."""
        client = client_of(self._table)
        try:
            client.put_item(
                TableName=self._table.Meta.table_name,
                Item=row.serialize(),
                ConditionExpression=condition,
                ExpressionAttributeValues={":version": {"N": str(row.version)}},
            )
        except client.exceptions.ConditionalCheckFailedException:
            return False
        except (BotoCoreError, ClientError) as error:
            raise Unavailable from error
        return True


class ChainStore:
    """Chains, on the service's own table; `at_once`: requests at a time."""

    def __init__(self, table: type[Row], at_once: int = _AT_ONCE) -> None:
        self._table = table
        self._forward = _Forward(table, at_once)

    def of(self, keys: Collection[ChainKey]) -> Mapping[ChainKey, Chain]:
        """Those of the chains that there are."""
        wanted = [(f"{_CHAIN}{key.subject}", key.source) for key in dict.fromkeys(keys)]
        rows = self._table.batch_get(wanted, consistent_read=True) if wanted else ()
        found = (Chain.model_validate_json(row.body or "{}") for row in rows)
        return {chain.key: chain for chain in found}

    def about(self, subject: str) -> Collection[Chain]:
        """Every chain of an aggregate."""
        rows = self._table.query(f"{_CHAIN}{subject}", consistent_read=True)
        return [Chain.model_validate_json(row.body or "{}") for row in rows]

    def keep(self, chains: Collection[Chain]) -> None:
        """Keep chains that moved forward."""
        self._forward.put([self._row(chain) for chain in chains])

    def keep_judged(self, chain: Chain) -> bool:
        """Keep a chain that stands where it was read."""
        return self._forward.put_one(self._row(chain), _AS_READ)

    def due(self, now: datetime) -> Iterator[ChainKey]:
        """The chains with a gap to be judged, as many as one run judges."""
        due = islice(read_due(self._table, now, lane=_LANE), _JUDGED_AT_ONCE)
        return (ChainKey(row.sk, row.pk.removeprefix(_CHAIN)) for row in due)

    def _row(self, chain: Chain) -> Row:
        due = chain.due_at
        return self._table(
            pk=f"{_CHAIN}{chain.subject}",
            sk=chain.source,
            version=chain.through,
            body=chain.model_dump_json(),
            due_shard=f"{_LANE}{shard_of(chain.subject)}" if due else None,
            due_at=to_text(due) if due else None,
        )


class TallyStore:
    """Counts, on the service's own table."""

    def __init__(self, table: type[Row], at_once: int = _AT_ONCE) -> None:
        self._table = table
        self._forward = _Forward(table, at_once)

    def of(self, keys: Collection[TallyKey]) -> Mapping[TallyKey, Tally]:
        """Those of the counts that there are."""
        wanted = [(f"{_TALLY}{key.source}", key.day.isoformat()) for key in dict.fromkeys(keys)]
        rows = self._table.batch_get(wanted, consistent_read=True) if wanted else ()
        found = (Tally.model_validate_json(row.body or "{}") for row in rows)
        return {tally.key: tally for tally in found}

    def all_of(self, source: str) -> Iterator[Tally]:
        """Every count of one service."""
        rows = self._table.query(f"{_TALLY}{source}", consistent_read=True)
        return (Tally.model_validate_json(row.body or "{}") for row in rows)

    def keep(self, tallies: Collection[Tally]) -> None:
        """Keep counts that moved forward."""
        self._forward.put([self._row(tally) for tally in tallies])

    def _row(self, tally: Tally) -> Row:
        return self._table(
            pk=f"{_TALLY}{tally.source}",
            sk=tally.day.isoformat(),
            version=tally.through,
            body=tally.model_dump_json(),
        )
