"""`shenguan verify`: judge evidence, receipts or a whole log, with nothing but public keys (R-AUD-4, R-AUD-5, R-HND-8).

Exit codes: 0 everything is proven, 1 something is refuted, 2 it cannot be judged (no such file, neither evidence nor
receipt nor log, no key; whatever a damaged or hostile file brings about before it is judged).
"""

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Annotated

import typer

from localstack.bounded import content
from localstack.log_source import LogUnreadableError, log_at
from localstack.log_verdict import NoLogError
from localstack.verdict import Outcome, Unusable, flat, holds, noted, plain, proven, refuted, unusable, when
from localstack.verify_log import judge_log
from localstack.verify_receipts import RootUnusableError, is_receipts, judge_receipts, root_of
from localstack.verify_witnesses import PanelUnusableError, cosigned_by, panel_of, witnessed
from shared.contracts.catalogue import EVENT_TYPES
from shared.contracts.evidence import (
    EvidenceError,
    Fact,
    Reason,
    Refuted,
    left_out,
    read_evidence,
    verify_evidence,
)
from shared.contracts.receipts import ReceiptError
from shared.kernel.cosignatures import Panel
from shared.kernel.notes import NoteError, VerifierKey, parse_vkey

_REASONS: dict[Reason, tuple[str, str]] = {
    Reason.PROOF_MALFORMED: ("证明本身残缺", "The proof itself is damaged."),
    Reason.CHECKPOINT_UNSIGNED: (
        "检查点不是由该密钥签署",
        "The checkpoint is not signed by this key: it was changed, or it is another log's.",
    ),
    Reason.NOT_WITNESSED: (
        "检查点没有足够的见证签名",
        "Too few of the witnesses cosigned the checkpoint, or a cosignature was changed.",
    ),
    Reason.NOT_IN_LOG: (
        "日志中没有这样的事件",
        "The log holds no such event: the envelope or its place was changed.",
    ),
    Reason.DISCLOSURE_CHANGED: (
        "披露内容与承诺不符",
        "The disclosed content is not what was committed to when it happened.",
    ),
    Reason.CHAIN_BROKEN: (
        "办件链条断裂或分叉",
        "The events do not follow one another in the case's hash chain, or two have one number.",
    ),
}


_MOST_LINES = 2_000
"""Lines of content shown of one event, and events left out that are named."""

_NO_LOG = Unusable(
    "日志无法验证",
    "The log cannot be judged",
    "请给出含有 `checkpoint` 与 `tile/…` 的文件夹、压缩包或网址。",
    "Give a folder, a zip or an address that holds `checkpoint` and `tile/…`.",
)
_NO_FILE = Unusable(
    "文件无法验证",
    "The file cannot be judged",
    "请检查路径,或重新索取文件。",
    "Check the path, or ask for the file again.",
)
_UNUSABLE: dict[type[Exception], Unusable] = {
    RootUnusableError: Unusable(
        "回执根密钥无法使用",
        "The root key of receipts cannot be used",
        "请复制整行,或给出其网址。",
        "Copy the whole line, or give the address.",
    ),
    PanelUnusableError: Unusable(
        "见证人无法使用",
        "The witnesses cannot be used",
        "请按见证人 GET /key 所示复制整行。",
        "Copy each whole line, as the witness's GET /key shows it.",
    ),
    NoteError: Unusable(
        "密钥无法使用",
        "The key cannot be used",
        "请按 /audit/v1/key 所示复制整行。",
        "Copy the whole line, as /audit/v1/key shows it.",
    ),
    NoLogError: _NO_LOG,
    LogUnreadableError: _NO_LOG,
    OSError: _NO_FILE,
    EvidenceError: _NO_FILE,
    ReceiptError: _NO_FILE,
    # Whatever else a hostile file brings about: it says nothing of what the file is to prove.
    Exception: _NO_FILE,
}
"""Why there is nothing to judge, and what to do; the first that fits."""


