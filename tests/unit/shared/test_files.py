"""Files in the object store: links that take exactly one file, streams of any size, versions that stay (R-REG-3)."""

import base64
import hashlib
import os
from collections.abc import Iterator, Sequence
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber
from moto import mock_aws

from shared.aws import clients
from shared.aws.files import LINK_SECONDS, PART_BYTES, Files
from shared.contracts.files import StoredFile
from tests.support.aws import forget_clients
from tests.support.file_builders import SCAN, downloaded, key_of, make_files_bucket, query_of, sha256_of

BUCKET = "files-of-tests"
KEY = "documents/dept_1/doc_1"
PDF = "application/pdf"
CHECKSUM = base64.b64encode(hashlib.sha256(SCAN).digest()).decode()


@pytest.fixture
def files() -> Iterator[Files]:
    with mock_aws():
        forget_clients()
        make_files_bucket(BUCKET)
        yield Files(clients.s3(), BUCKET)
        forget_clients()


def in_pieces(content: bytes, size: int = 1024 * 1024) -> Iterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]


def half_done() -> Sequence[object]:
    return boto3.client("s3").list_multipart_uploads(Bucket=BUCKET).get("Uploads", [])


def test_an_upload_link_signs_the_size_the_hash_and_the_kind_of_file(files: Files) -> None:
    link = files.upload_link(KEY, size=len(SCAN), sha256=sha256_of(SCAN), media_type=PDF)
    asked = query_of(link.url)
    assert set(asked["X-Amz-SignedHeaders"].split(";")) == {
        "content-length",
        "content-type",
        "host",
        "x-amz-checksum-sha256",
    }
    assert (asked["X-Amz-Algorithm"], int(asked["X-Amz-Expires"])) == ("AWS4-HMAC-SHA256", LINK_SECONDS)
    assert link.headers == {"Content-Type": PDF, "x-amz-checksum-sha256": CHECKSUM}
    assert (link.method, link.seconds) == ("PUT", LINK_SECONDS)
    assert key_of(link.url) == (BUCKET, KEY)


def test_a_download_link_offers_the_file_under_its_name_in_any_script(files: Files) -> None:
    files.put(KEY, SCAN, PDF)
    link = files.download_link(KEY, file_name='委托书 "1".pdf')
    assert query_of(link)["response-content-disposition"] == (
        "attachment; filename*=UTF-8''%E5%A7%94%E6%89%98%E4%B9%A6%20%221%22.pdf"
    )
    assert "versionId" not in query_of(link)
    assert downloaded(link) == SCAN


def test_one_version_of_a_file_is_read_whatever_is_written_later(files: Files) -> None:
    files.put(KEY, SCAN, PDF)
    first = files.find(KEY)
    assert first
    assert first.version
    files.put(KEY, b"another", PDF)
    assert files.read(KEY) == b"another"
    assert files.sha256(KEY, version=first.version) == sha256_of(SCAN)
    assert downloaded(files.download_link(KEY, file_name="a.pdf", version=first.version)) == SCAN
    with pytest.raises(KeyError):
        files.sha256(KEY, version="0123456789abcdef0123456789abcdef")


def test_a_bucket_that_keeps_no_versions_names_none(files: Files) -> None:
    files.s3.create_bucket(Bucket="plain", CreateBucketConfiguration={"LocationConstraint": "cn-north-1"})
    plain = Files(files.s3, "plain")
    plain.put(KEY, SCAN, PDF)
    assert plain.find(KEY) == StoredFile(size=len(SCAN), version=None)


def test_what_is_not_there_is_none_or_a_missing_key(files: Files) -> None:
    assert files.find(KEY) is None
    for read in (files.sha256, files.read, lambda key: next(files.chunks(key))):
        with pytest.raises(KeyError):
            read(KEY)
    with pytest.raises(KeyError), files.local(KEY):
        pass


def test_what_may_not_be_asked_is_no_absence(files: Files) -> None:
    elsewhere = Files(files.s3, "no-such-bucket")
    with pytest.raises(ClientError, match="NoSuchBucket"):
        elsewhere.sha256(KEY)


