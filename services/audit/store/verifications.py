"""Verifications of the whole log in DynamoDB, and audit's own queue in SQS.

| pk | sk | what |
|---|---|---|
| `ver_…` | `head`, `event#n` | a verification and its chain |
| `ver_…` | `due#verification` | in `verifications#<shard>` of the due index until it is finished |
| `ver_…` | `range#<start, 20 digits>` | what came of a range |
| `ver_…` | `count#<what>` | how many ranges, entries and findings, in `version` |
"""

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Final

from botocore.exceptions import BotoCoreError, ClientError

from services.audit.domain.verifications import PREFIX, FullVerification, Progress, RangeResult
from shared.aws.due import due_or_idle
from shared.aws.journal import Journal
from shared.aws.transactions import ConditionFailed, Write, client_of, put_new, transact
from shared.contracts.change import Change, Stored
from shared.kernel.errors import Unavailable
from shared.kernel.ids import is_id

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

KIND: Final = "verification"
LANE: Final = "verifications#"
_RANGE: Final = "range#"
_COUNT: Final = "count#"
_BATCH: Final = 10
"""What SQS takes in one request."""


class VerificationStore:
    """Verifications on audit's table; see ports.verifications for what each method promises."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._table = journal.table

    def verification(self, verification_id: str) -> Stored[FullVerification] | None:
        """A verification as it stands now."""
        return self._journal.read(verification_id, FullVerification) if is_id(verification_id, PREFIX) else None

    def save(self, change: Change[FullVerification], due: datetime | None) -> None:
        """Write a change."""
        self._journal.commit(change, [due_or_idle(self._table, KIND, change.aggregate, due, LANE)])

    def progress(self, verification_id: str) -> Progress:
        """How far it is."""
        rows = self._table.query(verification_id, self._table.sk.startswith(_COUNT), consistent_read=True)
        counts = {row.sk.removeprefix(_COUNT): int(row.version or 0) for row in rows}
        return Progress(**{name: counts[name] for name in Progress._fields if name in counts})

    def is_done(self, verification_id: str, start: int) -> bool:
        """Whether a range was verified."""
        return self._table.find(verification_id, _range_key(start)) is not None

    def keep(self, verification_id: str, result: RangeResult) -> None:
        """Keep a range's result and count it."""
        row = self._table(pk=verification_id, sk=_range_key(result.start), body=result.model_dump_json())
        counted = Progress(1, result.end - result.start, result.findings)
        counts = [self._count(verification_id, name, number) for name, number in counted._asdict().items()]
        try:
            transact(client_of(self._table), [put_new("range", row), *counts])
        except ConditionFailed:
            return

    def results(self, verification_id: str) -> Iterator[RangeResult]:
        """The results there are."""
        rows = self._table.query(verification_id, self._table.sk.startswith(_RANGE), consistent_read=True)
        return (RangeResult.model_validate_json(row.body or "{}") for row in rows)

    def _count(self, verification_id: str, name: str, number: int) -> Write:
        row = self._table(pk=verification_id, sk=f"{_COUNT}{name}")
        return Write(name, "Update", row, values={":more": {"N": str(number)}}, update="ADD version :more")


class SqsWork:
    """Audit's own queue."""

    def __init__(self, client: "SQSClient", queue: str) -> None:
        self._client = client
        self._queue = queue

    def send(self, texts: Collection[str]) -> None:
        """Put messages on the queue, ten a request."""
        given = list(texts)
        for start in range(0, len(given), _BATCH):
            batch = given[start : start + _BATCH]
            try:
                answer = self._client.send_message_batch(
                    QueueUrl=self._queue,
                    Entries=[{"Id": str(number), "MessageBody": text} for number, text in enumerate(batch)],
                )
            except (BotoCoreError, ClientError) as error:
                raise Unavailable from error
            if len(answer["Successful"]) < len(batch):
                raise Unavailable


def _range_key(start: int) -> str:
    return f"{_RANGE}{start:020d}"
