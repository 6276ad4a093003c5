"""The witness itself: judges a request, remembers, cosigns (C2SP tlog-witness). HTTP is not known here."""

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from localstack.witness.folder import WitnessError, WitnessFolder, tree_of
from shared.kernel.clock import Clock, to_text
from shared.kernel.cosignatures import cosign, with_cosignatures
from shared.kernel.notes import Note, NoteError, VerifierKey, parse_vkey
from shared.kernel.witnessing import Accepted, Declined, Logs, Tree, judge

TEXT: Final = "text/plain; charset=utf-8"
_CONTRADICTIONS: Final = {HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY}

Report = Callable[[str], None]
"""Tells the operator one line."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What is answered over HTTP."""

    status: HTTPStatus
    body: str
    media_type: str = TEXT


class Watch:
    """A witness of some logs. One request is judged at a time, and nothing is answered before it is on disk."""

    def __init__(self, folder: WitnessFolder, logs: Logs, clock: Clock, report: Report) -> None:
        """Raise WitnessError when what is remembered of one of the logs is damaged, or a log has the witness's key."""
        own = folder.cosigner.key.public_key
        if any(key.public_key == own for keys in logs.values() for key in keys):
            raise WitnessError("A log cannot have its witness's key: its own word would count as a cosignature.")
        self._folder = folder
        self._logs = logs
        self._clock = clock
        self._report = report
        self._lock = threading.Lock()
        self._last = {origin: folder.last(origin) for origin in logs}

    @property
    def vkey(self) -> str:
        """The witness's public key, as one line."""
        return self._folder.cosigner.key.vkey

    def known(self, origin: str) -> Tree:
        """The tree of a log that was cosigned last."""
        return tree_of(self._last.get(origin))

    def last(self, origin: str) -> Answer:
        """The checkpoint of a log cosigned last, so that anybody can compare it with the one he was shown."""
        note = self._last.get(origin)
        if note is None:
            return Answer(HTTPStatus.NOT_FOUND, "nothing of this log was cosigned here\n")
        return Answer(HTTPStatus.OK, note.encode())

    def add_checkpoint(self, body: bytes) -> Answer:
        """The answer to an add-checkpoint request."""
        with self._lock:
            verdict = judge(body, self._logs, self.known)
            if isinstance(verdict, Declined):
                return self._decline(verdict, body)
            try:
                return self._cosign(verdict)
            except OSError as error:
                self._tell(HTTPStatus.INTERNAL_SERVER_ERROR, verdict.checkpoint.origin, f"not cosigned: {error}")
                return Answer(HTTPStatus.INTERNAL_SERVER_ERROR, "the checkpoint could not be remembered\n")

    def _cosign(self, accepted: Accepted) -> Answer:
        origin, size = accepted.checkpoint.origin, accepted.checkpoint.size
        before = self.known(origin).size
        cosignature = cosign(accepted.note.text, self._folder.cosigner, self._clock())
        note = with_cosignatures(self._signed_by_log(accepted), [cosignature])
        self._folder.keep(origin, note)
        self._last[origin] = note
        self._tell(HTTPStatus.OK, origin, f"{before:,} → {size:,} cosigned")
        return Answer(HTTPStatus.OK, cosignature.signature.line)

    def _signed_by_log(self, accepted: Accepted) -> Note:
        """The checkpoint without the signatures of strangers, which could be any number."""
        known = {(key.name, key.key_id) for key in self._logs[accepted.checkpoint.origin]}
        return Note(
            accepted.note.text,
            tuple(line for line in accepted.note.signatures if (line.name, line.key_id) in known),
        )

    def _decline(self, verdict: Declined, body: bytes) -> Answer:
        if verdict.status in _CONTRADICTIONS and verdict.known_size is None:
            kept = self._kept(body)
            self._tell(verdict.status, verdict.origin, f"CONTRADICTS what was cosigned, {kept}: {verdict.reason}")
        else:
            told = "" if verdict.known_size is None else f" ({verdict.known_size:,})"
            self._tell(verdict.status, verdict.origin, f"{verdict.reason}{told}")
        return Answer(verdict.status, verdict.body, verdict.media_type)

    def _kept(self, body: bytes) -> str:
        try:
            self._folder.dispute(body)
        except OSError as error:
            return f"could not be kept ({error})"
        return "request kept"

    def _tell(self, status: HTTPStatus, origin: str | None, what: str) -> None:
        self._report(f"{to_text(self._clock())}  {status.value}  {origin or '—'}  {what}")


def logs_of(vkeys: Iterable[str]) -> Logs:
    """The logs to watch, by origin: the name of a log's key; a log that changes its key has two.

    Raises WitnessError for what is no log's key.
    """
    logs: dict[str, tuple[VerifierKey, ...]] = {}
    for vkey in vkeys:
        try:
            key = parse_vkey(vkey.strip())
        except NoteError as error:
            raise WitnessError(f"“{vkey}” is no log's key: {error}. Copy the whole line its owner publishes.") from None
        logs[key.name] = (*logs.get(key.name, ()), key)
    return logs
