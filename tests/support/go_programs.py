"""Programs that we did not write, as a person calls them: what they say of a log in a folder or behind an address."""

import subprocess
from collections.abc import Sequence
from pathlib import Path

_SECONDS = 300
_WORKERS = "16"
"""A worker of fsck that found something stops for good; when the last one has, fsck waits for ever."""


def judged(
    logcheck: Path, log: Path | str, vkey: str, earlier: Sequence[Path] = ()
) -> "subprocess.CompletedProcess[str]":
    """What our judge made of sumdb and transparency-dev/merkle says (`tests/conformance/go/main.go`)."""
    command: list[str | Path] = [logcheck, "-log", log, "-vkey", vkey, *earlier]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=_SECONDS)


def fsck_said(fsck: Path, url: str, key: Path) -> str:
    """What tessera's fsck says. It ends with 0 whatever it found: its words count."""
    command: list[str | Path] = [fsck, "-ui=false", "-N", _WORKERS, "-storage_url", url, "-public_key", key]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=_SECONDS).stderr
