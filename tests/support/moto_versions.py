"""moto 5.2 lists versions after a key wrongly: it leaves out the first one where nothing is stored under that very key.

S3 begins with the first key after `KeyMarker`, be there such a key or not.
"""

from typing import Any

from moto.s3.models import S3Backend

_listed = S3Backend.list_object_versions


def list_versions_as_s3_does() -> None:
    """Have moto begin where S3 does."""
    S3Backend.list_object_versions = _list_object_versions  # type: ignore[method-assign]


def _list_object_versions(
    self: S3Backend,
    bucket_name: str,
    delimiter: str | None = None,
    key_marker: str | None = None,
    max_keys: int | None = 1000,
    prefix: str = "",
    version_id_marker: str | None = None,
) -> Any:
    if key_marker is None or version_id_marker:
        return _listed(self, bucket_name, delimiter, key_marker, max_keys, prefix, version_id_marker)
    versions, prefixes, markers, *_ = _listed(self, bucket_name, delimiter, None, None, prefix, None)
    after = [[each for each in found if each.name > key_marker] for found in (versions, markers)]
    assert max_keys is None or sum(map(len, after)) <= max_keys, "a first page after a key that is longer than a page"
    return after[0], prefixes, after[1], None, None
