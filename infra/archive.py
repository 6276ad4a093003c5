"""Archives that depend on their content alone: same files, same bytes, same hash."""

import hashlib
import importlib.util
import marshal
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath

# The earliest instant a zip can hold; any fixed one would do.
_EPOCH = (1980, 1, 1, 0, 0, 0)
_MODE = 0o644 << 16


def fingerprint(parts: Iterable[bytes | str | Path]) -> str:
    """SHA-256 (hex, 32 characters) over texts and files in the order given, each length-prefixed."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.read_bytes() if isinstance(part, Path) else part
        data = data.encode() if isinstance(data, str) else data
        digest.update(len(data).to_bytes(8, "big") + data)
    return digest.hexdigest()[:32]


def tree_fingerprint(roots: Iterable[Path], *extra: str) -> str:
    """`fingerprint` of every file under the roots, with its relative name, and of `extra`."""
    parts: list[bytes | str | Path] = list(extra)
    for root in roots:
        for path in source_files(root):
            parts += [str(path.relative_to(root.parent)), path]
    return fingerprint(parts)


def source_files(root: Path) -> list[Path]:
    """Every file under `root` (or the file itself) in stable order, without caches."""
    if root.is_file():
        return [root]
    return sorted(path for path in root.rglob("*") if path.is_file() and "__pycache__" not in path.parts)


def write_zip(path: Path, members: Mapping[str, bytes], *, precompile: bool) -> None:
    """Write a deterministic zip.

    With `precompile`, byte code lies beside each module: a function's folder is read-only on
    Lambda and new for each worker of the emulator, so every cold start would compile again.
    """
    everything = dict(members)
    if precompile:
        for name, source in members.items():
            if name.endswith(".py"):
                everything |= _byte_code(name, source)
    temporary = path.with_suffix(".partial")
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name in sorted(everything):
            info = zipfile.ZipInfo(name, _EPOCH)
            info.external_attr = _MODE
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, everything[name])
    temporary.replace(path)


def read_zip(path: Path) -> dict[str, bytes]:
    """Every file of a zip, by name."""
    with zipfile.ZipFile(path) as archive:
        return {i.filename: archive.read(i) for i in archive.infolist() if not i.is_dir()}


def _byte_code(name: str, source: bytes) -> dict[str, bytes]:
    """The cached byte code of a module, valid whatever the time stamps (PEP 552)."""
    try:
        code = compile(source, name, "exec", dont_inherit=True, optimize=0)
    except SyntaxError:
        return {}  # templates and examples for other versions; nothing imports them
    cached = PurePosixPath(importlib.util.cache_from_source(name)).as_posix()
    flags_unchecked_hash = (0b01).to_bytes(4, "little")
    source_hash = importlib.util.source_hash(source)
    header = importlib.util.MAGIC_NUMBER + flags_unchecked_hash + source_hash
    return {cached: header + marshal.dumps(code)}
