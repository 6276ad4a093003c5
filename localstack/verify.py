"""`shenguan verify`: judge an evidence file offline, with nothing but the log's public key (R-AUD-5).

Exit codes: 0 everything is proven, 1 something is refuted, 2 there was nothing to judge (no such file, no evidence
file, no key).
"""

from collections.abc import Iterator
from enum import IntEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from shared.contracts.catalogue import EVENT_TYPES
from shared.contracts.evidence import EvidenceError, Fact, Reason, Refuted, read_evidence, verify_evidence
from shared.kernel.clock import BEIJING, to_text
from shared.kernel.notes import NoteError, VerifierKey, parse_vkey

console = Console()


class Outcome(IntEnum):
    """The exit codes."""

    PROVEN = 0
    REFUTED = 1
    UNUSABLE = 2


_REASONS: dict[Reason, tuple[str, str]] = {
    Reason.PROOF_MALFORMED: ("证明本身残缺", "The proof itself is damaged."),
    Reason.CHECKPOINT_UNSIGNED: (
        "检查点不是由该密钥签署",
        "The checkpoint is not signed by this key: it was changed, or it is another log's.",
    ),
    Reason.NOT_IN_LOG: (
        "日志中没有这样的事件",
        "The log holds no such event: the envelope or its place was changed.",
    ),
    Reason.DISCLOSURE_CHANGED: (
        "披露内容与承诺不符",
        "The disclosed content is not what was committed to when it happened.",
    ),
    Reason.CHAIN_BROKEN: ("办件链条断裂", "The events do not follow one another in the case's hash chain."),
}


def verify(
    file: Annotated[Path, typer.Argument(help="The evidence file (shenguan-evidence/1).")],
    key: Annotated[
        str,
        typer.Option(
            "--key", help="The log's public key (name+id+base64). Take it from where the log's owner publishes it."
        ),
    ],
) -> None:
    """Judge an evidence file offline (验证证据). Exit code 0: proven, 1: refuted, 2: nothing to judge."""
    try:
        given = parse_vkey(key.strip())
        facts = verify_evidence(read_evidence(file.read_bytes()), given)
    except Refuted as refuted:
        _refute(refuted)
        raise typer.Exit(Outcome.REFUTED) from None
    except NoteError as error:
        _unusable("The key cannot be used", error, "Copy the whole line, as /audit/v1/key shows it.")
        raise typer.Exit(Outcome.UNUSABLE) from None
    except (OSError, EvidenceError) as error:
        _unusable(f"{file} cannot be judged", error, "Check the path, or ask for the file again.")
        raise typer.Exit(Outcome.UNUSABLE) from None
    _tell(facts, given)


def _tell(facts: tuple[Fact, ...], key: VerifierKey) -> None:
    for fact in sorted(facts, key=lambda each: (each.time, each.envelope.sequence)):
        console.print(Panel(_story(fact), title=Text(_title(fact)), title_align="left", border_style="green"))
    events = "event is" if len(facts) == 1 else "events are"
    console.print(Text(f"✔ {len(facts)} {events} proven by the log {key.name}", style="bold green"))
    console.print(Text(f"  judged offline, with key id {key.key_id.hex()} and nothing else"))


def _title(fact: Fact) -> str:
    body = EVENT_TYPES.get(fact.envelope.type)
    words = (body.__doc__ or "").strip().split("\n")[0] if body else ""
    return words.partition(" (`")[0].rstrip(".") or fact.envelope.type


def _story(fact: Fact) -> Table:
    envelope, signed = fact.envelope, fact.checkpoint
    beijing = envelope.time.astimezone(BEIJING)
    rows = Table.grid(padding=(0, 2))
    rows.add_column(style="bold")
    rows.add_column(overflow="fold")
    told: list[tuple[str, str]] = [
        (
            "何时 when",
            f"{beijing:%Y-%m-%d %H:%M:%S.}{beijing.microsecond // 1000:03d} 北京时间 · {to_text(envelope.time)}",
        ),
        ("何部门 department", envelope.department or "—"),
        *_disclosed(fact),
        ("何事 event", f"{envelope.type} · {envelope.id}"),
        ("何案 case", f"{envelope.subject} · {envelope.source} · no. {envelope.sequence} in its chain"),
        ("证明 proof", f"leaf {fact.index} of {signed.size}, root {signed.root.hex()[:16]}…"),
    ]
    for name, text in told:
        rows.add_row(name, Text(text))
    return rows


def _disclosed(fact: Fact) -> list[tuple[str, str]]:
    if fact.payload is None:
        return [("内容 content", "未披露 not disclosed; the log holds its commitment only")]
    told = "\n".join(f"{path}: {value}" for path, value in _flat(fact.payload.body))
    return [("何人 who", fact.payload.actor.client_id), ("内容 content", told or "—")]


def _flat(value: object, path: str = "") -> Iterator[tuple[str, object]]:
    """Every value of a JSON document that says something, by its dotted path."""
    if isinstance(value, dict):
        for name, below in value.items():
            yield from _flat(below, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for number, below in enumerate(value, start=1):
            yield from _flat(below, f"{path}[{number}]")
    elif value is not None:
        yield path, value


def _refute(refuted: Refuted) -> None:
    zh, en = _REASONS[refuted.reason]
    text = Text.assemble((f"✘ {zh}。{en}\n", "bold red"), f"{refuted.event_id}: {refuted.detail}")
    console.print(Panel(text, title=refuted.reason.value, title_align="left", border_style="red"))


def _unusable(what: str, error: Exception, advice: str) -> None:
    console.print(Text(f"{what}: {error}", style="bold yellow"))
    console.print(Text(advice))
