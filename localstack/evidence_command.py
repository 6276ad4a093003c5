"""`shenguan evidence`: fetch the evidence of a case, an event or receipts, and join what the asker may see (R-AUD-5).

The audit service proves and knows no payload; of a case's own events the handover service discloses nonce and payload
to those entitled. Both are joined here and judged before they are written, so that `shenguan verify` tells what may be
told. What other services recorded is proven without its content: they disclose none.

Exit codes: 0 written; 1 refused, or what was answered does not hold; 2 neither an id nor receipts, no stack.
"""

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from shlex import quote
from typing import Annotated, Any

import httpx
import typer
from rich.console import Console
from rich.text import Text

from localstack.caller import desk_at
from localstack.demo.desk import DemoStoppedError, Desk, answered
from localstack.runner import StackDownError
from localstack.verdict import plain
from localstack.verify_receipts import is_receipts, receipts_in
from shared.contracts.event import CASE, Envelope
from shared.contracts.evidence import (
    Disclosure,
    EvidenceEntry,
    EvidenceError,
    EvidenceFile,
    read_evidence,
    verify_evidence,
)
from shared.contracts.receipts import ReceiptError
from shared.kernel.ids import is_id
from shared.kernel.notes import NoteError, parse_vkey

console = Console()

PAUSE_SECONDS = 2.0
DEFAULT_WAIT = 120
_LEFT_OUT = "X-Left-Out"
_NOT_SHOWN = "of cases; it is not yours to see, or was erased. 办件事件:无权查看,或已依法删除。"
_NOT_DISCLOSED = (
    "of other records; no service discloses their content for evidence. It is proven that each happened, when, and by "
    "which department. 其他记录的事件:目前没有服务为取证披露其内容,仅证明其发生、时间与部门。"
)


class Outcome(IntEnum):
    """The exit codes."""

    WRITTEN = 0
    REFUSED = 1
    UNUSABLE = 2


