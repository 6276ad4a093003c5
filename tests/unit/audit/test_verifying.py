"""What is new in the log is verified by the clock: each kind of damage, done to what is stored (R-AUD-4)."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from services.audit.domain.chains import PATIENCE
from services.audit.domain.log import Leaf
from services.audit.domain.verified import VERIFIER
from services.audit.logic import verifying as logic
from services.audit.logic.sealing import seal
from services.audit.logic.verifying import Verifying
from services.audit.ports.log import Log
from shared.contracts.event import Envelope
from shared.contracts.log_faults import FaultKind
from shared.kernel.notes import Checkpoint, Note, parse_note, sign_checkpoint, sign_note
from shared.kernel.tiles import decode_bundle, encode_bundle
from tests.support.audit_builders import NOW, a_log, an_event, envelopes, local_signer, messages
from tests.support.crashes import Killed
from tests.support.verification_builders import (
    MemoryChains,
    MemoryTallies,
    a_case,
    a_verifying,
    files_of_log,
    findings,
    ledger_of,
    publish_behind_the_sealer,
    run,
    stored_entries,
)

SUBJECT = "case_0000000001"


def sealed(log: Log, given: list[Envelope], batch: int = 40) -> None:
    for begin in range(0, len(given), batch):
        seal(log, messages(given[begin : begin + batch]), NOW)


@pytest.fixture
def verifying() -> Verifying:
    """A log of 300 events, verified up to 200 of them."""
    verifying = a_verifying()
    sealed(verifying.log, envelopes(200))
    run(verifying)
    sealed(verifying.log, envelopes(100))
    return verifying


def test_a_log_without_damage_is_verified_to_its_end_and_nothing_is_found(verifying: Verifying) -> None:
    assert (run(verifying).entries, findings(verifying).held) == (100, {})
    assert verifying.positions.read(VERIFIER).size == 300
    assert run(verifying).entries == 0


@pytest.mark.parametrize("batches", [[1] * 9, [255, 1, 1], [256, 256], [1_000, 1_000, 300], [300, 700, 24]])
def test_steps_of_every_kind_of_width_are_verified(batches: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logic, "MOST_ENTRIES", 300)
    verifying = a_verifying()
    for number, batch in enumerate(batches):
        sealed(verifying.log, envelopes(batch), batch)
        if number % 2:
            run(verifying)
    run(verifying)
    assert verifying.positions.read(VERIFIER).size == sum(batches)
    assert findings(verifying).held == {}


def test_cost_follows_what_is_new(verifying: Verifying) -> None:
    """Issue 5: a run reads the files of what is new, not those of the log."""
    read: list[str] = []
    objects = files_of_log(verifying.log)
    run(verifying)

    class Counting(dict[str, bytes]):
        def __getitem__(self, path: str) -> bytes:
            read.append(path)
            return super().__getitem__(path)

    verifying.log.objects.held = Counting(objects)  # type: ignore[attr-defined]
    run(verifying)
    assert read == ["checkpoint"]
    sealed(verifying.log, envelopes(3))
    read.clear()
    run(verifying)
    assert {path for path in read if path.startswith("tile/")} == {
        "tile/0/001.p/47", "tile/entries/001.p/47", "tile/1/000.p/1",
    }  # fmt: skip


def _edit(log: Log, path: str, change: Callable[[list[bytes]], list[bytes]]) -> None:
    files = files_of_log(log)
    files[path] = encode_bundle(change(list(decode_bundle(files[path]))))


def _unsigned(log: Log, size: int) -> None:
    forger = local_signer("forger")
    note = sign_checkpoint(Checkpoint(forger.key.name, size, b"x" * 32), forger.key, forger.sign).encode()
    ledger_of(log).notes[size] = note


def _shown(log: Log, size: int) -> None:
    """Readers are shown another history than the log's, signed with the real key."""
    note = sign_checkpoint(Checkpoint(log.signer.key.name, size, b"x" * 32), log.signer.key, log.signer.sign)
    files_of_log(log)["checkpoint"] = note.encode().encode()


