"""Who is answerable, for what, since when, proven by what: the cases that a regulation would name (R-HND-7, W 4)."""

from datetime import timedelta
from typing import NamedTuple

from services.handover.domain.places import Phase, places
from services.handover.domain.responsibility import (
    DUTIES,
    Responsibility,
    at_instant,
    is_complete,
    responsibilities,
    story_of,
)
from shared.contracts.items import ClaimRule
from shared.contracts.vocabulary import ClaimMode, OnOverdue, PushStage, TimeLimit
from tests.support.case_histories import CASE, History, Registry, Step, played
from tests.support.handover_builders import BUREAU, HEALTH, MARKET, STRANGER

BOTH = (PushStage.ACCEPTANCE, PushStage.DECISION)
ONE = Registry(listed=True, supervisors=(MARKET,), unreachable=frozenset(), stages=BOTH)
TWO = ONE._replace(supervisors=(MARKET, HEALTH))
RULE = ClaimRule(limit=TimeLimit(amount=30, unit="minute"), on_overdue=OnOverdue.ESCALATE)


class Part(NamedTuple):
    """A stretch, as short as it can be told."""

    phase: str
    answerable: str


def step(
    act: str, number: int = 0, to: str = STRANGER, *, minutes: int = 1, registry: Registry = ONE, twice: bool = False
) -> Step:
    return Step(act, number, to, timedelta(minutes=minutes), registry, twice)


def history(*steps: Step, rule: ClaimRule = RULE) -> History:
    return played(rule, list(steps))


def told(done: History, department: str | None = None) -> list[Part]:
    return [Part(each.phase, each.answerable) for each in story(done, department)]


def story(done: History, department: str | None = None) -> tuple[Responsibility, ...]:
    return responsibilities(done.events) if department is None else story_of(done.events, {department}).told


def last(done: History) -> Responsibility:
    return responsibilities(done.events)[-1]


def proof(done: History, stretch: Responsibility) -> list[str]:
    types = {event.id: event.type for event in done.events}
    return [types[each] for each in stretch.proven_by]


APPROVING = Part("approving", BUREAU)


def receiving(department: str = MARKET) -> Part:
    return Part("receiving", department)


def supervising(department: str = MARKET) -> Part:
    return Part("supervising", department)


class TestTheBureau:
    def test_it_is_answerable_from_the_first_event_until_the_result_is_delivered(self) -> None:
        """R-HND-7, W 4."""
        done = history(step("accept"), step("decide", minutes=60))
        first, second = responsibilities(done.events)
        assert (first.phase, first.answerable, first.since) == (Phase.APPROVING, BUREAU, done.events[0].time)
        assert first.until == second.since == done.events[0].time + timedelta(minutes=60)
        assert proof(done, first) == ["case.accepted.v1"]

    def test_an_acceptance_push_passes_nothing_on_even_when_it_is_claimed(self) -> None:
        """R-HND-7: only the result does."""
        done = history(step("accept"), step("claim"))
        assert told(done) == [APPROVING]
        assert told(done, MARKET) == [APPROVING]

    def test_it_stays_so_where_the_item_pushes_only_acceptances(self) -> None:
        """R-HND-7, R-REG-2."""
        only = ONE._replace(stages=(PushStage.ACCEPTANCE,))
        done = history(step("accept", registry=only), step("claim"), step("decide", registry=only))
        assert told(done) == [APPROVING]
        assert last(done).place == CASE.case_id

    def test_a_department_that_nothing_was_passed_to_is_told_of_it_until_it_passed_its_result_on(self) -> None:
        """R-HND-7: for any department; what others have by now is nothing of its own, nor the bureau's any more."""
        done = history(step("accept"), step("decide"), step("claim", 1))
        asked = story_of(done.events, {STRANGER})
        (approving,) = asked.told
        assert told(done, STRANGER) == [APPROVING]
        assert approving.until == asked.passed_on == story(done, MARKET)[1].since
        assert is_complete(asked.told, done.events[0].time, asked.passed_on)
        assert not is_complete(asked.told, done.events[0].time)
        undecided = story_of(history(step("accept")).events, {STRANGER})
        assert ([each.until for each in undecided.told], undecided.passed_on) == ([None], None)

    def test_where_it_passed_everything_on_at_once_nobody_else_is_told_of_anything(self) -> None:
        """R-HND-7."""
        done = history(step("decide"), step("claim"))
        asked = story_of(done.events, {STRANGER})
        assert (len(asked.told), asked.passed_on) == (0, done.events[0].time)
        assert is_complete(asked.told, done.events[0].time, asked.passed_on)


