"""The evidence of a whole case, and of receipts (R-AUD-5, R-HND-8)."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from services.audit.domain.case_evidence import MOST_EVENTS, shown
from services.audit.domain.chains import Chain
from services.audit.domain.log import LogDamagedError
from services.audit.domain.postings import Dimension, Found, PostingList, case_of, falling
from services.audit.logic.ahead import around, read_ahead
from services.audit.logic.dockets import DocketedEntry, bundle_of, docketed
from services.audit.logic.indexing import indexed
from services.audit.logic.proving import evidence
from services.audit.logic.reading import entries, published
from services.audit.ports.chains import Chains
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
    log: Log, positions: Positions, postings: Postings, chains: Chains, principal: Principal, case_id: str
) -> CaseEvidence:
    """Every event of a case, whichever service told of it, in the log's order.

    The index knows those of all but the log's end, which is looked through. Of the case's own chain it must be all that
    the verifier has read.

    Raises Refused: "not_sealed" for a case the log does not know, "not_your_department" where none of its events may be
    shown, "evidence_too_long"; Unavailable while the index is far behind the log; LogDamagedError rather than leave out
    what was damaged or is in no list any more.
    """
    # Read before the log is: it may hold more by then, and never less.
    known_of_it = chains.about(case_id)
    done, size = indexed(positions), published(log).size
    if size - done > MOST_BEHIND:
        raise Unavailable
    indices = sorted(falling(postings.blocks(PostingList(Dimension.CASE, case_id)), done))
    log = read_ahead(log, (file for index in indices for file in around(index, size)))
    bundles = {number: bundle_of(log, number, size) for number in {index // TILE_WIDTH for index in indices}}
    known = ((index, bundles[index // TILE_WIDTH][index % TILE_WIDTH]) for index in indices)
    events = [*_of(case_id, docketed(log, known)), *_of(case_id, docketed(log, entries(log, done, size, size)))]
    _check_whole(case_id, known_of_it, events)
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


def _check_whole(case_id: str, chains: Iterable[Chain], events: Iterable[Found]) -> None:
    """Raises LogDamagedError where the log holds more of the case's own chains than was found of them."""
    own = [each.envelope for each in events if each.envelope.subject == case_id]
    for chain in chains:
        found = {each.sequence for each in own if each.source == chain.source and chain.holds(each.sequence)}
        if len(found) < chain.length:
            raise LogDamagedError(f"{case_id}: {chain.length - len(found)} of its events are in no list")


def _of(case_id: str, read: Iterable[DocketedEntry]) -> Iterator[Found]:
    """Those of some entries that are the case's."""
    for entry in read:
        if entry.envelope is None or not entry.intact:
            raise LogDamagedError(f"entry {entry.index} is not what was sealed there; it may be the case's")
        if case_of(entry.envelope, entry.docket) == case_id:
            yield Found(entry.index, entry.envelope, entry.docket)