class UnusableError(ValueError):
    """What was asked for is neither an id nor receipts. The text says what to give."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """An evidence file as the audit service answered it, and how many events it left out."""

    file: EvidenceFile
    left_out: int


Ask = Callable[[], httpx.Response]


def evidence(
    what: Annotated[list[str], typer.Argument(help="A case (case_…), an event (evt_…), or files of receipts.")],
    *,
    out: Annotated[Path, typer.Option(help="Where to write the evidence file.")] = Path("evidence.json"),
    wait: Annotated[int, typer.Option(help="Seconds to wait for events that are not sealed yet.")] = DEFAULT_WAIT,
    url: Annotated[str | None, typer.Option(help="A deployment's base URL; the local stack if none.")] = None,
    token: Annotated[
        str | None,
        typer.Option(envvar="SHENGUAN_TOKEN", help="A token there; on the local stack the demo's oversight if none."),
    ] = None,
) -> None:
    """Fetch an evidence file (取证) with everything you may see of it, to be judged by `shenguan verify`."""
    if url is not None and token is None:
        _complain(f"A token for {url} is missing. Give one by --token or SHENGUAN_TOKEN.")
        raise typer.Exit(Outcome.UNUSABLE)
    try:
        with desk_at(url, token, "oversight") as desk:
            _fetch(desk, what, out, wait)
    except (DemoStoppedError, httpx.HTTPError) as error:
        _complain(str(error))
        raise typer.Exit(Outcome.REFUSED) from None
    except (EvidenceError, NoteError) as error:
        _complain(f"What was answered does not hold, and nothing was written: {error}")
        raise typer.Exit(Outcome.REFUSED) from None
    except (UnusableError, ReceiptError, OSError) as error:
        _complain(str(error))
        raise typer.Exit(Outcome.UNUSABLE) from None
    except StackDownError as error:
        _complain(f"{error}\nOr name another deployment with --url and --token.")
        raise typer.Exit(Outcome.UNUSABLE) from None


def _fetch(desk: Desk, what: Sequence[str], out: Path, wait: int) -> None:
    disclosed = _Disclosures(desk)
    with console.status("fetching 取证 ..."):
        fetched, missing = _awaited(_asking(desk, what), what, disclosed, wait)
    text = _joined(fetched.file, disclosed).model_dump_json(indent=1)
    key = desk.http.get(f"{desk.base_url}/audit/v1/key").raise_for_status().text.strip()
    facts = verify_evidence(read_evidence(text), parse_vkey(key))
    out.write_text(text, encoding="utf-8")
    hidden = [fact.envelope for fact in facts if fact.payload is None]
    console.print(Text(f"✔ {len(facts)} events 个事件 → {out}", style="bold green"))
    if hidden:
        console.print(f"  {len(hidden)} of them without content 其中无内容披露:")
        own = sum(map(_is_of_a_case, hidden))
        for count, why in ((own, _NOT_SHOWN), (len(hidden) - own, _NOT_DISCLOSED)):
            if count:
                console.print(f"    {count}: {why}")
    if fetched.left_out:
        console.print(f"  {fetched.left_out} events of other departments are not in it. 其他部门的事件未列入。")
    if missing:
        console.print(
            f"  [yellow]{missing} events of the case are not sealed yet; ask again later. 尚有事件未入账。[/]"
        )
    console.print("Compare this key with the one that the log's owner publishes elsewhere, then judge offline:")
    console.print(Text(plain(f"$ shenguan verify {quote(str(out))} --key {quote(key)}")), soft_wrap=True)


def _awaited(ask: Ask, what: Sequence[str], disclosed: "_Disclosures", wait: int) -> tuple[Fetched, int]:
    """The answer once everything is sealed, or after `wait` seconds; and how many events it still misses."""
    ends = time.monotonic() + wait
    while True:
        last = time.monotonic() >= ends
        fetched = _answer(ask, last=last)
        missing = _missing(what, fetched, disclosed) if fetched else 0
        if fetched and (last or not missing):
            return fetched, missing
        time.sleep(PAUSE_SECONDS)


def _asking(desk: Desk, what: Sequence[str]) -> Ask:
    """The request for what is wanted. Raises UnusableError."""
    if len(what) == 1 and is_id(what[0], "case"):
        return lambda: _get(desk, f"/audit/v1/cases/{what[0]}/evidence")
    if len(what) == 1 and is_id(what[0], "evt"):
        return lambda: _get(desk, f"/audit/v1/events/{what[0]}/evidence")
    texts = [_text(each) for each in what]
    receipts = [json.loads(receipt.model_dump_json()) for text in texts for receipt in receipts_in(text)]
    return lambda: desk.send("/audit/v1/receipts/evidence", {"receipts": receipts})


def _text(name: str) -> bytes:
    path = Path(name)
    text = path.read_bytes() if path.is_file() else b""
    if not is_receipts(text):
        raise UnusableError(f"{name} is no case (case_…), no event (evt_…) and no file of receipts. Check it.")
    return text


def _answer(ask: Ask, *, last: bool) -> Fetched | None:
    """What is answered; None while it is not sealed and there is still time."""
    response = ask()
    waits = response.status_code in {httpx.codes.NOT_FOUND, httpx.codes.SERVICE_UNAVAILABLE}
    if waits and not last:
        return None
    answered(response)
    return Fetched(read_evidence(response.content), int(response.headers.get(_LEFT_OUT, "0")))


def _missing(what: Sequence[str], fetched: Fetched, disclosed: "_Disclosures") -> int:
    """How many events of a case its own service knows that are not in the file yet."""
    if not is_id(what[0], "case"):
        return 0
    held = {entry.envelope.id for entry in fetched.file.entries}
    return len(disclosed.of_case(what[0], anew=True).keys() - held)


class _Disclosures:
    """Nonces and payloads as the service that owns a case discloses them to this desk: by event, None where erased."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._cases: dict[str, Mapping[str, Disclosure | None]] = {}

    def of_case(self, case_id: str, *, anew: bool = False) -> Mapping[str, Disclosure | None]:
        """What may be seen of a case's own chain; nothing for who may see nothing of it."""
        if anew or case_id not in self._cases:
            self._cases[case_id] = dict(self._read(case_id))
        return self._cases[case_id]

    def _read(self, case_id: str) -> Iterator[tuple[str, Disclosure | None]]:
        response = _get(self._desk, f"/handover/v1/cases/{case_id}/timeline")
        if response.status_code in {httpx.codes.FORBIDDEN, httpx.codes.NOT_FOUND}:
            return
        entries: Iterable[dict[str, Any]] = answered(response)["entries"]
        for entry in entries:
            there = entry.get("nonce") and entry.get("payload")
            given = Disclosure(nonce=entry["nonce"], payload=entry["payload"]) if there else None
            yield entry["envelope"]["id"], given


def _joined(file: EvidenceFile, disclosed: _Disclosures) -> EvidenceFile:
    def with_disclosure(entry: EvidenceEntry) -> EvidenceEntry:
        subject = entry.envelope.subject
        given = disclosed.of_case(subject).get(entry.envelope.id) if _is_of_a_case(entry.envelope) else None
        return entry.model_copy(update={"disclosure": given})

    return file.model_copy(update={"entries": tuple(map(with_disclosure, file.entries))})


def _is_of_a_case(envelope: Envelope) -> bool:
    return envelope.subject.startswith(CASE)


def _get(desk: Desk, path: str) -> httpx.Response:
    headers = {"Authorization": f"Bearer {desk.token}", "Accept": "application/json"}
    return desk.http.get(f"{desk.base_url}{path}", headers=headers)


def _complain(text: str) -> None:
    # Every line but the first is set in: what a server answers cannot look like a line of ours.
    lines = "\n  ".join(map(plain, text.split("\n")))
    console.print(Text(f"✘ {lines}", style="bold red"), soft_wrap=True)