DAMAGES: dict[str, tuple[Callable[[Log], object], FaultKind, str]] = {
    "bundle bytes": (
        lambda log: _edit(log, "tile/entries/001.p/44", lambda held: [held[0][:-1] + b"x", *held[1:]]),
        FaultKind.CHANGED,
        "entry 256",
    ),
    "tile bytes": (
        lambda log: files_of_log(log).update({"tile/0/001.p/44": b"\0" * 32 * 44}),
        FaultKind.CHANGED,
        "tile/0/001.p/44",
    ),
    "a bundle deleted": (
        lambda log: files_of_log(log).pop("tile/entries/000"), FaultKind.REMOVED, "entries 0–255",
    ),
    "the last bundle deleted": (
        lambda log: files_of_log(log).pop("tile/entries/001.p/44"), FaultKind.TRUNCATED, "entries 256–299",
    ),
    "a tile deleted": (lambda log: files_of_log(log).pop("tile/0/000"), FaultKind.REMOVED, "tile/0/000"),
    "entries exchanged": (
        lambda log: _edit(log, "tile/entries/001.p/44", lambda held: [held[1], held[0], *held[2:]]),
        FaultKind.REORDERED,
        "entries 256–257",
    ),
    "an unsigned checkpoint among the new": (lambda log: _unsigned(log, 280), FaultKind.UNSIGNED, "checkpoint 280"),
    "the newest checkpoint unsigned": (lambda log: _unsigned(log, 300), FaultKind.UNSIGNED, "checkpoint 300"),
    "a checkpoint replaced by an older one": (
        lambda log: ledger_of(log).notes.update({280: ledger_of(log).notes[240]}),
        FaultKind.CHANGED,
        "checkpoint 280",
    ),
    "the last verified checkpoint unsigned": (lambda log: _unsigned(log, 200), FaultKind.UNSIGNED, "checkpoint 200"),
    "the last verified checkpoint deleted": (
        lambda log: ledger_of(log).notes.pop(200), FaultKind.REMOVED, "checkpoint 200",
    ),
    "the object checkpoint replaced by an older one": (
        lambda log: files_of_log(log).update({"checkpoint": ledger_of(log).notes[160].encode()}),
        FaultKind.TRUNCATED,
        "object checkpoint",
    ),
    "the object checkpoint of another history": (
        lambda log: _shown(log, 300), FaultKind.CHANGED, "object checkpoint (size 300)",
    ),
    "the object checkpoint of a size that never was": (
        lambda log: _shown(log, 301), FaultKind.CHANGED, "object checkpoint (size 301)",
    ),
    "the object checkpoint far ahead": (
        lambda log: _shown(log, 1_000_000), FaultKind.CHANGED, "object checkpoint (size 1000000)",
    ),
    "the object checkpoint of another history long ago": (
        lambda log: _shown(log, 160), FaultKind.CHANGED, "object checkpoint (size 160)",
    ),
    "the object checkpoint unsigned": (
        lambda log: files_of_log(log).update({"checkpoint": b"nothing"}), FaultKind.UNSIGNED, "object checkpoint",
    ),
    "an index row deleted": (
        lambda log: ledger_of(log).indexed.pop(Envelope.model_validate_json(stored_entries(log)[250]).id),
        FaultKind.REMOVED,
        "entry 250",
    ),
    "an index row of another hash": (
        lambda log: ledger_of(log).indexed.update(
            {Envelope.model_validate_json(stored_entries(log)[250]).id: Leaf(index=250, hash="0" * 64)}
        ),
        FaultKind.CHANGED,
        "entry 250",
    ),
    "an index row of another place": (
        lambda log: ledger_of(log).indexed.update(
            {Envelope.model_validate_json(stored_entries(log)[250]).id: Leaf(index=3, hash="0" * 64)}
        ),
        FaultKind.CHANGED,
        "entry 250",
    ),
}  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGES)
def test_damage_to_what_is_stored_is_found_as_what_it_is(verifying: Verifying, damage: str) -> None:
    act, kind, where = DAMAGES[damage]
    act(verifying.log)
    done = run(verifying)
    assert findings(verifying).found == [(kind, where)]
    assert done.new == 1
    assert run(verifying).new == 0


