"""Files in memory, for checks of tables on engines that hold no objects."""

import hashlib
import io
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import IO

from shared.contracts.files import StoredFile, UploadLink


class FilesInMemory:
    """What was put, by key; the only version of each is the last. See contracts.files.FileStore for the promises."""

    def __init__(self) -> None:
        self.held: dict[str, bytes] = {}

    def upload_link(self, key: str, *, size: int, sha256: str, media_type: str) -> UploadLink:
        headers = {"Content-Type": media_type, "x-checksum": sha256, "x-size": str(size)}
        return UploadLink(method="PUT", url=f"memory:{key}", headers=headers, seconds=900)

    def download_link(self, key: str, *, file_name: str, version: str | None = None) -> str:
        return f"memory:{key}?{version}#{file_name}"

    def find(self, key: str) -> StoredFile | None:
        held = self.held.get(key)
        return StoredFile(size=len(held), version="1") if held is not None else None

    def sha256(self, key: str, *, version: str | None = None) -> str:
        return hashlib.sha256(b"".join(self.chunks(key, version=version))).hexdigest()

    def chunks(self, key: str, *, version: str | None = None) -> Iterator[bytes]:
        assert version in {None, "1"}
        yield self.held[key]

    @contextmanager
    def local(self, key: str) -> Iterator[IO[bytes]]:
        yield io.BytesIO(self.held[key])

    def read(self, key: str) -> bytes:
        return self.held[key]

    def put(self, key: str, content: bytes, media_type: str) -> None:
        assert media_type
        self.held[key] = content

    def write(self, key: str, chunks: Iterable[bytes], media_type: str) -> int:
        self.put(key, b"".join(chunks), media_type)
        return len(self.held[key])
