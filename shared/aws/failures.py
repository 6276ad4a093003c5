"""Which failures pass by themselves: the caller is told to try again, and not that something is broken."""

from botocore.exceptions import BotoCoreError, ClientError
from pynamodb.exceptions import PynamoDBException

_PASSING = frozenset(
    {
        "InternalServerError",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ServiceUnavailable",
        "ThrottlingException",
        "TransactionInProgressException",
    }
)


def is_passing(error: BaseException) -> bool:
    """Whether AWS did not answer in time, was throttling, or failed on its side."""
    if isinstance(error, PynamoDBException):
        cause = error.cause
        return cause is not None and is_passing(cause)
    if isinstance(error, ClientError):
        return error.response["Error"]["Code"] in _PASSING
    return isinstance(error, BotoCoreError)


def condition_failed(error: PynamoDBException) -> bool:
    """Whether a conditional write was refused since its condition did not hold: nothing was written."""
    return error.cause_response_code == "ConditionalCheckFailedException"
