"""The whole log is verified by ranges: in any order, again, by several, and every kind of damage is told (R-AUD-4)."""

import json
import random
from collections.abc import Callable, Iterable
from functools import cache
from itertools import islice

import pytest

from services.audit.domain.log import Leaf
from services.audit.domain.postings import Block, Dimension, PostingList, unpacked
from services.audit.domain.verifications import FullVerification, VerificationState
from services.audit.logic import full_verifying
from services.audit.logic.full_verifying import FullVerifying
from services.audit.logic.indexing import INDEXER
from services.audit.logic.sealing import seal
from services.audit.logic.verifying import Verifying
from services.audit.ports.log import Log
from services.audit.ports.positions import Position
from shared.contracts.dockets import NO_DOCKET, Docket
from shared.contracts.event import Envelope
from shared.contracts.log_faults import FaultKind
from shared.kernel.errors import Refused
from shared.kernel.tiles import decode_bundle, encode_bundle
from tests.support.audit_builders import DOCKET, NOW, envelopes, messages
from tests.support.crashes import Killed, kill
from tests.support.verification_builders import (
    MemoryChains,
    MemoryWork,
    a_case,
    a_copy,
    a_full_verifying,
    a_verifying,
    context_at,
    files_of_log,
    findings,
    handle_one,
    indexed,
    ledger_of,
    postings_of,
    publish_behind_the_sealer,
    run,
    stored_entries,
    work_off,
)

SMALL = 512
"""Entries of a range here, so that a small log has several."""


@pytest.fixture
def verifying(monkeypatch: pytest.MonkeyPatch) -> Verifying:
    """A verified log of 1,300 events in three ranges, and a checkpoint every 100."""
    monkeypatch.setattr(full_verifying, "ranges", _small_ranges)
    monkeypatch.setattr("services.audit.domain.verifications.RANGE", SMALL)
    return a_copy(_verified())


@cache
def _verified() -> Verifying:
    verifying = a_verifying()
    given = [*envelopes(1_200), *a_case(100, "case_0000000001")]
    for begin in range(0, len(given), 100):
        seal(verifying.log, messages(given[begin : begin + 100]), NOW)
    run(verifying)
    return indexed(verifying)


def _small_ranges(start: int, end: int) -> list[tuple[int, int]]:
    return [(begin, min(end, begin + SMALL)) for begin in range(start, end, SMALL)]


def whole(verifying: Verifying) -> FullVerifying:
    """A verification of the whole, done."""
    full = a_full_verifying(verifying)
    full_verifying.request(full, context_at(NOW))
    work_off(full)
    return full


def finished(full: FullVerifying) -> FullVerification:
    (stored,) = full.verifications.heads.values()  # type: ignore[attr-defined]
    shown: FullVerification = full_verifying.show(full.verifications, stored.state.verification_id)
    return shown


def test_a_log_without_damage_is_proven(verifying: Verifying) -> None:
    shown = finished(whole(verifying))
    assert (shown.state, shown.proven, shown.findings) == (VerificationState.FINISHED, True, 0)
    assert (shown.ranges, shown.ranges_done, shown.entries, shown.size) == (3, 3, 1_300, 1_300)
    assert findings(verifying).held == {}


def test_progress_is_seen_while_it_goes_on(verifying: Verifying) -> None:
    full = a_full_verifying(verifying)
    asked = full_verifying.request(full, context_at(NOW))
    assert isinstance(full.work, MemoryWork)
    handle_one(full, full.work.texts.pop(0))
    assert [json.loads(text)["start"] for text in full.work.texts] == [0, 512, 1_024]
    handle_one(full, full.work.texts.pop(2))
    shown = full_verifying.show(full.verifications, asked.verification_id)
    assert (shown.state, shown.ranges_done, shown.entries, shown.proven) == (VerificationState.RUNNING, 1, 276, None)


@pytest.mark.parametrize("seed", range(5))
def test_messages_may_come_in_any_order_and_more_than_once(verifying: Verifying, seed: int) -> None:
    full = a_full_verifying(verifying)
    full_verifying.request(full, context_at(NOW))
    assert isinstance(full.work, MemoryWork)
    (start,) = full.work.texts
    full.work.texts.clear()
    handle_one(full, start)
    texts = [*full.work.texts, start, *full.work.texts, start]
    random.Random(seed).shuffle(texts)
    for text in texts:
        handle_one(full, text)
    assert (finished(full).proven, finished(full).ranges_done) == (True, 3)


def test_what_was_lost_is_sent_again_and_what_is_done_is_not(verifying: Verifying) -> None:
    full = a_full_verifying(verifying)
    asked = full_verifying.request(full, context_at(NOW))
    assert isinstance(full.work, MemoryWork)
    handle_one(full, full.work.texts.pop(0))
    handle_one(full, full.work.texts.pop(1))
    full.work.texts.clear()
    assert full_verifying.go_on(full, context_at(NOW), asked.verification_id)
    assert [json.loads(text)["start"] for text in full.work.texts] == [0, 1_024]
    work_off(full)
    assert finished(full).proven
    assert not full_verifying.go_on(full, context_at(NOW), asked.verification_id)


