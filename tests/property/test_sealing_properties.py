"""The law of sealing (R-AUD-3): whatever is delivered, however often, whoever is killed: each event is one leaf."""

from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from services.audit.logic.proving import evidence
from services.audit.logic.sealing import seal
from shared.contracts.event import Envelope
from tests.support.audit_builders import NOW, Wire, a_log, assert_sound, envelopes, messages, wired
from tests.support.crashes import Killed, kill

EVENTS = envelopes(700)
NEVER = 10_000

deliveries = st.lists(
    st.tuples(
        st.integers(0, len(EVENTS) - 1),  # which event the batch begins with
        st.integers(1, 120),  # how many it has
        st.one_of(st.just(NEVER), st.integers(0, 40)),  # the moment at which its sealer is killed
    ),
    min_size=1,
    max_size=8,
)


@examples(max_examples=60)
@given(deliveries)
def test_every_delivered_event_is_one_leaf_of_a_sound_log(plan: list[tuple[int, int, int]]) -> None:
    log, delivered, sizes = a_log(), dict[str, Envelope](), set[int]()
    for begin, count, moment in plan:
        part = EVENTS[begin : begin + count]
        try:
            seal(wired(log, Wire(moment, kill)), messages(part), NOW)
        except Killed:
            seal(log, messages(part), NOW)  # the queue delivers it again
        delivered |= {envelope.id: envelope for envelope in part}
        sizes.add(log.ledger.head().size)
    assert_sound(log, list(delivered.values()), sizes)


@examples(max_examples=25)
@given(deliveries, st.data())
def test_every_leaf_of_it_is_provable_against_the_last_checkpoint(
    plan: list[tuple[int, int, int]], data: st.DataObject
) -> None:
    """`evidence` checks its own proof against the signed root, so that it answers is the law."""
    log = a_log()
    for begin, count, _ in plan:
        seal(log, messages(EVENTS[begin : begin + count]), NOW)
    begin, count, _ = data.draw(st.sampled_from(plan))
    for envelope in EVENTS[begin : begin + count : 17]:
        (entry,) = evidence(log, [envelope.id]).entries
        assert entry.envelope == envelope
