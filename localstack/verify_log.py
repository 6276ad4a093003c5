"""`shenguan verify` on a whole log or an exported range: what is found, told by kind (R-AUD-4, R-AUD-5)."""

import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from localstack.bounded import beginning
from localstack.log_source import LogSource
from localstack.log_verdict import LogVerdict, verify_log
from localstack.verdict import Outcome, console, holds, noted, refuted
from shared.contracts.log_faults import KIND_WORDS, FaultKind, LogFault
from shared.kernel.cosignatures import Panel
from shared.kernel.notes import LARGEST_NOTE, NoteError, VerifierKey, parse_note

_SHOWN = 20
"""Findings shown of each kind; all are counted."""


def judge_log(source: LogSource, key: VerifierKey, earlier: Sequence[Path], panel: Panel, *, name: str) -> Outcome:
    """Verify a log and say what was found. Raises NoLogError, LogUnreadableError."""
    began = time.monotonic()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as shown:
        task = shown.add_task("verifying", total=None)
        found = verify_log(
            source,
            key,
            [beginning(file, LARGEST_NOTE) for file in earlier],
            lambda entries: shown.advance(task, entries),
            lambda entries: shown.update(task, total=entries),
        )
    witnesses = _witnesses(source, panel)
    _tell(found, key, name, time.monotonic() - began)
    for line in witnesses or ():
        noted(line)
    if witnesses is None:
        refuted(
            "not_witnessed", ("检查点没有足够的见证签名", "Too few of the witnesses cosigned the checkpoint."), name
        )
    return Outcome.PROVEN if found.holds and witnesses is not None else Outcome.REFUTED


def _tell(found: LogVerdict, key: VerifierKey, name: str, seconds: float) -> None:
    kinds: dict[FaultKind, list[LogFault]] = defaultdict(list)
    for fault in found.faults:
        kinds[fault.kind].append(fault)
    for kind, faults in kinds.items():
        for fault in faults[:_SHOWN]:
            refuted(f"{kind} · {fault.fault}", (fault.zh.rstrip("。"), fault.en), _named(fault))
        if len(faults) > _SHOWN:
            noted(f"… and {len(faults) - _SHOWN} more of the kind {kind}")
    if found.checkpoint is not None and found.range is not None:
        _tell_what_is_there(found, key, name, seconds)
    if kinds:
        counts = ", ".join(
            f"{KIND_WORDS[kind][0]} {KIND_WORDS[kind][1]}: {len(faults)}" for kind, faults in kinds.items()
        )
        noted(f"findings — {counts}")
    for line in found.notes:
        noted(line)
    noted(f"judged with key id {key.key_id.hex()} and nothing else")


def _tell_what_is_there(found: LogVerdict, key: VerifierKey, name: str, seconds: float) -> None:
    signed, part = found.checkpoint, found.range
    if signed is None or part is None:
        return
    there = part.end - part.start
    what = f"entries {part.start}–{part.end - 1} of {part.size}" if there < part.size else f"all {there} entries"
    if found.holds:
        holds(f"{what} of the log {key.name} are what its checkpoint signed")
    noted(f"{name}: {what}, root {signed.root.hex()[:16]}…, {found.chains} chains, in {seconds:.1f} s")
    if found.earlier:
        noted(
            f"it continues {found.earlier} earlier checkpoints" if found.holds else "earlier checkpoints were compared"
        )


def _named(fault: LogFault) -> str:
    return " · ".join(filter(None, (fault.where, fault.event_id, fault.subject)))


def _witnesses(source: LogSource, panel: Panel) -> list[str] | None:
    """Who of the panel cosigned the checkpoint; None when they are too few."""
    note = source.read("checkpoint")
    try:
        found = panel.counted(parse_note(note or b""))
    except NoteError:
        return None if panel.quorum else []
    return [f"{each.key.name} cosigned the checkpoint" for each in found]
