"""AWS clients, made at first use and kept for the life of the process.

Time-outs are short because a Lambda function pays for waiting and its caller holds an idempotency key.
"""

from functools import cache
from typing import TYPE_CHECKING

import boto3
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


@cache
def sns() -> "SNSClient":
    """SNS, for events and SMS."""
    return boto3.client("sns", config=_CONFIG)


@cache
def sqs() -> "SQSClient":
    """SQS, for the audit log's queue."""
    return boto3.client("sqs", config=_CONFIG)


@cache
def s3() -> "S3Client":
    """S3; path-style addresses so that any endpoint will do, and links that every region accepts."""
    return boto3.client("s3", config=_CONFIG.merge(Config(s3={"addressing_style": "path"}, signature_version="s3v4")))


@cache
def kms() -> "KMSClient":
    """KMS, for the keys that sign tokens and checkpoints."""
    return boto3.client("kms", config=_CONFIG)


@cache
def secretsmanager() -> "SecretsManagerClient":
    """Secrets Manager, for the one master secret."""
    return boto3.client("secretsmanager", config=_CONFIG)
