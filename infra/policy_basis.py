"""docs/policy-basis.md: each rule of the regulations, how far it is built, and the code and tests that cite it.

The words and states are data (docs/policy-basis.yaml); who cites a rule is read from the sources. So the page cannot
promise what no test shows: `faults` names every disagreement, and a test keeps it empty.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
import yaml
from rich.console import Console

from infra.archive import source_files
from infra.build import ROOT

PAGE = Path("docs") / "policy-basis.md"
DATA = Path("docs") / "policy-basis.yaml"

_CODE = ("services", "shared", "infra", "localstack")
_SUFFIXES = frozenset({".py", ".yaml"})
_CITED = re.compile(r"\bR-[A-Z]{3}-[0-9]+\b")


class State(StrEnum):
    """How far a rule is built."""

    MET = "met"
    BEGUN = "begun"
    AHEAD = "ahead"


_SHOWN = {
    State.MET: "met 已实现",
    State.BEGUN: "begun 已起步",
    State.AHEAD: "ahead 未开始",
}


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: its words, its source in the regulations, its state, and what of it is not there yet."""

    id: str
    zh: str
    en: str
    source: str
    state: State
    ahead: str = ""


@dataclass(frozen=True, slots=True)
class Chapter:
    """Rules that belong together."""

    title: str
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Citations:
    """The files that cite each rule, relative to the root."""

    code: Mapping[str, Sequence[Path]]
    tests: Mapping[str, Sequence[Path]]


def read_rules(root: Path = ROOT) -> tuple[Chapter, ...]:
    """The list of rules. Raises ValueError or KeyError where the data is not what it should be."""
    data = yaml.safe_load((root / DATA).read_text(encoding="utf-8"))
    return tuple(
        Chapter(
            chapter["title"],
            tuple(
                Rule(**given | {"id": f"{prefix}-{number}", "state": State(given["state"])})
                for number, given in chapter["rules"].items()
            ),
        )
        for prefix, chapter in data.items()
    )


def citations(root: Path = ROOT) -> Citations:
    """Who cites what."""
    tests = (path for path in source_files(root / "tests") if path.name.startswith("test_"))
    code = (path for name in _CODE for path in source_files(root / name))
    return Citations(_cited(code, root), _cited(tests, root))


def faults(chapters: Sequence[Chapter], cited: Citations) -> list[str]:
    """Every promise that is not kept, as sentences."""
    rules = [rule for chapter in chapters for rule in chapter.rules]
    known = {rule.id for rule in rules}
    found = [
        f"{rule_id} is cited in {paths[0].as_posix()} but {DATA.as_posix()} does not know it"
        for where in (cited.code, cited.tests)
        for rule_id, paths in sorted(where.items())
        if rule_id not in known
    ]
    for rule in rules:
        if rule.state is not State.AHEAD:
            missing = [what for what, where in (("code", cited.code), ("test", cited.tests)) if rule.id not in where]
            found += [f"{rule.id} is said to be {rule.state} but no {what} cites it" for what in missing]
        if (rule.state is State.BEGUN) != bool(rule.ahead):
            found.append(f"{rule.id} is {rule.state}: `ahead` belongs to rules that are begun, and to all of them")
    return found


def page(chapters: Sequence[Chapter], cited: Citations) -> str:
    """The page in Markdown."""
    return "\n".join([_HEAD, _summary(chapters), *(_chapter(each, cited) for each in chapters)])


def policy_basis(
    *,
    check: Annotated[bool, typer.Option("--check", help="Only say whether it is out of date; exit 1 if so.")] = False,
) -> None:
    """Write docs/policy-basis.md from its data and from who cites which rule."""
    console = Console()
    chapters, cited = read_rules(), citations()
    found = faults(chapters, cited)
    for fault in found:
        console.print(fault, markup=False, highlight=False)
    made = page(chapters, cited)
    current = (ROOT / PAGE).exists() and (ROOT / PAGE).read_text(encoding="utf-8") == made
    if not current and check:
        console.print(f"out of date: {PAGE}; run: python -m infra policy-basis", highlight=False)
    elif not current:
        (ROOT / PAGE).write_text(made, encoding="utf-8")
        console.print(f"written: {PAGE}", highlight=False)
    if found or (check and not current):
        raise typer.Exit(1)


_HEAD = """# Policy basis (政策依据)

Each rule that the regulations ask for, how far it is built, the code that meets it and the tests that cite it.
Written by `python -m infra policy-basis` from [policy-basis.yaml](policy-basis.yaml) and the sources; do not edit it.
A test fails when this page is stale, when a rule is cited that it does not know, or when a rule is said to be met or
begun and no code or no test cites it.

**met**: built and tested. **begun**: a first slice works; what is not there yet stands after it. **ahead**: not yet.

Sources: **Y** Yiyang 2023 draft, **X** Xi'an 2021 No. 152, **W** Wuhai 2018, **L** Yanliang 2019; else as named.
"""


def _summary(chapters: Sequence[Chapter]) -> str:
    rows = ["| | met | begun | ahead |", "|---|---|---|---|"]
    for chapter in chapters:
        counts = (sum(rule.state is state for rule in chapter.rules) for state in State)
        rows.append(f"| {chapter.title} | {' | '.join(map(str, counts))} |")
    return "\n".join([*rows, ""])


def _chapter(chapter: Chapter, cited: Citations) -> str:
    rows = ["| rule | what it says | state | code | tests |", "|---|---|---|---|---|"]
    for rule in chapter.rules:
        words = f"{rule.zh}<br>{rule.en} ({rule.source})"
        state = _SHOWN[rule.state] + (f"<br>not yet: {rule.ahead}" if rule.ahead else "")
        code, tests = (_links(where.get(rule.id, ())) for where in (cited.code, cited.tests))
        rows.append(f"| {rule.id} | {words} | {state} | {code} | {tests} |")
    return "\n".join([f"## {chapter.title}", "", *rows, ""])


def _links(paths: Sequence[Path]) -> str:
    return "<br>".join(f"[{path.as_posix()}](../{path.as_posix()})" for path in paths)


def _cited(paths: Iterator[Path], root: Path) -> Mapping[str, Sequence[Path]]:
    found: dict[str, list[Path]] = defaultdict(list)
    for path in paths:
        if path.suffix in _SUFFIXES:
            for rule_id in sorted(set(_CITED.findall(path.read_text(encoding="utf-8")))):
                found[rule_id].append(path.relative_to(root))
    return found