@pytest.mark.parametrize(
    ("size", "parts"),
    [
        (0, 0),
        (1, 0),
        (PART_BYTES - 1, 0),
        (PART_BYTES, 1),
        (PART_BYTES + 1, 2),
        (2 * PART_BYTES, 2),
        (2 * PART_BYTES + 1, 3),
    ],
)
def test_a_file_of_any_size_is_written_as_it_comes(size: int, parts: int, files: Files) -> None:
    """Parts of 8 MiB; what fits into less than one is written whole (no parts)."""
    content = os.urandom(size)
    assert files.write(KEY, in_pieces(content), PDF) == size
    assert files.sha256(KEY) == sha256_of(content)
    found = files.find(KEY)
    assert found
    assert found.size == size
    head = files.s3.head_object(Bucket=BUCKET, Key=KEY)
    assert head["ContentType"] == PDF
    assert head["ETag"].strip('"').partition("-")[2] == (str(parts) if parts else "")
    assert half_done() == []


def test_pieces_larger_than_a_part_are_cut(files: Files) -> None:
    content = os.urandom(2 * PART_BYTES + 5)
    assert files.write(KEY, iter([content]), PDF) == len(content)
    assert files.sha256(KEY) == sha256_of(content)


@pytest.mark.parametrize("whole_parts", [0, 1, 2])
def test_a_writing_that_breaks_off_leaves_nothing(whole_parts: int, files: Files) -> None:
    def broken() -> Iterator[bytes]:
        yield from in_pieces(b"x" * (whole_parts * PART_BYTES + 1))
        raise RuntimeError("the source broke off")

    with pytest.raises(RuntimeError, match="broke off"):
        files.write(KEY, broken(), PDF)
    assert files.find(KEY) is None
    assert half_done() == []


def test_a_writing_that_breaks_off_leaves_what_was_there(files: Files) -> None:
    files.put(KEY, SCAN, PDF)

    def broken() -> Iterator[bytes]:
        yield from in_pieces(b"x" * (PART_BYTES + 1))
        raise RuntimeError("the source broke off")

    with pytest.raises(RuntimeError, match="broke off"):
        files.write(KEY, broken(), PDF)
    assert files.read(KEY) == SCAN


def test_a_local_copy_is_seekable_and_gone_afterwards(files: Files) -> None:
    files.put(KEY, SCAN, PDF)
    with files.local(KEY) as copy:
        assert copy.read() == SCAN
        copy.seek(5)
        assert copy.read(3) == SCAN[5:8]
    assert copy.closed


@pytest.mark.parametrize(
    ("told", "believed"),
    [
        ({"ChecksumSHA256": CHECKSUM, "ChecksumType": "FULL_OBJECT"}, sha256_of(SCAN)),
        ({"ChecksumSHA256": f"{CHECKSUM}-3", "ChecksumType": "COMPOSITE"}, None),
        ({"ChecksumSHA256": CHECKSUM}, None),
        ({"ChecksumCRC32": "AAAAAA==", "ChecksumType": "FULL_OBJECT"}, None),
        ({}, None),
    ],
    ids=["over the whole", "over parts", "of what is not said", "another kind", "nothing"],
)
def test_a_checksum_is_believed_where_the_store_says_it_is_of_the_whole_file(
    told: dict[str, Any], believed: str | None, files: Files
) -> None:
    """R-HND-1: two hundred megabytes need not be read again to know that they are what was declared."""
    with Stubber(files.s3) as s3:
        asked = {"Bucket": BUCKET, "Key": KEY, "ChecksumMode": "ENABLED"}
        s3.add_response("head_object", {"ContentLength": len(SCAN), "VersionId": "v", **told}, asked)
        assert files.find(KEY) == StoredFile(size=len(SCAN), version="v", sha256=believed)


def test_a_checksum_that_a_client_gave_and_the_store_never_verified_is_not_believed(files: Files) -> None:
    """Moto keeps whatever it is told; it does not say of what, and so its word is not taken."""
    wrong = base64.b64encode(hashlib.sha256(b"another").digest()).decode()
    files.s3.put_object(Bucket=BUCKET, Key=KEY, Body=SCAN, ChecksumAlgorithm="SHA256", ChecksumSHA256=wrong)
    assert files.s3.head_object(Bucket=BUCKET, Key=KEY, ChecksumMode="ENABLED")["ChecksumSHA256"] == wrong
    found = files.find(KEY)
    assert found
    assert found.sha256 is None
