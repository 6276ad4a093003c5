"""Links, parts and versions of files work over real HTTP on the emulator that `make run` uses (R-REG-3, R-HND-1).

This store verifies the checksum that a link signs before anything is written, and tells it of each version: so its
word is taken, as S3's is, and a large upload is completed without being read.
"""

from collections.abc import Iterator
from http import HTTPStatus

import httpx
import pytest

from shared.aws import clients
from shared.aws.files import PART_BYTES, Files
from tests.support.aws import REGION, forget_clients
from tests.support.engines import Engine
from tests.support.file_builders import SCAN, make_files_bucket, sha256_of

KEY = "documents/dept_1/doc_1"
PDF = "application/pdf"
OTHER = SCAN.replace(b"entrustment", b"entrustmenT")


@pytest.fixture
def files(engine: Engine, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[Files]:
    # The emulator checks the signature of links, and these are the keys it gives to functions.
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "000000000000")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.setenv("AWS_ENDPOINT_URL", engine.endpoint or "")
    forget_clients()
    bucket = f"files-{abs(hash(request.node.name))}"
    make_files_bucket(bucket)
    yield Files(clients.s3(), bucket)
    forget_clients()


@pytest.fixture
def http() -> Iterator[httpx.Client]:
    with httpx.Client(trust_env=False, timeout=120) as client:
        yield client


def test_exactly_the_declared_bytes_go_in_by_a_link_and_come_out_by_another(files: Files, http: httpx.Client) -> None:
    link = files.upload_link(KEY, size=len(SCAN), sha256=sha256_of(SCAN), media_type=PDF)
    sent = http.put(link.url, content=SCAN, headers=link.headers)
    assert sent.is_success, sent.text
    found = files.find(KEY)
    assert found
    assert (found.size, found.sha256) == (len(SCAN), sha256_of(SCAN))
    assert files.sha256(KEY, version=found.version) == sha256_of(SCAN)
    got = http.get(files.download_link(KEY, file_name="委托书.pdf", version=found.version))
    # S3 would also name the file; the emulator does not know response-content-disposition.
    assert (got.content, got.headers["content-type"]) == (SCAN, PDF)


def test_other_bytes_are_refused_by_what_the_link_signs(files: Files, http: httpx.Client) -> None:
    """The checksum refuses bytes of the same length, the signature any other length or kind of file."""
    link = files.upload_link(KEY, size=len(SCAN), sha256=sha256_of(SCAN), media_type=PDF)
    others = (
        (OTHER, link.headers, HTTPStatus.BAD_REQUEST),
        (SCAN + b"!", link.headers, HTTPStatus.FORBIDDEN),
        (SCAN, link.headers | {"Content-Type": "text/html"}, HTTPStatus.FORBIDDEN),
        (SCAN, {"Content-Type": PDF}, HTTPStatus.FORBIDDEN),
    )
    for content, headers, status in others:
        refused = http.put(link.url, content=content, headers=headers)
        assert refused.status_code == status, refused.text
    assert files.find(KEY) is None


def test_what_a_living_link_writes_later_stands_beside_what_was_checked(files: Files, http: httpx.Client) -> None:
    """R-REG-3: a version, once named, is always the same bytes."""
    files.put(KEY, SCAN, PDF)
    checked = files.find(KEY)
    assert checked
    link = files.upload_link(KEY, size=len(OTHER), sha256=sha256_of(OTHER), media_type=PDF)
    assert http.put(link.url, content=OTHER, headers=link.headers).is_success
    assert files.read(KEY) == OTHER
    assert http.get(files.download_link(KEY, file_name="a.pdf", version=checked.version)).content == SCAN
    assert files.sha256(KEY, version=checked.version) == sha256_of(SCAN)


def test_what_no_checksum_was_sent_with_has_none_to_be_believed(files: Files) -> None:
    """Nor has what came in parts: then completing reads it."""
    files.put(KEY, SCAN, PDF)
    assert [found.sha256 for found in [files.find(KEY)] if found] == [None]
    files.write(KEY, iter([b"x" * PART_BYTES, b"end"]), PDF)
    assert [found.sha256 for found in [files.find(KEY)] if found] == [None]


def test_a_large_file_is_written_in_parts_and_a_broken_one_leaves_nothing(files: Files) -> None:
    pieces = [b"x" * 1024 * 1024] * (2 * PART_BYTES // (1024 * 1024)) + [b"end"]
    assert files.write(KEY, iter(pieces), PDF) == 2 * PART_BYTES + 3
    assert files.sha256(KEY) == sha256_of(b"".join(pieces))

    def broken() -> Iterator[bytes]:
        yield from pieces
        raise RuntimeError("the source broke off")

    with pytest.raises(RuntimeError, match="broke off"):
        files.write("other", broken(), PDF)
    assert files.find("other") is None
    assert files.s3.list_multipart_uploads(Bucket=files.bucket).get("Uploads", []) == []


def test_what_is_not_there_is_none_or_a_missing_key(files: Files) -> None:
    assert files.find(KEY) is None
    with pytest.raises(KeyError):
        files.sha256(KEY)
    files.put(KEY, SCAN, PDF)
    with pytest.raises(KeyError):
        files.sha256(KEY, version="0123456789abcdef0123456789abcdef")
