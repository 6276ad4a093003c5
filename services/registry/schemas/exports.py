"""What is told of the exports of the public list."""

from services.registry.domain.exports import Format
from shared.contracts.model import Contract, Instant, Sha256


class ExportFile(Contract):
    """One file: `href`, relative to this answer's address, leads to it; the hash is of its bytes."""

    format: Format
    href: str
    size: int
    sha256: Sha256


class ExportAnswer(Contract):
    """The export made last: the whole public list as it was at `as_of`."""

    as_of: Instant
    items: int
    files: tuple[ExportFile, ...]