def test_whoever_died_between_the_last_range_and_the_verdict_is_followed_by_the_clock(
    verifying: Verifying, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = a_full_verifying(verifying)
    asked = full_verifying.request(full, context_at(NOW))

    def die(*_: object) -> None:
        kill()

    with monkeypatch.context() as broken:
        broken.setattr(full_verifying, "_finish", die)
        with pytest.raises(Killed):
            work_off(full)
    assert full_verifying.go_on(full, context_at(NOW), asked.verification_id)
    assert finished(full).proven


def test_an_empty_log_cannot_be_verified() -> None:
    full = a_full_verifying(a_verifying())
    with pytest.raises(Refused) as asked:
        full_verifying.request(full, context_at(NOW))
    with pytest.raises(Refused) as shown:
        full_verifying.show(full.verifications, "ver_00000000000000")
    assert (asked.value.code, shown.value.code) == ("not_found", "not_found")


def test_the_week_has_one_verification_whoever_runs_first(verifying: Verifying) -> None:
    full = a_full_verifying(verifying)
    assert [full_verifying.request_weekly(full, context_at(NOW)) for _ in range(3)] == [True, False, False]


def _edit(log: Log, path: str, change: Callable[[list[bytes]], list[bytes]]) -> None:
    files = files_of_log(log)
    files[path] = encode_bundle(change(list(decode_bundle(files[path]))))


def _swap(log: Log, one: str, other: str) -> None:
    files = files_of_log(log)
    files[one], files[other] = files[other], files[one]


def _event(log: Log, index: int) -> str:
    return Envelope.model_validate_json(stored_entries(log)[index]).id


DAMAGES: dict[str, tuple[Callable[[Log], object], list[tuple[FaultKind, str]]]] = {
    "an entry": (
        lambda log: _edit(log, "tile/entries/001", lambda held: [b"{}", *held[1:]]),
        [(FaultKind.CHANGED, "entry 256")],
    ),
    "a bundle deleted": (
        lambda log: files_of_log(log).pop("tile/entries/002"), [(FaultKind.REMOVED, "entries 512–767")],
    ),
    "the last bundle deleted": (
        lambda log: files_of_log(log).pop("tile/entries/005.p/20"), [(FaultKind.TRUNCATED, "entries 1280–1299")],
    ),
    "bundles of different ranges exchanged": (
        lambda log: _swap(log, "tile/entries/000", "tile/entries/003"),
        [(FaultKind.REORDERED, "entries 0–255"), (FaultKind.REORDERED, "entries 768–1023")],
    ),
    "a tile": (
        lambda log: files_of_log(log).update({"tile/0/003": bytes(32 * 256)}), [(FaultKind.CHANGED, "tile/0/003")],
    ),
    "an old checkpoint unsigned": (
        lambda log: ledger_of(log).notes.update({500: "nothing"}), [(FaultKind.UNSIGNED, "checkpoint 500")],
    ),
    "an old checkpoint replaced by another": (
        lambda log: ledger_of(log).notes.update({500: ledger_of(log).notes[400]}),
        [(FaultKind.CHANGED, "checkpoint 500")],
    ),
    "an index row deleted": (
        lambda log: ledger_of(log).indexed.pop(_event(log, 700)), [(FaultKind.REMOVED, "entry 700")],
    ),
    "an index row pointing elsewhere": (
        lambda log: ledger_of(log).indexed.update({_event(log, 700): Leaf(index=5_000, hash="0" * 64)}),
        [(FaultKind.CHANGED, "entry 700")],
    ),
    "an event appended again": (
        lambda log: publish_behind_the_sealer(log, [*stored_entries(log), stored_entries(log)[17]]),
        [(FaultKind.LOGGED_TWICE, "entry 1300")],
    ),
    "an event appended again and its index row moved": (
        lambda log: (
            publish_behind_the_sealer(log, [*stored_entries(log), stored_entries(log)[17]]),
            ledger_of(log).indexed.update({_event(log, 17): ledger_of(log).indexed[_event(log, 17)].model_copy(
                update={"index": 1_300}
            )}),
        ),
        [(FaultKind.LOGGED_TWICE, "entry 17")],
    ),
}  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGES)
def test_damage_anywhere_in_the_log_is_found_as_what_it_is(verifying: Verifying, damage: str) -> None:
    act, expected = DAMAGES[damage]
    act(verifying.log)
    shown = finished(whole(verifying))
    assert findings(verifying).found == expected
    assert (shown.proven, shown.findings) == (True, len(expected))


def _lists(verifying: Verifying, dimension: Dimension) -> dict[tuple[int, int], tuple[int, ...]]:
    """The blocks of the first list of a dimension."""
    return next(blocks for which, blocks in postings_of(verifying).held.items() if which.dimension is dimension)


