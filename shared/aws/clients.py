"""AWS clients, made at first use and kept for the life of the process.

DynamoDB is not among them: tables bring their own client (shared.aws.table), and most functions need no other. boto3,
half of a bare function's start, is imported by whoever asks for a client and by nobody else.

Time-outs are short because a Lambda function pays for waiting and its caller holds an idempotency key.
"""

import threading
from functools import cache
from typing import TYPE_CHECKING, Any

from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_kms import KMSClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient

_CONFIG = Config(
    connect_timeout=2,
    read_timeout=5,
    retries={"mode": "standard", "total_max_attempts": 4},
    user_agent_extra="shenguan",
)
# One attempt is one request: for whatever must not happen twice unrecorded.
_ONCE = _CONFIG.merge(Config(retries={"mode": "standard", "total_max_attempts": 1}))
# Twelve seconds at the worst: a push that has to wait for it still ends before the gateway's 29.
_BRIEFLY = _CONFIG.merge(
    Config(connect_timeout=2, read_timeout=3, retries={"mode": "standard", "total_max_attempts": 2})
)
# Path-style addresses so that any endpoint will do, and links that every region accepts.
_PATH_STYLE = _CONFIG.merge(Config(s3={"addressing_style": "path"}, signature_version="s3v4"))

_MAKING = threading.Lock()
"""Threads may share a client, but boto3 may be asked for one by one thread at a time."""


@cache
def sns() -> "SNSClient":
    """SNS, for events."""
    return _client("sns", _CONFIG)  # type: ignore[no-any-return]


@cache
def sns_once() -> "SNSClient":
    """SNS without botocore's own retries, for SMS: no attempt goes out unrecorded (R-NTF-3)."""
    return _client("sns", _ONCE)  # type: ignore[no-any-return]


@cache
def sqs() -> "SQSClient":
    """SQS, for the audit log's queue."""
    return _client("sqs", _CONFIG)  # type: ignore[no-any-return]


@cache
def s3() -> "S3Client":
    """S3, for the audit log's tiles."""
    return _client("s3", _PATH_STYLE)  # type: ignore[no-any-return]


@cache
def kms() -> "KMSClient":
    """KMS, for the keys that sign tokens and checkpoints."""
    return _client("kms", _CONFIG)  # type: ignore[no-any-return]


@cache
def kms_briefly() -> "KMSClient":
    """KMS, for the keys that sign receipts: a push must not wait long for their certificate (R-HND-8)."""
    return _client("kms", _BRIEFLY)  # type: ignore[no-any-return]


@cache
def secretsmanager() -> "SecretsManagerClient":
    """Secrets Manager, for the one master secret."""
    return _client("secretsmanager", _CONFIG)  # type: ignore[no-any-return]


def _client(name: str, config: Config) -> Any:  # noqa: ANN401 - boto3 makes clients of any kind
    import boto3  # noqa: PLC0415 - see above

    with _MAKING:
        return boto3.client(name, config=config)  # type: ignore[call-overload]
