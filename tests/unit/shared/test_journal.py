"""The journal's promises on moto, one thread at a time; tests/conformance asks the same of real engines."""

import pytest

from shared.aws.journal import Journal
from shared.aws.table import Row
from shared.contracts.change import AlreadyDone, Once, Outdated
from shared.kernel.ids import new_id
from tests.support.acts import SOURCE, Counter, act, all_rows, count_up, counting, once
from tests.support.table_checks import CHECKS, Check


@pytest.mark.parametrize("check", CHECKS)
def test_a_table(check: Check, table: type[Row]) -> None:
    check(table)


def test_an_event_that_is_there_already_makes_the_change_outdated(table: type[Row]) -> None:
    """Should a head ever be restored from a backup behind its events, nothing is written over them (R-AUD-2)."""
    aggregate = new_id("case")
    count_up(table, aggregate)
    journal = Journal(table, SOURCE)
    old = journal.read(aggregate, Counter)
    assert old
    count_up(table, aggregate)
    restored = table.get(aggregate, "head")
    restored.chain, restored.body = old.head.model_dump_json(), old.state.model_dump_json()
    restored.save()
    before = all_rows(table)
    with pytest.raises(Outdated):
        journal.commit(counting(aggregate, journal.read(aggregate, Counter), act()))
    assert all_rows(table) == before


def test_a_change_without_a_key_leaves_no_answer(table: type[Row]) -> None:
    count_up(table, new_id("case"))
    assert [row["sk"]["S"] for row in all_rows(table)] == ["event#0000000001", "head"]


def test_the_rows_are_marked_for_publishing_and_the_head_is_not(table: type[Row]) -> None:
    count_up(table, new_id("case"), act(once()), events=2)
    marked = [row["sk"]["S"] for row in all_rows(table) if "outbox_shard" in row]
    assert marked == ["event#0000000001", "event#0000000002"]


def test_an_events_fingerprint_is_kept_with_its_id(table: type[Row]) -> None:
    journal = Journal(table, SOURCE)
    journal.keep(Once("event#evt_1", "commitment-1"), [])
    first = journal.answer("event#evt_1")
    assert first
    assert (first.fingerprint, first.response) == ("commitment-1", "")
    with pytest.raises(AlreadyDone):
        journal.keep(Once("event#evt_1", "commitment-2"), [])
