"""Files that travel by presigned link: what a client is told to do, what is known of one that came, where they lie."""

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from typing import IO, Literal, Protocol

from shared.contracts.model import Contract, Sha256


class UploadLink(Contract):
    """Send the bytes with `method` to `url` under exactly these headers, before `seconds` have passed."""

    method: Literal["PUT"]
    url: str
    headers: dict[str, str]
    seconds: int


class StoredFile(Contract):
    """A file that is there, and how many bytes it has.

    `version` names these very bytes, whatever is written under the same key later; None where no versions are kept.
    `sha256` is the store's own word for these very bytes, never a client's: the store computed it over all of them
    when they came. None where it did not.
    """

    size: int
    version: str | None = None
    sha256: Sha256 | None = None


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