def verify(
    targets: Annotated[
        list[str],
        typer.Argument(
            help="An evidence file (shenguan-evidence/1); receipts (shenguan-receipt/1); or a log: its folder, the zip "
            "of an exported part, its address (…/audit/v1).",
            metavar="FILE|LOG",
        ),
    ],
    *,
    key: Annotated[
        str,
        typer.Option(
            help="The log's public key (name+id+base64). Take it from where the log's owner publishes it.",
        ),
    ] = "",
    receipt_key: Annotated[
        str,
        typer.Option(help="The root key of receipts, or the address that publishes it (…/v1/public/receipt-key)."),
    ] = "",
    revocations: Annotated[
        Path | None, typer.Option(help="The revocation list (shenguan-revocations/1); else the address's own.")
    ] = None,
    witness: Annotated[
        list[str] | None,
        typer.Option(
            help="The public key of a witness whose cosignature counts, as it publishes it; repeatable (evidence)."
        ),
    ] = None,
    quorum: Annotated[
        int | None, typer.Option(help="How many of them must have cosigned; one unless given (evidence).")
    ] = None,
    evidence: Annotated[
        Path | None, typer.Option(help="An evidence file that is to prove the receipts' events, by --key.")
    ] = None,
    earlier: Annotated[
        list[Path] | None,
        typer.Option(help="A signed checkpoint kept from before, which the log must continue; repeatable (log)."),
    ] = None,
) -> None:
    """Judge evidence, receipts or a log (验证证据、回执、日志). Exit code 0: proven, 1: refuted, 2: neither."""
    try:
        panel = panel_of(witness or (), quorum)
        if log_at(targets[0]) is not None:
            outcome = _judge_logs(targets, key, earlier or (), panel)
        elif any(map(is_receipts, texts := [content(Path(target)) for target in targets])):
            logged = _evidence(content(evidence), key, panel) if evidence else ()
            outcome = judge_receipts(texts, root_of(receipt_key, revocations), logged)
        else:
            outcome = _judge_evidence(texts, key, panel)
    except Refuted as found:
        refuted(found.reason, _REASONS[found.reason], f"{found.event_id}: {found.detail}")
        outcome = Outcome.REFUTED
    except Exception as error:  # noqa: BLE001 - refuted is only what was judged, so nothing may end in a trace
        unusable(next(said for kind, said in _UNUSABLE.items() if isinstance(error, kind)), targets, error)
        outcome = Outcome.UNUSABLE
    raise typer.Exit(outcome)


def _judge_logs(targets: Sequence[str], key: str, earlier: Sequence[Path], panel: Panel) -> Outcome:
    given = parse_vkey(key.strip())
    outcomes = []
    for target in targets:
        source = log_at(target)
        if source is None:
            raise NoLogError(f"{target} is neither folder, zip nor address")
        outcomes.append(judge_log(source, given, earlier, panel, name=target))
    return max(outcomes)


def _judge_evidence(texts: Sequence[bytes], key: str, panel: Panel) -> Outcome:
    facts = [fact for text in texts for fact in _evidence(text, key, panel)]
    for fact in sorted(facts, key=lambda each: (each.time, each.envelope.sequence)):
        proven(_title(fact), _story(fact))
    given = parse_vkey(key.strip())
    events = "event is" if len(facts) == 1 else "events are"
    holds(f"{len(facts)} {events} proven by the log {given.name}")
    for line in (*_left_out(facts), *cosigned_by(facts, panel)):
        noted(line)
    noted(f"judged offline, with key id {given.key_id.hex()} and nothing else")
    return Outcome.PROVEN


def _evidence(text: bytes, key: str, panel: Panel) -> tuple[Fact, ...]:
    given: VerifierKey = parse_vkey(key.strip())
    return verify_evidence(read_evidence(text), given, panel=panel)


def _left_out(facts: Sequence[Fact]) -> Iterator[str]:
    gaps = left_out(facts)
    for source, subject, first, last in gaps[:_MOST_LINES]:
        numbers = f"no. {first}" if first == last else f"no. {first}–{last}"
        verb = "is" if first == last else "are"
        yield f"{numbers} of {subject} · {source} {verb} not in this file 未列入"
    if len(gaps) > _MOST_LINES:
        yield f"… and {len(gaps) - _MOST_LINES} more gaps 其余缺号从略"


def _title(fact: Fact) -> str:
    body = EVENT_TYPES.get(fact.envelope.type)
    words = (body.__doc__ or "").strip().split("\n")[0] if body else ""
    return words.partition(" (`")[0].rstrip(".") or fact.envelope.type


def _story(fact: Fact) -> list[tuple[str, str | Sequence[str]]]:
    envelope, signed = fact.envelope, fact.checkpoint
    return [
        ("何时 when", when(envelope.time)),
        ("何部门 department", envelope.department or "—"),
        *_disclosed(fact),
        ("何事 event", f"{envelope.type} · {envelope.id}"),
        ("何案 case", f"{envelope.subject} · {envelope.source} · no. {envelope.sequence} in its chain"),
        ("证明 proof", f"leaf {fact.index} of {signed.size}, root {signed.root.hex()[:16]}…"),
        *witnessed(fact),
    ]


def _disclosed(fact: Fact) -> list[tuple[str, str | Sequence[str]]]:
    if fact.payload is None:
        return [("内容 content", "未披露 not disclosed; the log holds its commitment only")]
    told = [f"{plain(path)}: {value}" for path, value in islice(flat(fact.payload.body), _MOST_LINES + 1)]
    more = ["…"] if len(told) > _MOST_LINES else []
    return [("何人 who", fact.payload.actor.client_id), ("内容 content", [*told[:_MOST_LINES], *more] or "—")]
