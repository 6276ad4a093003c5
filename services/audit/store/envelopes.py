"""The queue of envelopes in SQS, what it gave up, and what was laid aside."""

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.literals import QueueAttributeFilterType
    from mypy_boto3_sqs.type_defs import MessageAttributeValueTypeDef

_COUNTS: Final[tuple["QueueAttributeFilterType", ...]] = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)


class SqsEnvelopes:
    """Three queues: what is to be sealed, what SQS gave up after its tries, and what is no envelope."""

    def __init__(self, client: "SQSClient", queue: str, dead_letters: str, rejected: str) -> None:
        self._client = client
        self._queue = queue
        self._dead_letters = dead_letters
        self._rejected = rejected

    def waiting(self) -> int:
        """How many envelopes are on their way."""
        return self._count(self._queue)

    def given_up(self) -> int:
        """How many are among the dead letters."""
        return self._count(self._dead_letters)

    def reject(self, text: str, reason: str) -> None:
        """Lay a message aside. Told twice it lies there twice, which harms nobody."""
        said: dict[str, MessageAttributeValueTypeDef] = {"reason": {"DataType": "String", "StringValue": reason}}
        self._client.send_message(QueueUrl=self._rejected, MessageBody=text, MessageAttributes=said)

    def _count(self, queue: str) -> int:
        told = self._client.get_queue_attributes(QueueUrl=queue, AttributeNames=list(_COUNTS))
        return sum(int(number) for number in told["Attributes"].values())