def test_what_is_shown_a_moment_before_it_is_published_is_no_finding(verifying: Verifying) -> None:
    """A sealer shows its checkpoint, then publishes it, and may die between: the head says whose it is."""
    run(verifying)
    sealed(verifying.log, envelopes(5))
    note = ledger_of(verifying.log).notes.pop(305)
    assert files_of_log(verifying.log)["checkpoint"] == note.encode()
    assert run(verifying).found == 0


def test_cosignatures_make_no_other_checkpoint_of_it(verifying: Verifying) -> None:
    """Readers may be shown more signatures than were there when it was published, or fewer."""
    watch = local_signer("witness", "witness.example")
    note = ledger_of(verifying.log).notes[300]
    text = parse_note(note).text
    both = sign_note(text, watch.key, watch.sign).signatures + parse_note(note).signatures
    files_of_log(verifying.log)["checkpoint"] = Note(text, both).encode().encode()
    assert run(verifying).found == 0


def test_a_log_cut_back_to_an_earlier_checkpoint_is_truncated(verifying: Verifying) -> None:
    """Head, checkpoints and files of an earlier day, all genuine."""
    run(verifying)
    ledger, files = ledger_of(verifying.log), files_of_log(verifying.log)
    earlier = a_log()
    earlier_files, earlier_ledger = files_of_log(earlier), ledger_of(earlier)
    earlier_files.update(files)
    earlier_ledger.indexed = ledger.indexed
    publish_behind_the_sealer(earlier, stored_entries(verifying.log)[:160])
    for size in [size for size in ledger.notes if size > 160]:
        del ledger.notes[size]
    ledger.now = earlier_ledger.now
    files["checkpoint"] = earlier_files["checkpoint"]
    run(verifying)
    assert {kind for kind, _ in findings(verifying).found} == {FaultKind.TRUNCATED}


def test_a_history_written_anew_and_signed_is_told_from_damaged_files(verifying: Verifying) -> None:
    """Somebody who holds the signing key too: what was verified is remembered, so it cannot be replaced."""
    entries = stored_entries(verifying.log)
    entries[7] = an_event().envelope().canonical()
    publish_behind_the_sealer(verifying.log, entries)
    for size in [size for size in ledger_of(verifying.log).notes if 200 < size < 300]:
        del ledger_of(verifying.log).notes[size]
    done = run(verifying)
    assert (FaultKind.CHANGED, "checkpoint 300 after 200") in findings(verifying).found
    assert done.stuck


def test_an_event_appended_again_behind_the_sealers_back_is_logged_twice(verifying: Verifying) -> None:
    run(verifying)
    entries = stored_entries(verifying.log)
    publish_behind_the_sealer(verifying.log, [*entries, entries[17]])
    run(verifying)
    assert findings(verifying).found == [(FaultKind.LOGGED_TWICE, "entry 300")]


def test_an_event_appended_again_with_its_index_row_moved_is_still_logged_twice(verifying: Verifying) -> None:
    run(verifying)
    entries = stored_entries(verifying.log)
    again = Envelope.model_validate_json(entries[17])
    publish_behind_the_sealer(verifying.log, [*entries, entries[17]])
    ledger_of(verifying.log).indexed[again.id] = (
        ledger_of(verifying.log).indexed[again.id].model_copy(update={"index": 300})
    )
    run(verifying)
    assert findings(verifying).found == [(FaultKind.LOGGED_TWICE, "entry 300")]


def test_a_leaf_that_is_no_envelope_was_not_written_by_the_sealer(verifying: Verifying) -> None:
    run(verifying)
    publish_behind_the_sealer(
        verifying.log, [*stored_entries(verifying.log), an_event().envelope().canonical().replace(b'"id"', b'"id" ')]
    )
    run(verifying)
    assert findings(verifying).codes == ["entry_no_envelope"]


def test_a_chain_whose_links_do_not_join_was_changed_before_it_was_logged() -> None:
    verifying = a_verifying()
    given = a_case(4, SUBJECT)
    given[1] = given[1].model_copy(update={"commitment": "0" * 64})
    sealed(verifying.log, given)
    run(verifying)
    assert findings(verifying).codes == ["chain_broken"]


def test_a_second_history_of_one_record_is_a_fork() -> None:
    verifying = a_verifying()
    given = a_case(3, SUBJECT)
    sealed(verifying.log, [*given, an_event(subject=SUBJECT, sequence=2, previous=given[0].hash()).envelope()], 3)
    run(verifying)
    assert findings(verifying).codes == ["chain_forked"]


