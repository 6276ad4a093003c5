"""Files in memory, for checks of tables on engines that hold no objects."""

import hashlib
import io
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import IO

from shared.contracts.files import StoredFile, UploadLink


class FilesInMemory:
    """What was put, every version of it; see contracts.files.FileStore for the promises.

    `verifies`: whether it says by itself which SHA-256 a version has, as S3 does of what came by an upload link.
    """

    def __init__(self, *, verifies: bool = False) -> None:
        self.versions: dict[str, list[bytes]] = {}
        self.verifies = verifies
        self.bytes_read = 0

    def upload_link(self, key: str, *, size: int, sha256: str, media_type: str) -> UploadLink:
        headers = {"Content-Type": media_type, "x-checksum": sha256, "x-size": str(size)}
        return UploadLink(method="PUT", url=f"memory:{key}", headers=headers, seconds=900)

    def download_link(self, key: str, *, file_name: str, version: str | None = None) -> str:
        return f"memory:{key}?{version}#{file_name}"

    def find(self, key: str) -> StoredFile | None:
        kept = self.versions.get(key)
        if not kept:
            return None
        sha256 = hashlib.sha256(kept[-1]).hexdigest() if self.verifies else None
        return StoredFile(size=len(kept[-1]), version=str(len(kept)), sha256=sha256)

    def sha256(self, key: str, *, version: str | None = None) -> str:
        return hashlib.sha256(b"".join(self.chunks(key, version=version))).hexdigest()

    def chunks(self, key: str, *, version: str | None = None) -> Iterator[bytes]:
        content = self.versions[key][int(version) - 1 if version else -1]
        self.bytes_read += len(content)
        yield content

    @contextmanager
    def local(self, key: str) -> Iterator[IO[bytes]]:
        yield io.BytesIO(self.read(key))

    def read(self, key: str) -> bytes:
        return b"".join(self.chunks(key))

    def put(self, key: str, content: bytes, media_type: str) -> None:
        assert media_type
        self.versions.setdefault(key, []).append(content)

    def write(self, key: str, chunks: Iterable[bytes], media_type: str) -> int:
        content = b"".join(chunks)
        self.put(key, content, media_type)
        return len(content)

    def behind(self, link: str) -> bytes:
        """What somebody who holds a download link gets."""
        key, _, rest = link.removeprefix("memory:").partition("?")
        return b"".join(self.chunks(key, version=rest.partition("#")[0]))
