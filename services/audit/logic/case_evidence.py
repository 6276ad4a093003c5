"""The evidence of a whole case, and of receipts (R-AUD-5, R-HND-8)."""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from services.audit.domain.case_evidence import MOST_EVENTS, shown
from services.audit.domain.log import LogDamagedError
from services.audit.domain.postings import Dimension, Found, PostingList, case_of, falling
from services.audit.logic.dockets import bundle_of, docketed
from services.audit.logic.indexing import indexed
from services.audit.logic.proving import evidence
from services.audit.logic.reading import entries, published
from services.audit.ports.log import Log
from services.audit.ports.positions import Positions
from services.audit.ports.postings import Postings
from shared.contracts.event import Envelope
from shared.contracts.evidence import EvidenceFile
from shared.contracts.receipts import ReceiptBody, SignedReceipt
from shared.kernel.errors import Fault, Refused, Unavailable
from shared.kernel.permissions import Principal
from shared.kernel.tiles import TILE_WIDTH

MOST_BEHIND: Final = 10_000
"""How many entries that are not indexed yet are looked through for a case's."""

_DIFFERS = (
    "日志中的事件 {event} 与该回执不符(办件、序号、哈希或时间)",
    "The log's event {event} is of another case, place, hash or time than the receipt says",
)


class CaseEvidence(NamedTuple):
    """A case's evidence file, and how many of its events are not shown to who asked."""

    file: EvidenceFile
    left_out: int


def case_evidence(
    log: Log, positions: Positions, postings: Postings, principal: Principal, case_id: str
) -> CaseEvidence:
    """Every event of a case, whichever service told of it, in the log's order.

    Raises Refused: "not_sealed" for a case the log does not know, "not_your_department" where none of its events may be
    shown, "evidence_too_long"; Unavailable while the index is far behind the log; LogDamagedError rather than leave out
    what was damaged.
    """
    events = sorted(_events(log, positions, postings, case_id), key=lambda each: each.index)
    if not events:
        raise Refused("not_sealed", id=case_id)
    given = shown(case_id, events, principal)
    if not given:
        raise Refused("not_your_department")
    if len(given) > MOST_EVENTS:
        raise Refused("evidence_too_long", id=case_id, count=len(given), most=MOST_EVENTS)
    file = evidence(log, [each.envelope.id for each in given])
    return CaseEvidence(file, len(events) - len(given))


def receipts_evidence(log: Log, receipts: Sequence[SignedReceipt]) -> EvidenceFile:
    """The evidence of the events that receipts name, in their order; two halves of one event are one entry.

    Raises Refused: "not_sealed", "receipts_differ" naming each receipt that says otherwise than the log.
    """
    file = evidence(log, list(dict.fromkeys(receipt.body.event_id for receipt in receipts)))
    logged = {entry.envelope.id: entry.envelope for entry in file.entries}
    faults = [
        Fault(f"/receipts/{number}", "differs", *(words.format(event=receipt.body.event_id) for words in _DIFFERS))
        for number, receipt in enumerate(receipts)
        if not _says(receipt.body, logged[receipt.body.event_id])
    ]
    if faults:
        raise Refused("receipts_differ", faults, count=len(faults))
    return file


def _says(receipt: ReceiptBody, logged: Envelope) -> bool:
    said = (receipt.case_id, receipt.event_sequence, receipt.event_hash, receipt.at)
    return said == (logged.subject, logged.sequence, logged.hash(), logged.time)


def _events(log: Log, positions: Positions, postings: Postings, case_id: str) -> Iterator[Found]:
    """The case's events as the index knows them, and those of the log's end, which it does not know yet."""
    done, size = indexed(positions), published(log).size
    if size - done > MOST_BEHIND:
        raise Unavailable
    indices = list(falling(postings.blocks(PostingList(Dimension.CASE, case_id)), done))
    bundles = {number: bundle_of(log, number, size) for number in {index // TILE_WIDTH for index in indices}}
    known = ((index, bundles[index // TILE_WIDTH][index % TILE_WIDTH]) for index in indices)
    for entry in (*docketed(log, known), *docketed(log, entries(log, done, size, size))):
        if entry.envelope is None or not entry.intact:
            raise LogDamagedError(f"entry {entry.index} is not what was sealed there; it may be the case's")
        if case_of(entry.envelope, entry.docket) == case_id:
            yield Found(entry.index, entry.envelope, entry.docket)
