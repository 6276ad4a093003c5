"""What the log holds of each chain: every order of arrival, every way not to fit (R-AUD-2, R-AUD-4)."""

from datetime import timedelta
from itertools import permutations

import pytest

from services.audit.domain.chains import MOST_GAPS, PATIENCE, Chain, Link, absorb, judge, link_of
from services.audit.domain.tallies import Tally
from services.audit.events.checking import UnknownKindError, handle
from shared.contracts.event import GENESIS, Envelope
from tests.support.audit_builders import NOW, an_event

SUBJECT = "case_0000000001"
SOURCE = "/shenguan/handover"
EMPTY = Chain(source=SOURCE, subject=SUBJECT)


def a_chain(length: int) -> list[Envelope]:
    """The envelopes of one aggregate."""
    found: list[Envelope] = []
    previous = GENESIS
    for sequence in range(1, length + 1):
        found.append(an_event(subject=SUBJECT, sequence=sequence, previous=previous).envelope())
        previous = found[-1].hash()
    return found


def links(envelopes: list[Envelope]) -> list[Link]:
    """As the log has them, in that order."""
    return [link_of(index, envelope, envelope.hash()) for index, envelope in enumerate(envelopes)]


@pytest.mark.parametrize("order", list(permutations(range(5))))
def test_a_whole_chain_fits_in_whatever_order_its_events_arrive(order: tuple[int, ...]) -> None:
    given = a_chain(5)
    absorbed = absorb(EMPTY, links([given[number] for number in order]), NOW)
    chain = absorbed.chain
    assert (chain.sequence, chain.hash, chain.gaps, chain.through) == (5, given[-1].hash(), (), 5)
    assert (absorbed.misfits, absorbed.dropped) == ((), ())
    assert chain.due_at is None


@pytest.mark.parametrize("changed", range(5))
@pytest.mark.parametrize("order", list(permutations(range(5)))[::11])
def test_an_event_changed_in_any_place_is_noticed_in_whatever_order(changed: int, order: tuple[int, ...]) -> None:
    given = a_chain(6)
    given[changed] = given[changed].model_copy(update={"commitment": "0" * 64})
    absorbed = absorb(EMPTY, links([*(given[number] for number in order), given[5]]), NOW)
    assert absorbed.misfits


def test_what_is_missing_is_a_finding_only_after_it_had_time_to_arrive() -> None:
    """R-AUD-4 and the half hour an event may be on its way."""
    given = a_chain(6)
    chain = absorb(EMPTY, links([given[0], given[3], given[5]]), NOW).chain
    assert [chain.holds(sequence) for sequence in range(8)] == [False, True, False, False, True, False, True, False]
    assert chain.due_at == NOW + PATIENCE
    assert judge(chain, NOW + PATIENCE - timedelta(seconds=1)).gaps == ()
    judged = judge(chain, NOW + PATIENCE)
    assert [(gap.first, gap.last) for gap in judged.gaps] == [(2, 3), (5, 5)]
    assert judged.chain.due_at is None
    assert judge(judged.chain, NOW + 2 * PATIENCE).gaps == ()


def test_a_late_event_closes_its_gap_even_after_it_was_judged() -> None:
    given = a_chain(4)
    chain = judge(absorb(EMPTY, links([given[0], given[3]]), NOW).chain, NOW + PATIENCE).chain
    late = [link_of(9, given[2], given[2].hash()), link_of(10, given[1], given[1].hash())]
    absorbed = absorb(chain, late, NOW)
    assert (absorbed.chain.gaps, absorbed.misfits) == ((), ())


def test_two_events_with_one_sequence_are_a_fork() -> None:
    given = a_chain(3)
    other = given[1].model_copy(update={"id": an_event().id})
    (misfit,) = absorb(EMPTY, links([*given, other]), NOW).misfits
    assert (misfit.forked, misfit.link.event_id) == (True, other.id)


def test_entries_are_taken_once_however_often_a_step_is_done() -> None:
    given = links(a_chain(4))
    once = absorb(EMPTY, given, NOW).chain
    for start in range(4):
        assert absorb(once, given[start:], NOW) == (once, (), ())


def test_a_chain_full_of_gaps_stays_small_and_drops_none_silently() -> None:
    far = [Link(index, f"evt_{index:010d}", 2 * index + 2, GENESIS, GENESIS, NOW) for index in range(MOST_GAPS + 3)]
    absorbed = absorb(EMPTY, far, NOW)
    assert len(absorbed.chain.gaps) == MOST_GAPS
    assert [(gap.first, gap.last) for gap in absorbed.dropped] == [(1, 1), (3, 3), (5, 5)]
    assert len(absorbed.chain.model_dump_json()) < 100_000


def test_a_count_takes_each_entry_once() -> None:
    tally = Tally(source=SOURCE, day=NOW.date()).with_entries([0, 3, 4])
    assert (tally.count, tally.through) == (3, 5)
    assert tally.with_entries([0, 3, 4]) is tally
    assert tally.with_entries([3, 4, 8]).count == 4


def test_a_message_is_handled_by_its_kind_and_one_of_no_kind_fails() -> None:
    handled: list[str] = []
    handlers = {"range": lambda text, _now: handled.append(text)}
    handle('{"kind": "range", "start": 0}', handlers, NOW)
    assert handled == ['{"kind": "range", "start": 0}']
    for text in ('{"kind": "other"}', "{}", "[]", "3", '{"kind": []}', '{"kind": null}'):
        with pytest.raises(UnknownKindError):
            handle(text, handlers, NOW)
