"""A verification of the whole log compares it with the copy that nobody can change (R-AUD-4, R-AUD-7, ADR 24)."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from services.audit.domain.copies import EntryRange, checkpoint_path
from services.audit.domain.verifications import VerificationState
from services.audit.logic import full_verifying
from services.audit.logic.copying import copy
from services.audit.logic.sealing import seal
from services.audit.logic.verifying import Verifying
from shared.contracts.log_faults import Fault, FaultKind
from shared.kernel.notes import parse_note, sign_note
from shared.kernel.tiles import decode_bundle, encode_bundle
from tests.support.audit_builders import NOW, an_event, envelopes, local_signer, messages
from tests.support.copy_builders import MemoryLocked
from tests.support.verification_builders import (
    a_full_verifying,
    a_verifying,
    context_at,
    findings,
    ledger_of,
    publish_behind_the_sealer,
    stored_entries,
    work_off,
)

BATCHES = (100, 156, 40)


def now() -> datetime:
    return NOW


@pytest.fixture
def locked() -> MemoryLocked:
    return MemoryLocked()


@pytest.fixture
def verifying(locked: MemoryLocked) -> Verifying:
    """A log of three batches, each copied as it was sealed."""
    made = replace(a_verifying(), locked=locked)
    for count in BATCHES:
        seal(made.log, messages(envelopes(count)), NOW)
        copy(made.log, locked, made.positions, now, NOW + timedelta(hours=1))
    return made


def found(verifying: Verifying) -> list[tuple[Fault, str]]:
    """What a verification of the whole log finds."""
    full = a_full_verifying(verifying)
    full_verifying.request(full, context_at(NOW))
    work_off(full)
    return [(each.fault.fault, each.fault.where) for each in findings(verifying).held.values()]


def test_where_both_agree_nothing_is_found(verifying: Verifying) -> None:
    assert found(verifying) == []


def test_a_log_changed_so_that_all_of_it_agrees_and_is_signed_anew_is_told_by_the_copy(verifying: Verifying) -> None:
    """Whoever holds table, bucket and signing key can do so; of the copy nobody holds the key."""
    entries = stored_entries(verifying.log)
    for index in (120, 121, 200):
        entries[index] = an_event().envelope().canonical()
    publish_behind_the_sealer(verifying.log, entries)
    path = EntryRange(100, 256).path
    told = found(verifying)
    assert (Fault.COPY_DIFFERS, f"entries 120–200 ({path})") in told
    assert (Fault.CHECKPOINT_CHANGED, "checkpoint 296") in told


def test_what_was_added_and_is_not_copied_yet_is_no_finding(verifying: Verifying) -> None:
    seal(verifying.log, messages(envelopes(30)), NOW)
    assert found(verifying) == []


def test_entries_removed_from_the_copy_are_told(verifying: Verifying, locked: MemoryLocked) -> None:
    del locked.held[EntryRange(100, 256).path]
    assert found(verifying) == [(Fault.COPY_INCOMPLETE, f"entries 100–255 ({EntryRange(100, 256).path})")]
    assert [kind for kind, _ in findings(verifying).found] == [FaultKind.REMOVED]


def test_an_entry_changed_in_the_copy_is_told(verifying: Verifying, locked: MemoryLocked) -> None:
    path = EntryRange(256, 296).path
    data = list(decode_bundle(locked.held[path]))
    data[4] = an_event().envelope().canonical()
    locked.held[path] = encode_bundle(data)
    assert found(verifying) == [(Fault.COPY_DIFFERS, f"entry 260 ({path})")]


def test_a_checkpoint_removed_from_the_log_is_told(verifying: Verifying) -> None:
    """Nothing in the log itself says that there was one of that size."""
    del ledger_of(verifying.log).notes[100]
    assert found(verifying) == [(Fault.CHECKPOINT_REMOVED, "checkpoint 100")]


def test_a_checkpoint_removed_from_the_copy_is_told(verifying: Verifying, locked: MemoryLocked) -> None:
    del locked.held[checkpoint_path(100)]
    assert found(verifying) == [(Fault.COPY_INCOMPLETE, "checkpoint 100")]


def test_a_checkpoint_found_wrong_without_the_copy_is_one_finding(verifying: Verifying) -> None:
    forger = local_signer("forger")
    notes = ledger_of(verifying.log).notes
    notes[100] = sign_note(parse_note(notes[100]).text, forger.key, forger.sign).encode()
    assert found(verifying) == [(Fault.CHECKPOINT_UNSIGNED, "checkpoint 100")]


def test_entries_of_the_copy_that_are_put_away_are_counted_as_not_compared(
    verifying: Verifying, locked: MemoryLocked
) -> None:
    """Some of the classes that `ColdClass` allows are not read at once; the rest is verified all the same."""
    locked.put_away.add(EntryRange(100, 256).path)
    locked.held[EntryRange(256, 296).path] = encode_bundle([b"{}"] * 40)
    full = a_full_verifying(verifying)
    asked = full_verifying.request(full, context_at(NOW))
    work_off(full)
    shown = full_verifying.show(full.verifications, asked.verification_id)
    assert (shown.state, shown.proven, shown.uncompared) == (VerificationState.FINISHED, True, 156)
    assert [each.fault.where for each in findings(verifying).held.values()] == [
        f"entries 256–295 ({EntryRange(256, 296).path})"
    ]


def test_a_checkpoint_that_somebody_put_into_the_copy_is_named_as_unsigned(
    verifying: Verifying, locked: MemoryLocked
) -> None:
    locked.put(checkpoint_path(200), b"junk")
    assert found(verifying) == [(Fault.CHECKPOINT_UNSIGNED, checkpoint_path(200))]


def test_where_there_is_no_copy_nothing_is_compared(verifying: Verifying) -> None:
    assert found(replace(verifying, locked=None)) == []
