"""Verifying the whole log from its first entry: by ranges, in parallel, resumable (R-AUD-4, ADR 26).

A verification is split into ranges, each a message on audit's own queue; what comes of each is kept as a row, once. Who
keeps the last one judges them all by the signed root. Lost messages are sent again by the clock, for what is not done.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

from services.audit.domain import SOURCE
from services.audit.domain.chains import Chain, Link
from services.audit.domain.verifications import (
    FullVerification,
    RangeOrder,
    RangeResult,
    StartOrder,
    VerificationState,
    limited,
    new_verification,
    range_result,
    weekly_id,
)
from services.audit.domain.verified import VERIFIER, Read, by_chain, link_fault, read_entries
from services.audit.logic.comparing import Compared, compare
from services.audit.logic.copying import Logged, copied
from services.audit.logic.faults import report
from services.audit.logic.indexing import indexed
from services.audit.logic.list_checks import list_wrongs
from services.audit.logic.log_files import LogFiles
from services.audit.logic.reading import published
from services.audit.logic.taking_entries import Whereabouts, index_wrongs, leaves_of
from services.audit.logic.verifying import Verifying
from services.audit.ports.log import Log
from services.audit.ports.verifications import Verifications, Work
from shared.contracts.chain import ChainHead
from shared.contracts.change import Context, Outdated, Stored, change
from shared.contracts.log_checks import RangeCheck, Row, check_range, joined_node, paths, ranges
from shared.contracts.log_faults import Fault, LogFault
from shared.contracts.log_verdict import judge, read_note, tiled_nodes
from shared.contracts.verifications import LogVerificationFinished, LogVerificationRequested
from shared.kernel.errors import Refused
from shared.kernel.merkle import Node
from shared.kernel.notes import Checkpoint

LOOKED_AFTER = timedelta(minutes=30)
"""After this a verification that is not finished is sent again, as far as it is not done."""

_MOST_NOTES = 1_000


@dataclass(frozen=True, slots=True)
class FullVerifying:
    """What verifications of the whole log work with."""

    verifying: Verifying
    verifications: Verifications
    work: Work


def request(full: FullVerifying, context: Context, reason: str | None = None) -> FullVerification:
    """Have the whole log verified, as it is published now, for a reason that its record shows.

    Raises Refused("not_found") for an empty log.
    """
    signed = published(full.verifying.log)
    if not signed.size:
        raise Refused("not_found", id="checkpoint")
    asked = new_verification(context.principal.client_id, context.now, signed)
    wanted = asked.model_copy(update={"reason": reason})
    _begin(full, wanted, context)
    return wanted


def request_weekly(full: FullVerifying, context: Context) -> bool:
    """Have it verified once a week, whoever runs first in that week; whether that was now."""
    identifier = weekly_id(context.now.date())
    signed = published(full.verifying.log)
    if not signed.size or full.verifications.verification(identifier) is not None:
        return False
    wanted = new_verification(context.principal.client_id, context.now, signed, identifier)
    try:
        _begin(full, wanted, context)
    except Outdated:
        return False
    return True


def show(verifications: Verifications, verification_id: str) -> FullVerification:
    """A verification and how far it is. Raises Refused("not_found")."""
    stored = verifications.verification(verification_id)
    if stored is None:
        raise Refused("not_found", id=verification_id)
    if stored.state.state is VerificationState.FINISHED:
        return stored.state
    ranges_done, entries, findings = verifications.progress(verification_id)
    done = {"ranges_done": ranges_done, "entries": entries, "findings": findings}
    return stored.state.model_copy(update=done)


def go_on(full: FullVerifying, context: Context, verification_id: str) -> bool:
    """Send what is not done of a verification, or judge it if all is; whether there was anything to do."""
    stored = full.verifications.verification(verification_id)
    if stored is None or stored.state.state is VerificationState.FINISHED:
        return False
    wanted = stored.state
    done = {result.start for result in full.verifications.results(verification_id)}
    orders = [
        RangeOrder(verification_id=verification_id, start=start, end=end, size=wanted.size)
        for start, end in ranges(0, wanted.size)
        if start not in done
    ]
    full.work.send([order.model_dump_json() for order in orders])
    if not orders:
        _finish(full, context, stored)
    return True


def check(full: FullVerifying, context: Context, order: RangeOrder) -> int:
    """Verify one range, keep what came of it, and judge the whole if it was the last one; findings made now."""
    found = 0
    if not full.verifications.is_done(order.verification_id, order.start):
        result, faults = _checked(full.verifying, order)
        report(full.verifying.faults, faults, context)
        full.verifications.keep(order.verification_id, result)
        found = result.findings
    stored = full.verifications.verification(order.verification_id)
    if stored is None or stored.state.state is VerificationState.FINISHED:
        return found
    if full.verifications.progress(order.verification_id).ranges == stored.state.ranges:
        found += _finish(full, context, stored)
    return found


def _begin(full: FullVerifying, wanted: FullVerification, context: Context) -> None:
    told = LogVerificationRequested(verification_id=wanted.verification_id, size=wanted.size)
    begun = change(SOURCE, wanted.verification_id, ChainHead(), wanted, (told,), context, wanted)
    full.verifications.save(begun, context.now + LOOKED_AFTER)
    full.work.send([StartOrder(verification_id=wanted.verification_id).model_dump_json()])


def _finish(full: FullVerifying, context: Context, stored: Stored[FullVerification]) -> int:
    """Judge all ranges by the signed root, tell what was found, and close; how many findings that made.

    Another who did so meanwhile is fine.
    """
    wanted = stored.state
    results = list(full.verifications.results(wanted.verification_id))
    read = LogFiles(full.verifying.log.objects, full.verifying.at_once)
    verdict = judge(wanted.size, bytes.fromhex(wanted.root), [result.check for result in results], read)
    faults = [*verdict.faults(wanted.size), *_wrong_checkpoints(results, verdict.roots, verdict.nodes)]
    report(full.verifying.faults, faults, context)
    progress = full.verifications.progress(wanted.verification_id)
    closed = {
        "state": VerificationState.FINISHED,
        "ranges_done": progress.ranges,
        "entries": progress.entries,
        "findings": progress.findings + len(faults),
        "proven": verdict.proven,
        "uncompared": sum(result.uncompared for result in results),
        "finished_at": stored.head.not_before(context.now),
    }
    finished = wanted.model_copy(update=closed)
    told = LogVerificationFinished(
        verification_id=wanted.verification_id,
        size=wanted.size,
        proven=verdict.proven,
        findings=finished.findings,
    )
    try:
        full.verifications.save(change(SOURCE, wanted.verification_id, stored.head, finished, (told,), context), None)
    except Outdated:
        return 0
    return len(faults)


def _wrong_checkpoints(
    results: Iterable[RangeResult], wrong: Iterable[int], nodes: Mapping[Node, bytes]
) -> Iterator[LogFault]:
    """Checkpoints of another tree; those of a range that was judged by damaged tiles before it are left out."""
    asked = set(wrong)
    for result in results:
        if all(joined_node(node, nodes) == value for node, value in result.before.items()):
            for size in sorted(size for size in asked if result.start < size <= result.end):
                yield LogFault(fault=Fault.CHECKPOINT_CHANGED, where=f"checkpoint {size}")


# --- One range -----------------------------------------------------------------------------------


def _checked(verifying: Verifying, order: RangeOrder) -> tuple[RangeResult, tuple[LogFault, ...]]:
    log, size = verifying.log, order.size
    read = LogFiles(log.objects, verifying.at_once)
    read.load(paths(order.start, order.end, size))
    signed, faults = _signed_within(log, order.start, order.end)
    left = tiled_nodes(0, order.start, size, read)
    where, entries = Whereabouts(log, size, read), dict[int, bytes]()

    def each(row: Row) -> None:
        if row.sound:
            entries.update(enumerate(row.entries or (), row.start))
        else:
            where.seen(row.entries or ())

    found = check_range(
        order.start,
        order.end,
        size,
        read,
        left=left,
        sizes=[each.size for each in signed],
        strayed=where.strayed,
        each=each,
    )
    envelopes, unreadable = read_entries(entries)
    faults += unreadable
    leaves = leaves_of(log, envelopes)
    faults += [fault for _, fault in index_wrongs(leaves, envelopes, size, read)]
    faults += _chain_wrongs(verifying, envelopes)
    if verifying.postings is not None:
        listed = indexed(verifying.positions)
        faults += list_wrongs(verifying.postings, envelopes, leaves, listed, verifying.at_once)
    copy = _compared(verifying, order, entries, signed, _doubted(found, signed))
    known = {fault.where for fault in faults}
    told = limited([*faults, *(fault for fault in copy.faults if fault.where not in known)])
    return range_result(found, signed, left, len(told), copy.unread), told


def _signed_within(log: Log, start: int, end: int) -> tuple[list[Checkpoint], list[LogFault]]:
    """The checkpoints of a range, and those that are not what they should be."""
    signed: list[Checkpoint] = []
    faults: list[LogFault] = []
    above = start
    while kept := [each for each in log.ledger.checkpoints_by_size(above, _MOST_NOTES) if each[0] <= end]:
        for size, note in kept:
            found = read_note(note, size, log.signer.key)
            if isinstance(found, Checkpoint):
                signed.append(found)
            else:
                faults.append(found)
        above = kept[-1][0]
    return signed, faults


def _compared(
    verifying: Verifying,
    order: RangeOrder,
    entries: Mapping[int, bytes],
    signed: Iterable[Checkpoint],
    doubted: Collection[int],
) -> Compared:
    """Where the range differs from the locked copy."""
    if verifying.locked is None:
        return Compared()
    end = max(order.start, min(order.end, copied(verifying.positions)))
    logged = Logged(entries, {each.size: each.text for each in signed}, doubted)
    return compare(verifying.locked, verifying.log.signer.key, logged, order.start, end)


def _doubted(check: RangeCheck, signed: Iterable[Checkpoint]) -> set[int]:
    """The checkpoints whose root some version of the range does not have."""
    return {each.size for each in signed for version in check.versions if version.roots.get(each.size) != each.root}


def _chain_wrongs(verifying: Verifying, entries: list[Read]) -> Iterator[LogFault]:
    """The entries that are not what the verifier remembers of their chains, or do not join onto their neighbours."""
    done = verifying.positions.read(VERIFIER).size
    links = by_chain([entry for entry in entries if entry.index < done])
    chains = verifying.chains.of(links.keys())
    for key, said in links.items():
        chain = chains.get(key, Chain(source=key.source, subject=key.subject))
        before: Link | None = None
        for link in sorted(said, key=lambda each: (each.sequence, each.index)):
            fault = _fault_of(link, before, chain)
            if fault is not None:
                yield link_fault(link, key.subject, fault)
            before = link


def _fault_of(link: Link, before: Link | None, chain: Chain) -> Fault | None:
    if not chain.holds(link.sequence) or (link.sequence == chain.sequence and link.hash != chain.hash):
        return Fault.CHAIN_MEMORY_DIFFERS
    if before is not None and link.sequence == before.sequence + 1 and link.previous != before.hash:
        return Fault.CHAIN_BROKEN
    if before is not None and link.sequence == before.sequence:
        return Fault.EVENT_LOGGED_TWICE if link.hash == before.hash else Fault.CHAIN_FORKED
    return None
