"""Files as clients send them: the bytes, what they declare of them, and the upload itself into moto."""

import hashlib
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import boto3

from shared.contracts.files import UploadLink

SCAN = b"%PDF-1.7 a scan of a letter of entrustment\n%%EOF\n"


def sha256_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def document_body(content: bytes = SCAN, **changed: Any) -> dict[str, Any]:
    """A letter of entrustment, scanned."""
    return {
        "kind": "letter_of_entrustment",
        "name": "食品经营许可审批权限委托书",
        "number": "临市监委〔2026〕3号",
        "issued_on": "2026-02-27",
        "file_name": "委托书.pdf",
        "media_type": "application/pdf",
        "size": len(content),
        "sha256": sha256_of(content),
    } | changed


def material_body(content: bytes = SCAN, **changed: Any) -> dict[str, Any]:
    """An application form, scanned."""
    return {
        "name": "食品经营许可申请书",
        "file_name": "申请书.pdf",
        "media_type": "application/pdf",
        "size": len(content),
        "sha256": sha256_of(content),
    } | changed


def make_files_bucket(name: str) -> None:
    """A bucket as infra/data.yaml makes it: every version of a file is kept."""
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "cn-north-1"})
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})


def upload(link: Mapping[str, Any] | UploadLink, content: bytes = SCAN) -> None:
    """What S3 would do with an upload by this link, for tests that open no socket: put the bytes under its key."""
    given = link if isinstance(link, UploadLink) else UploadLink.model_validate(link)
    bucket, key = key_of(given.url)
    boto3.client("s3").put_object(Bucket=bucket, Key=key, Body=content, ContentType=given.headers["Content-Type"])


def key_of(url: str) -> tuple[str, str]:
    """The bucket and the key that a link leads to."""
    bucket, _, key = unquote(urlsplit(url).path).lstrip("/").partition("/")
    return bucket, key


def query_of(url: str) -> dict[str, str]:
    """The parameters of a link."""
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def downloaded(url: str) -> bytes:
    """What S3 would send by a download link."""
    bucket, key = key_of(url)
    version = query_of(url).get("versionId")
    s3 = boto3.client("s3")
    found = (
        s3.get_object(Bucket=bucket, Key=key, VersionId=version) if version else s3.get_object(Bucket=bucket, Key=key)
    )
    return found["Body"].read()