class TestADepartment:
    def test_it_receives_and_then_supervises(self) -> None:
        """R-HND-7, W 4."""
        done = history(step("accept"), step("decide"), step("claim", 1))
        assert told(done) == [APPROVING, receiving(), supervising()]
        assert proof(done, last(done)) == ["push.claimed.v1"]

    def test_each_of_several_has_a_boundary_of_its_own(self) -> None:
        """R-HND-7."""
        done = history(step("accept"), step("decide", registry=TWO), step("claim", 2))
        assert told(done, MARKET) == [APPROVING, receiving(MARKET)]
        assert told(done, HEALTH) == [APPROVING, receiving(HEALTH), supervising(HEALTH)]
        assert len({each.place for each in responsibilities(done.events)}) == 2

    def test_where_delivery_is_the_claim_it_supervises_from_that_instant(self) -> None:
        """R-HND-5, R-HND-7: a stretch of no length is nobody's, and both events prove the next."""
        done = history(step("decide"), rule=ClaimRule(mode=ClaimMode.ON_PUSH))
        assert told(done) == [supervising()]
        assert proof(done, last(done)) == ["case.decided.v1", "push.delivered.v1", "push.claimed.v1"]

    def test_being_late_leaves_it_answerable_for_receiving(self) -> None:
        """R-HND-5, R-HND-7."""
        done = history(step("decide"), step("elapse", minutes=31), step("elapse", minutes=31), step("claim", 0))
        assert [event.type for event in done.events].count("push.overdue.v1") == 1
        assert told(done) == [receiving(), supervising()]
        assert "being late" in DUTIES[Phase.RECEIVING].en

    def test_a_claim_taken_back_leaves_it_receiving_and_both_entries_prove_it(self) -> None:
        """R-HND-4, R-HND-7."""
        done = history(step("decide"), step("claim"), step("withdraw_claim"))
        assert told(done) == [receiving(), supervising(), receiving()]
        assert proof(done, last(done)) == ["push.claimed.v1", "push.claim_withdrawn.v1"]

    def test_whatever_happens_within_one_instant_leaves_one_answer(self) -> None:
        """R-HND-7: the clocks of servers may stand still, or go back."""
        done = history(step("decide"), step("claim", minutes=-3), step("withdraw_claim", minutes=-3), step("claim"))
        whole = responsibilities(done.events)
        assert is_complete(whole, done.events[0].time)
        assert len(at_instant(whole, done.events[0].time)) == 1
        assert told(done)[-1] == supervising()


class TestAReturn:
    def test_its_sender_decides_on_it_meanwhile(self) -> None:
        """R-HND-4, R-HND-7: nobody is rid of a duty by returning it, and nobody has it twice."""
        done = history(step("decide"), step("return"), step("refer"), step("uphold"))
        assert told(done) == [receiving(), Part("deciding_return", BUREAU), receiving()]
        assert proof(done, last(done)) == ["push.upheld.v1"]

    def test_a_referral_changes_nobodys_duty(self) -> None:
        """R-HND-4: the sender has put it before the conference, and remains answerable that it is decided."""
        done = history(step("decide"), step("return"), step("refer"))
        assert proof(done, last(done)) == ["push.returned.v1"]

    def test_reassigned_it_is_another_departments_to_receive_in_the_same_place(self) -> None:
        """R-HND-4, R-HND-7."""
        done = history(step("decide"), step("return"), step("reassign", 0, HEALTH), step("claim", 1))
        assert told(done) == [receiving(), Part("deciding_return", BUREAU), receiving(HEALTH), supervising(HEALTH)]
        assert len(places(done.events)) == 1
        received = responsibilities(done.events)[2]
        assert proof(done, received) == ["push.reassigned.v1", "push.delivered.v1"]
        assert told(done, MARKET) == told(done, HEALTH) == told(done)

    def test_withdrawn_it_is_the_bureaus_again(self) -> None:
        """R-HND-4, R-HND-7."""
        done = history(step("decide"), step("withdraw"))
        assert told(done) == [receiving(), Part("withdrawn", BUREAU)]
        assert "find the department" in last(done).duty_en

    def test_withdrawn_for_good_the_bureau_answers_for_that_and_owes_it_to_nobody(self) -> None:
        """R-HND-4, R-HND-7."""
        done = history(step("decide"), step("give_up"))
        assert told(done) == [receiving(), Part("nobody_instead", BUREAU)]
        assert "no department is to supervise" in last(done).duty_en
        later = history(step("decide"), step("withdraw"), step("give_up"))
        assert told(later) == [receiving(), Part("withdrawn", BUREAU), Part("nobody_instead", BUREAU)]


class TestARelay:
    def test_who_it_is_relayed_to_receives_it(self) -> None:
        """R-HND-9, R-HND-7."""
        done = history(step("decide"), step("relay", 0, HEALTH), step("relay", 1, STRANGER), step("claim", 2))
        assert told(done) == [receiving(), receiving(HEALTH), receiving(STRANGER), supervising(STRANGER)]
        assert proof(done, last(done)) == ["push.claimed.v1"]
        assert proof(done, responsibilities(done.events)[1]) == ["push.relayed.v1", "push.delivered.v1"]

    def test_on_its_return_who_relayed_it_decides(self) -> None:
        """R-HND-9: which then is answerable for it."""
        done = history(step("decide"), step("relay", 0, HEALTH), step("return", 1))
        assert told(done)[-1] == Part("deciding_return", MARKET)

    def test_taken_back_it_is_again_with_who_relayed_it(self) -> None:
        """R-HND-9: nobody is rid of a duty by relaying it and thinking better of it."""
        done = history(step("decide"), step("relay", 0, HEALTH), step("withdraw", 1))
        assert told(done) == [receiving(), receiving(HEALTH), receiving()]
        assert proof(done, last(done)) == ["push.withdrawn.v1", "push.delivered.v1"]


