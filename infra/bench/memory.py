"""The registry's stores and files in this process, answering at once: what is measured on them is our own work."""

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from typing import IO

from services.registry.domain.imports import Import
from services.registry.domain.items import ItemFile
from services.registry.ports.departments import Position
from shared.contracts.change import Change, Stored
from shared.contracts.departments import Department
from shared.contracts.files import StoredFile, UploadLink


@dataclass
class MemoryImports:
    """Imports and items; see services.registry.ports.imports.Imports for what each method promises."""

    imports: dict[str, Stored[Import]] = field(default_factory=dict)
    items: dict[str, Stored[ItemFile]] = field(default_factory=dict)
    codes: dict[str, str] = field(default_factory=dict)

    def import_(self, import_id: str) -> Stored[Import] | None:
        """An import."""
        return self.imports.get(import_id)

    def of_bureau(
        self, bureau: str, limit: int, position: Position | None
    ) -> tuple[Sequence[Stored[Import]], Position | None]:
        """A bureau's imports; no bench has two pages of them."""
        del position
        return [each for each in self.imports.values() if each.state.bureau == bureau][:limit], None

    def save_import(self, change: Change[Import]) -> None:
        """Keep an import."""
        self.imports[change.aggregate] = Stored(change.state, change.after)

    begin_applying = end_applying = save_import

    def holders(self, codes: Collection[str]) -> Mapping[str, str]:
        """Who holds which code."""
        return {code: self.codes[code] for code in codes if code in self.codes}

    def files(self, item_ids: Collection[str]) -> Mapping[str, Stored[ItemFile]]:
        """Items."""
        return {each: self.items[each] for each in item_ids if each in self.items}

    def reserve(self, codes: Mapping[str, str]) -> Collection[str]:
        """Give codes to items."""
        self.codes |= codes
        return ()

    def release(self, codes: Mapping[str, str]) -> None:
        """Take them back."""
        for code in codes:
            del self.codes[code]

    def write_draft(self, change: Change[ItemFile], before: ItemFile | None, import_id: str) -> None:
        """Keep a draft."""
        del before, import_id
        self.items[change.aggregate] = Stored(change.state, change.after)

    def was_done(self, key: str) -> bool:
        """Nothing is done twice here."""
        del key
        return False


@dataclass(frozen=True)
class MemoryDepartments:
    """Departments that nobody changes."""

    departments: Sequence[Department]

    def list_departments(self, limit: int, position: Position | None) -> tuple[Sequence[Department], Position | None]:
        """All of them on one page."""
        del limit, position
        return self.departments, None


@dataclass
class MemoryFiles:
    """Files by key; see shared.contracts.files.FileStore. `kept` False: written files are counted and let go."""

    kept: bool = True
    stored: dict[str, bytes] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)

    def upload_link(self, key: str, *, size: int, sha256: str, media_type: str) -> UploadLink:
        """Nobody uploads over a link here."""
        del size, sha256, media_type
        return UploadLink(method="PUT", url=f"memory:{key}", headers={}, seconds=1)

    def download_link(self, key: str, *, file_name: str, version: str | None = None) -> str:
        """Nor does anybody download over one."""
        del file_name, version
        return f"memory:{key}"

    def find(self, key: str) -> StoredFile | None:
        """What is known of a file."""
        return StoredFile(size=len(self.stored[key])) if key in self.stored else None

    def sha256(self, key: str, *, version: str | None = None) -> str:
        """A file's hash."""
        del version
        return hashlib.sha256(self.stored[key]).hexdigest()

    def chunks(self, key: str, *, version: str | None = None) -> Iterator[bytes]:
        """A file, in one piece."""
        del version
        yield self.stored[key]

    @contextmanager
    def local(self, key: str) -> Iterator[IO[bytes]]:
        """A file to be read."""
        yield BytesIO(self.stored[key])

    def read(self, key: str) -> bytes:
        """A file whole."""
        return self.stored[key]

    def put(self, key: str, content: bytes, media_type: str) -> None:
        """Keep a file."""
        del media_type
        self.stored[key] = content

    def write(self, key: str, chunks: Iterable[bytes], media_type: str) -> int:
        """Take a file piece by piece; its size."""
        if self.kept:
            self.put(key, b"".join(chunks), media_type)
            return len(self.stored[key])
        self.sizes[key] = sum(len(chunk) for chunk in chunks)
        return self.sizes[key]
