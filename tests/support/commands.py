"""docs/evidence.md as a stranger uses it: its commands, run as they stand there."""

import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

DOCUMENT = Path(__file__).parents[2] / "docs" / "evidence.md"


def commands(section: str) -> list[str]:
    """The indented lines of a section."""
    _, found, after = DOCUMENT.read_text(encoding="utf-8").partition(f"\n{section}\n")
    assert found, f"{DOCUMENT.name} has no section {section}"
    text = re.split(r"^#", after, maxsplit=1, flags=re.MULTILINE)[0]
    return re.findall(r"^    (.*)$", text, flags=re.MULTILINE)


def printed(
    folder: Path, section: str, setting: str, environment: Mapping[str, str] | None = None, shell: str = "sh"
) -> list[str]:
    """What the commands of a section print, run in a folder by a shell, with variables set before them."""
    script = "\n".join([setting, *commands(section)])
    done = subprocess.run(
        [shell, "-c", script], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    return done.stdout.split("\n")
