"""What is shown of an upload is what was declared, whatever is sent, whenever, and however often (R-HND-1, R-REG-3)."""

import hashlib
from contextlib import suppress
from datetime import UTC, datetime
from typing import ClassVar

from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.media_types import SUFFIXES, MediaType
from shared.contracts.uploads import (
    LONGEST_NAME,
    DeclaredUpload,
    UploadState,
    completed,
    content_link,
    file_name,
    file_name_faults,
    link_for,
)
from shared.kernel.errors import Refused
from tests.support.file_fakes import FilesInMemory

NOW = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
DECLARED = b"what was declared"
SENT = st.sampled_from([DECLARED, b"what was DECLARED", b"something shorter", b"", DECLARED * 2])
COMPLETE = None
ACTS = st.lists(st.one_of(SENT, st.just(COMPLETE)), max_size=12)


class Upload(DeclaredUpload):
    PREFIX: ClassVar[str] = "upl"
    FOLDER: ClassVar[str] = "uploads"

    @property
    def upload_id(self) -> str:
        return "upl_01J9ZQ3V6W7X8Y9Z0A1B2C3D4E"


def declared(name: str = "一.pdf", media_type: MediaType = MediaType.PDF) -> Upload:
    return Upload(
        department="dept_01J9ZQ3V6W7X8Y9Z0A1B2C3D4E",
        file_name=name,
        media_type=media_type,
        size=len(DECLARED),
        sha256=hashlib.sha256(DECLARED).hexdigest(),
        declared_at=NOW,
    )


def done(files: FilesInMemory, upload: Upload) -> Upload:
    """The upload after somebody tried to complete it."""
    with suppress(Refused):
        return completed(files, upload, NOW)
    return upload


def shown(files: FilesInMemory, upload: Upload) -> bytes | None:
    with suppress(Refused):
        return files.behind(content_link(files, upload))
    return None


@given(acts=ACTS, verifies=st.booleans())
def test_nothing_is_ever_shown_but_the_bytes_declared(acts: list[bytes | None], verifies: bool) -> None:
    """It is stored once somebody completes it while they are what was sent last, and stays as it then was."""
    files, upload = FilesInMemory(verifies=verifies), declared()
    last: bytes | None = None
    for act in acts:
        before = upload
        if act is COMPLETE:
            upload = done(files, upload)
            due = before.state is UploadState.STORED or last == DECLARED
            assert (upload.state is UploadState.STORED) == due
        else:
            last = act
            files.put(upload.content_key, act, upload.media_type)
        assert before.state is UploadState.DECLARED or upload == before
        assert shown(files, upload) == (DECLARED if upload.state is UploadState.STORED else None)


@given(acts=ACTS)
def test_what_the_store_verified_is_completed_without_a_byte_being_read(acts: list[bytes | None]) -> None:
    """R-HND-1: however large a drawing is, completing it fits into a moment."""
    files, upload = FilesInMemory(verifies=True), declared()
    for act in acts:
        if act is COMPLETE:
            upload = done(files, upload)
        else:
            files.put(upload.content_key, act, upload.media_type)
    assert files.bytes_read == 0


@given(given_name=st.none() | st.text(min_size=1, max_size=LONGEST_NAME), media_type=st.sampled_from(MediaType))
def test_a_file_is_called_without_a_folder_and_never_too_long(given_name: str | None, media_type: MediaType) -> None:
    called = file_name(given_name, "名" * LONGEST_NAME, media_type)
    assert 1 <= len(called) <= LONGEST_NAME
    assert given_name is not None or not file_name_faults(declared(called, media_type))


@given(media_type=st.sampled_from(MediaType), another=st.sampled_from(MediaType))
def test_a_name_ends_as_its_media_type_does(media_type: MediaType, another: MediaType) -> None:
    for suffix in SUFFIXES[another]:
        faults = file_name_faults(declared(f"图纸{suffix.upper()}", media_type))
        assert bool(faults) == (media_type is not another)
        assert all(each.pointer == "/file_name" for each in faults)


def test_a_link_is_made_for_exactly_what_was_declared() -> None:
    upload = declared()
    link = link_for(FilesInMemory(), upload)
    assert link.url.endswith(f"uploads/{upload.department}/{upload.upload_id}")
    assert (link.headers["x-size"], link.headers["x-checksum"]) == (str(upload.size), upload.sha256)