def test_an_event_that_never_comes_is_a_finding_after_half_an_hour_and_not_before() -> None:
    verifying = a_verifying()
    given = a_case(5, SUBJECT)
    sealed(verifying.log, [*given[:2], given[3], given[4]])
    run(verifying)
    run(verifying, NOW + PATIENCE - timedelta(seconds=1))
    assert findings(verifying).held == {}
    assert run(verifying, NOW + PATIENCE).new == 1
    assert findings(verifying).found == [(FaultKind.NEVER_LOGGED, f"event 3 of {SUBJECT} (/shenguan/handover)")]
    assert run(verifying, NOW + 2 * PATIENCE).found == 0


def test_an_event_that_comes_late_is_no_finding() -> None:
    verifying = a_verifying()
    given = a_case(3, SUBJECT)
    sealed(verifying.log, [given[0], given[2]])
    run(verifying)
    sealed(verifying.log, [given[1]])
    run(verifying, NOW + PATIENCE)
    assert findings(verifying).held == {}
    assert isinstance(verifying.chains, MemoryChains)
    assert [chain.sequence for chain in verifying.chains.held.values()] == [3]


def test_what_a_service_told_is_counted_by_day_once() -> None:
    verifying = a_verifying()
    days = [NOW, NOW, NOW + timedelta(days=1)]
    sealed(verifying.log, [an_event(time=day).envelope() for day in days])
    run(verifying)
    counts = {tally.day: tally.count for tally in verifying.tallies.all_of("/shenguan/handover")}
    assert counts == {NOW.date(): 2, NOW.date() + timedelta(days=1): 1}


def test_damaged_files_that_were_restored_let_the_verifier_go_on(verifying: Verifying) -> None:
    files = files_of_log(verifying.log)
    held = files.pop("tile/entries/001.p/44")
    assert run(verifying).stuck
    assert verifying.positions.read(VERIFIER).size == 200
    files["tile/entries/001.p/44"] = held
    done = run(verifying)
    assert (done.stuck, done.entries, done.new) == (False, 100, 0)


def test_a_verifier_killed_at_any_moment_finds_the_same_once() -> None:
    """Each write is done again, to the same rows; nothing is counted twice."""

    def world() -> Verifying:
        verifying = a_verifying()
        given = a_case(4, SUBJECT)
        sealed(verifying.log, [*given, *envelopes(30)], 17)
        sealed(verifying.log, [an_event(subject=SUBJECT, sequence=2, previous=given[0].hash()).envelope()])
        return verifying

    whole = world()
    run(whole)
    writes = ("faults.save", "chains.keep", "tallies.keep", "positions.move")
    for name in writes:
        for after in (False, True):
            verifying = world()
            part, method = name.split(".")
            target = getattr(verifying, part)
            real = getattr(target, method)

            def dies(*given: object, real: Callable[..., object] = real, after: bool = after) -> None:
                if after:
                    real(*given)
                raise Killed

            setattr(target, method, dies)
            with pytest.raises(Killed):
                run(verifying)
            setattr(target, method, real)
            run(verifying)
            assert findings(verifying).codes == findings(whole).codes == ["chain_forked"]
            assert isinstance(verifying.tallies, MemoryTallies)
            assert [tally.count for tally in verifying.tallies.held.values()] == [35]
            assert verifying.positions.read(VERIFIER).size == 35


def test_two_verifiers_at_once_find_and_count_once(verifying: Verifying) -> None:
    """The other runs from beginning to end while the first holds what it read."""
    real = verifying.chains.keep
    assert isinstance(verifying.chains, MemoryChains)
    ran: list[bool] = []

    def keep(chains: object) -> None:
        if not ran:
            ran.append(True)
            run(verifying)
        real(chains)  # type: ignore[arg-type]

    verifying.chains.keep = keep  # type: ignore[method-assign]
    run(verifying)
    assert findings(verifying).held == {}
    assert [tally.count for tally in verifying.tallies.all_of("/shenguan/handover")] == [300]
    assert verifying.positions.read(VERIFIER).size == 300
