"""Declared uploads in DynamoDB; what is in them lies in the object store under their `content_key`.

| pk | sk | what |
|---|---|---|
| `<PREFIX>_…` | `head` | the upload and its chain head |
| `<PREFIX>_…` | `event#n` | each event; unsent until published |
"""

from collections.abc import Iterable, Mapping
from typing import Generic

from shared.aws.journal import Journal
from shared.contracts.change import Change, Stored
from shared.contracts.uploads import U
from shared.kernel.ids import is_id


class UploadStore(Generic[U]):
    """The uploads of one kind; see contracts.uploads.Uploads for what each method promises."""

    def __init__(self, journal: Journal, model: type[U]) -> None:
        self.journal = journal
        self._model = model

    def upload(self, identifier: str) -> Stored[U] | None:
        """An upload as it stands now (strongly consistent), or None."""
        return self.journal.read(identifier, self._model) if is_id(identifier, self._model.PREFIX) else None

    def uploads(self, identifiers: Iterable[str]) -> Mapping[str, U]:
        """Those of the uploads that exist, by id, as they stand now (strongly consistent): a hundred a request."""
        known = {each for each in identifiers if is_id(each, self._model.PREFIX)}
        return {identifier: each.state for identifier, each in self.journal.read_all(known, self._model).items()}

    def save_upload(self, change: Change[U]) -> None:
        """Write a declaration or what became of it."""
        self.journal.commit(change)