def _docketed(verifying: Verifying, index: int, docket: Docket) -> Leaf:
    event_id, rows = _event(verifying.log, index), ledger_of(verifying.log).indexed
    rows[event_id] = rows[event_id].model_copy(update={"docket": docket})
    return rows[event_id]


LIST_DAMAGES: dict[str, tuple[Callable[[Verifying], object], list[tuple[str, str]]]] = {
    "a block of a case deleted": (
        lambda verifying: _lists(verifying, Dimension.CASE).pop((1_000, 1_300)),
        [("list_incomplete", "case case_0000000001: 24 of entries 1000–1023"),
         ("list_incomplete", "case case_0000000001: 276 of entries 1024–1299")],
    ),
    "an entry left out of a day": (
        lambda verifying: _lists(verifying, Dimension.ALL).update({(0, 1_000): tuple(range(1, 1_000))}),
        [("list_incomplete", "all 2026-03-02: entry 0")],
    ),
    "an entry put into another's list": (
        lambda verifying: _docketed(verifying, 600, DOCKET.model_copy(update={"principal": "cli_other_0001"})),
        [("list_changed", "principal cli_liaison_0001 2026-03-02: entry 600"),
         ("list_incomplete", "principal cli_other_0001 2026-03-02: entry 600")],
    ),
    "a docket forgotten": (
        lambda verifying: _docketed(verifying, 600, NO_DOCKET),
        [("list_changed", "case case_0000000001: entry 600"),
         ("list_changed", "principal cli_liaison_0001 2026-03-02: entry 600")],
    ),
    "lists of everything deleted": (
        lambda verifying: _lists(verifying, Dimension.ALL).clear(),
        [("list_incomplete", "all 2026-03-02: 276 of entries 1024–1299"),
         ("list_incomplete", "all 2026-03-02: 512 of entries 0–511"),
         ("list_incomplete", "all 2026-03-02: 512 of entries 512–1023")],
    ),
}  # fmt: skip


@pytest.mark.parametrize("damage", LIST_DAMAGES)
def test_what_auditors_search_by_is_computed_anew_and_compared(verifying: Verifying, damage: str) -> None:
    """R-AUD-4: of what is left out of a list nobody would ever ask."""
    act, expected = LIST_DAMAGES[damage]
    act(verifying)
    shown = finished(whole(verifying))
    found = sorted((each.fault.fault.value, each.fault.where) for each in findings(verifying).held.values())
    assert found == expected
    assert (shown.proven, shown.findings) == (True, len(expected))


def test_a_block_that_cannot_be_read_is_said_to_be_missing(verifying: Verifying) -> None:
    blocks = postings_of(verifying).blocks

    def unreadable(which: PostingList, below: int | None = None) -> Iterable[Block]:
        yield from islice(blocks(which, below), 1 if which.dimension is Dimension.CASE else None)
        if which.dimension is Dimension.CASE:
            unpacked(0, "9-1")

    postings_of(verifying).blocks = unreadable  # type: ignore[method-assign]
    whole(verifying)
    assert set(findings(verifying).codes) == {"list_incomplete"}


def test_what_is_not_indexed_yet_is_not_missing(verifying: Verifying) -> None:
    """The indexer is a follower like the verifier: either may be ahead."""
    postings_of(verifying).held.clear()
    verifying.positions.move(INDEXER, verifying.positions.read(INDEXER), Position())
    assert finished(whole(verifying)).findings == 0


def test_a_checkpoint_of_another_tree_is_found_by_its_root(verifying: Verifying) -> None:
    other = a_verifying()
    given = envelopes(500)
    for begin in range(0, 500, 100):
        seal(other.log, messages(given[begin : begin + 100]), NOW)
    ledger_of(verifying.log).notes[500] = ledger_of(other.log).notes[500]
    assert finished(whole(verifying)).proven
    assert findings(verifying).found == [(FaultKind.CHANGED, "checkpoint 500")]


def test_what_the_verifier_remembers_of_a_chain_is_compared_with_the_log(verifying: Verifying) -> None:
    assert isinstance(verifying.chains, MemoryChains)
    (key, chain) = next((key, chain) for key, chain in verifying.chains.held.items() if chain.sequence == 100)
    verifying.chains.held[key] = chain.model_copy(update={"hash": "0" * 64})
    whole(verifying)
    assert findings(verifying).codes == ["chain_memory_differs"]


def test_a_log_rewritten_from_end_to_end_is_not_proven(verifying: Verifying) -> None:
    """Files, index and all, but for the signed checkpoint."""
    full = a_full_verifying(verifying)
    asked = full_verifying.request(full, context_at(NOW))
    note = ledger_of(verifying.log).notes[1_300]
    entries = stored_entries(verifying.log)
    entries[3] = envelopes(1)[0].canonical()
    publish_behind_the_sealer(verifying.log, entries)
    ledger_of(verifying.log).notes[1_300] = note
    work_off(full)
    assert full_verifying.show(full.verifications, asked.verification_id).proven is False
    assert "root_differs" in findings(verifying).codes
