"""What the registry's use cases need of the object store."""

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from typing import IO, Protocol

from shared.contracts.files import StoredFile, UploadLink


class FileStore(Protocol):
    """Files by key; shared.aws.files.Files is the real one and says what each method promises."""

    def upload_link(self, key: str, *, size: int, sha256: str, media_type: str) -> UploadLink:
        """Where and how a client puts exactly these bytes."""

    def download_link(self, key: str, *, file_name: str, version: str | None = None) -> str:
        """A link under which the file, or one version of it, is read."""

    def find(self, key: str) -> StoredFile | None:
        """What is known of a file, or None."""

    def sha256(self, key: str, *, version: str | None = None) -> str:
        """The hash of what lies there. Raises KeyError."""

    def chunks(self, key: str, *, version: str | None = None) -> Iterator[bytes]:
        """A file, or one version of it, piece by piece. Raises KeyError."""

    def local(self, key: str) -> AbstractContextManager[IO[bytes]]:
        """A file as a seekable local copy. Raises KeyError."""

    def read(self, key: str) -> bytes:
        """A small file whole. Raises KeyError."""

    def put(self, key: str, content: bytes, media_type: str) -> None:
        """Write a small file whole."""

    def write(self, key: str, chunks: Iterable[bytes], media_type: str) -> int:
        """Write a file of any size as it comes; its size."""
