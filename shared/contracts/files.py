"""Files that travel by presigned link: what a client is told to do, what is known of one that arrived."""

from typing import Literal

from shared.contracts.model import Contract


class UploadLink(Contract):
    """Send the bytes with `method` to `url` under exactly these headers, before `seconds` have passed."""

    method: Literal["PUT"]
    url: str
    headers: dict[str, str]
    seconds: int


class StoredFile(Contract):
    """A file that is there, and how many bytes it has.

    `version` names these very bytes, whatever is written under the same key later; None where no versions are kept.
    """

    size: int
    version: str | None = None