class TestWhatCannotBeRouted:
    def test_the_bureau_has_to_place_what_reaches_no_department(self) -> None:
        """R-HND-7, R-HND-15."""
        nobody = TWO._replace(unreachable=frozenset({HEALTH}))
        done = history(step("accept"), step("decide", registry=nobody))
        assert told(done, MARKET) == [APPROVING, receiving(MARKET)]
        assert told(done, HEALTH) == [APPROVING, Part("placing", BUREAU)]
        assert proof(done, story(done, HEALTH)[-1]) == ["push.unroutable.v1"]

    def test_routed_at_last_its_place_goes_on(self) -> None:
        """R-HND-7, R-HND-15: by itself, or by the coordinator's hand."""
        nobody = TWO._replace(unreachable=frozenset({HEALTH}))
        by_itself = history(step("decide", registry=nobody), step("reroute", registry=TWO), step("claim", 1))
        assert told(by_itself, HEALTH) == [Part("placing", BUREAU), receiving(HEALTH), supervising(HEALTH)]
        by_hand = history(step("decide", registry=nobody), step("route", 0, STRANGER, registry=nobody))
        assert told(by_hand, STRANGER) == [Part("placing", BUREAU), receiving(STRANGER)]
        assert told(by_hand, HEALTH) == told(by_hand, STRANGER)

    def test_a_whole_stage_branches_into_a_place_for_each_department_when_its_item_is_listed(self) -> None:
        """R-HND-7, R-HND-15: also for those who still cannot be reached."""
        unlisted = ONE._replace(listed=False)
        some = TWO._replace(unreachable=frozenset({HEALTH}))
        done = history(step("accept", registry=unlisted), step("decide", registry=unlisted))
        assert told(done) == [APPROVING, Part("placing", BUREAU)]
        done = history(
            step("accept", registry=unlisted),
            step("decide", registry=unlisted),
            step("reroute", 1, registry=some),
            step("reroute", 2, registry=TWO),
        )
        assert told(done, MARKET) == [APPROVING, Part("placing", BUREAU), receiving(MARKET)]
        at_last = told(done, HEALTH)
        assert at_last[:2] == [APPROVING, Part("placing", BUREAU)]
        assert at_last[-1] == receiving(HEALTH)
        assert len(places(done.events)) == 2

    def test_where_it_turns_out_to_be_for_nobody_the_bureau_keeps_it(self) -> None:
        """R-HND-7, R-REG-2."""
        unlisted = ONE._replace(listed=False)
        only = ONE._replace(stages=(PushStage.ACCEPTANCE,))
        done = history(step("decide", registry=unlisted), step("reroute", registry=only))
        assert told(done) == [Part("placing", BUREAU), APPROVING]


class TestALaterAct:
    def test_it_changes_nothing_for_who_supervises_already(self) -> None:
        """R-HND-3, R-HND-7."""
        before = history(step("decide"), step("claim"))
        after = history(step("decide"), step("claim"), step("later_act"), step("claim", 1))
        assert len(after.file.pushes if after.file else ()) == 2
        assert told(after) == told(before)

    def test_it_opens_a_place_for_a_department_that_had_none(self) -> None:
        """R-HND-3, R-HND-7."""
        done = history(step("decide"), step("claim"), step("later_act", registry=TWO), step("claim", 2, minutes=5))
        assert told(done, MARKET) == [receiving(MARKET), supervising(MARKET)]
        assert told(done, HEALTH) == [APPROVING, receiving(HEALTH), supervising(HEALTH)]

    def test_one_on_a_licence_from_before_the_linkage_is_where_the_story_begins(self) -> None:
        """R-HND-3, R-HND-7."""
        done = history(step("later_act"), step("claim"))
        assert told(done) == [receiving(), supervising()]

    def test_not_routed_for_who_has_a_place_it_opens_none(self) -> None:
        """R-HND-3, R-HND-15."""
        away = ONE._replace(unreachable=frozenset({MARKET}))
        done = history(step("decide"), step("claim"), step("later_act", registry=away))
        assert told(done) == [receiving(), supervising()]


def test_a_broken_story_is_told_as_one() -> None:
    """R-HND-7: that there is no gap is found by looking, not claimed."""
    done = history(step("accept"), step("decide"), step("claim", 1))
    whole, begun = responsibilities(done.events), done.events[0].time
    first, second, third = whole
    assert is_complete(whole, begun)
    assert not is_complete((), begun)
    assert not is_complete((first, third), begun)
    assert not is_complete((second, third), begun)
    assert not is_complete((first, second), begun)
    overlapping = second.model_copy(update={"since": begun})
    assert not is_complete((first, overlapping, third), begun)


def test_every_phase_has_its_duty_in_both_languages() -> None:
    assert DUTIES.keys() == set(Phase)
    assert all("R-HND-7" in each.rule and each.zh and each.en for each in DUTIES.values())
