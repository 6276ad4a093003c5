"""Handover under faults: whatever is killed, lost, repeated, overtaken or late, nothing is lost and nothing is doubled.

A state machine drives the real handlers: requests through the app, news of the registry through the queue's function,
deadlines through the schedule's, events through the stream's and the sweeper's; notification and oversight hear them.
Any process may be killed before or after any call to AWS, get no answer from it, be throttled, or be overtaken by
another; messages come twice and out of order; servers' clocks differ. After every step the laws of
tests.support.handover_laws hold of every case. In the end all that is unanswered is asked again, everything is told,
and what was answered has happened, once.
"""

import sys
from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta
from functools import partial
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from services.handover.domain.pushes import MOVES, Move
from shared.contracts.pushes import Push
from shared.contracts.vocabulary import Stage
from shared.kernel.clock import to_text
from shared.kernel.permissions import Role
from tests.support.case_acts import (
    CASE_ACTS,
    LATER_ACTS,
    OBJECTION,
    OPINION,
    TAKEN_BACK,
    case_act,
    offline_claim,
)
from tests.support.faults import Fault, Trouble
from tests.support.faulty_city import HEARERS, CaseTruth, FaultyCity, Json, Request, a_faulty_city
from tests.support.handover_builders import BUREAU, HEALTH, MARKET, acceptance, decision, later_act
from tests.support.handover_laws import (
    check_answers,
    check_case,
    check_hearers,
    check_ledger,
    check_nothing_waits_that_could_go,
    check_numbers,
    check_objections,
    check_told,
)
from tests.support.push_desk import COUNTY, MOVES_ASKED, PROVINCE
from tests.support.registry_news import CODES, ITEMS, STANDINGS, RegistryNews

DEPARTMENTS = (MARKET, HEALTH, PROVINCE, COUNTY)
ASKED_FOR = tuple(move for move in Move if move is not Move.LAPSE)
BUREAU_ROLES = (Role.APPROVER, Role.REGISTRAR)

MOMENTS = 16
"""A request makes up to eight calls; a fault planned for later meets nobody."""

faults = st.none() | st.builds(
    Fault, st.sampled_from(Trouble), st.integers(0, MOMENTS), times=st.sampled_from([1, 2, 9])
)
numbers = st.integers(0, 1)
picks = st.integers(0, 30)
many = st.lists(picks, min_size=1, max_size=6)
rivals = st.tuples(st.sampled_from(["itself", "elapse", "news", "rival"]), picks, picks)
spans = st.sampled_from([1, 20, 61, 24 * 60, 3 * 24 * 60, 9 * 24 * 60]).map(lambda minutes: timedelta(minutes=minutes))

versions = st.tuples(st.sampled_from(CODES), st.sampled_from(sorted(ITEMS)), st.sampled_from(STANDINGS))
changes = st.tuples(st.sampled_from((MARKET, HEALTH)), st.sampled_from(["active", "no_liaison", "suspended"]))

Rival = tuple[str, int, int]
NOBODY: Rival = ("itself", 0, 0)


class HandoverMachine(RuleBasedStateMachine):
    """Two case numbers, two items, four departments, and whatever can go wrong between them."""

    def __init__(self) -> None:
        super().__init__()
        self.opened = ExitStack()
        self.city: FaultyCity = self.opened.enter_context(a_faulty_city())
        self.registry = RegistryNews(self.city)
        self.said: dict[tuple[int, str], Json] = {}
        self.keys = 0
        self.checked: dict[str, CaseTruth] = {}

    # ── The bureau ───────────────────────────────────────────────────────────────────────────────

    @initialize(code=st.sampled_from(CODES))
    def begin(self, code: str) -> None:
        """A case to begin with."""
        self.accept(0, code, None, NOBODY, 0)

    @rule(
        act=st.sampled_from(["accept", "decide", "decide", "later", "otherwise"]),
        number=numbers,
        code=st.sampled_from(CODES),
        stage=st.sampled_from(sorted(LATER_ACTS)),
        fault=faults,
        rival=rivals,
        office=st.integers(0, 1),
    )
    def push(
        self, act: str, number: int, code: str, stage: Stage, fault: Fault | None, rival: Rival, office: int
    ) -> None:
        """The bureau accepts, decides, does something to a licence, or contradicts itself."""
        if act == "accept":
            self.accept(number, code, fault, rival, office)
        elif act == "decide":
            self.decide(number, code, fault, rival, office)
        elif act == "later":
            self.act_later(number, stage, fault, rival)
        else:
            self.accept_otherwise(number, fault)

    def accept(self, number: int, code: str, fault: Fault | None, rival: Rival, office: int) -> None:
        """R-HND-1, R-HND-13: a number is accepted once, with what it was accepted with."""
        at = self._ago(10)
        body = acceptance(case_number=_numbered(number), item_code=code, received_at=at, accepted_at=at)
        self._push("/v1/acceptances", (number, "acceptance"), body, office, fault, rival)

    def decide(self, number: int, code: str, fault: Fault | None, rival: Rival, office: int) -> None:
        """R-HND-2: decided once, also where nothing was pushed at acceptance."""
        decided = decision()["decision"] | {"decided_at": self._ago(4)}
        about = {name: acceptance(item_code=code)[name] for name in ("item_code", "applicant")}
        body = {"case_number": _numbered(number), "decision": decided, **about}
        self._push("/v1/decisions", (number, "decision"), body, office, fault, rival)

    def act_later(self, number: int, stage: Stage, fault: Fault | None, rival: Rival) -> None:
        """R-HND-3: what is done to a licence is pushed where its decision was."""
        body = later_act(
            case_number=_numbered(number), act={"stage": stage, **LATER_ACTS[stage], "done_at": self._ago(0)}
        )
        self._push("/v1/later-acts", (number, stage), body, 0, fault, rival)

    def accept_otherwise(self, number: int, fault: Fault | None) -> None:
        """R-HND-13: the same number with something else is a conflict, and changes nothing."""
        body = self.said.get((number, "acceptance"))
        if body is not None:
            self._ask("POST", "/v1/acceptances", body | {"promises": ["另行补充"]}, BUREAU, BUREAU_ROLES, fault)

    # ── What happens to pushes ───────────────────────────────────────────────────────────────────

    @rule(pick=picks, move=picks, fault=faults, rival=rivals, to=st.sampled_from(DEPARTMENTS), desk=st.integers(0, 1))
    def move_on(self, pick: int, move: int, fault: Fault | None, rival: Rival, to: str, desk: int) -> None:
        """R-HND-4, R-HND-6, R-HND-9: any legal move of any push, by whoever may make it."""
        push = self._push_at(pick)
        if push is not None:
            self._move(push, _legal(push, move), to, fault, rival, desk=desk)

    @rule(pick=picks, move=picks, to=st.sampled_from(DEPARTMENTS), fault=faults)
    def move_further(self, pick: int, move: int, to: str, fault: Fault | None) -> None:
        """R-HND-4: any legal move of one of the latest pushes, so that histories grow long."""
        push = self._push_at(-1 - pick % 2)
        if push is not None:
            self._move(push, _legal(push, move), to, fault)

    @rule(pick=picks, move=st.sampled_from(ASKED_FOR), to=st.sampled_from(DEPARTMENTS))
    def try_anything(self, pick: int, move: Move, to: str) -> None:
        """R-HND-4: what is not legal is refused and leaves nothing."""
        push = self._push_at(pick)
        if push is not None:
            self._move(push, move, to)

    @rule(department=st.sampled_from(DEPARTMENTS), fault=faults, rival=rivals)
    def claim_all(self, department: str, fault: Fault | None, rival: Rival) -> None:
        """R-HND-16: many claims in one request, each on its own."""
        mine = [push.push_id for push in self._pushes() if push.department == department]
        if mine:
            body = {"push_ids": mine[-6:]}
            self._ask("POST", "/v1/claims", body, department, (Role.LIAISON,), fault, rival)

    @rule(pick=picks, to=st.sampled_from(DEPARTMENTS), fault=faults, rival=rivals)
    def route_by_hand(self, pick: int, to: str, fault: Fault | None, rival: Rival) -> None:
        """R-HND-15: the coordinator sends on what could not be routed."""
        parts = [part for case in self.city.cases().values() for part in case.file.unrouted]
        if parts:
            path = f"/v1/unrouted/{parts[pick % len(parts)].unrouted_id}/route"
            body = {"departments": [{"department": to, "part": "lead"}], "reason": "经协调先行接收"}
            self._ask("POST", path, body, BUREAU, BUREAU_ROLES, fault, rival)

    @rule(pick=picks, by_bureau=st.booleans(), fault=faults, rival=rivals)
    def claim_offline(self, pick: int, fault: Fault | None, rival: Rival, *, by_bureau: bool) -> None:
        """R-HND-12: a claim by letter, recorded by the department or by the bureau."""
        push = self._push_at(pick)
        if push is not None:
            side, roles = (BUREAU, BUREAU_ROLES) if by_bureau else (push.department, (Role.LIAISON,))
            path = f"/v1/pushes/{push.push_id}/offline-claim"
            self._ask("POST", path, offline_claim(self.city), side, roles, fault, rival)

    # ── Clocks, opinions, public notices ─────────────────────────────────────────────────────────

    @rule(
        act=st.sampled_from([*sorted(CASE_ACTS), "opinion", "objection"]),
        pick=picks,
        who=st.sampled_from((MARKET, HEALTH, BUREAU)),
        fault=faults,
        rival=rivals,
    )
    def work_on(self, act: str, pick: int, who: str, fault: Fault | None, rival: Rival) -> None:
        """What is done in a case beside its pushes."""
        if act == "opinion":
            self.answer_review(pick, who, fault, rival)
        elif act == "objection":
            self.speak_of_notice(pick, who, fault, rival)
        else:
            self.act_in_case(pick, act, fault, rival)

    def act_in_case(self, pick: int, act: str, fault: Fault | None, rival: Rival) -> None:
        """R-HND-10, R-HND-11, R-HND-14: the clock is stopped, opinions are asked for, the case is shown."""
        cases = list(self.city.cases())
        if cases:
            path = f"/v1/cases/{cases[pick % len(cases)]}/{act}"
            self._ask("POST", path, case_act(self.city, act), BUREAU, BUREAU_ROLES, fault, rival)

    def answer_review(self, pick: int, who: str, fault: Fault | None, rival: Rival) -> None:
        """R-HND-10: a department gives its opinion, or the bureau wants it no more."""
        reviews = [review for case in self.city.cases().values() for review in case.file.reviews]
        if reviews:
            path = f"/v1/reviews/{reviews[pick % len(reviews)].review_id}"
            if who == BUREAU:
                self._ask("POST", f"{path}/withdraw", TAKEN_BACK, BUREAU, BUREAU_ROLES, fault, rival)
            else:
                self._ask("POST", f"{path}/opinion", OPINION, who, (Role.LIAISON,), fault, rival)

    def speak_of_notice(self, pick: int, who: str, fault: Fault | None, rival: Rival) -> None:
        """R-HND-11: a department objects to what is shown, or the bureau takes it back."""
        notices = [notice for case in self.city.cases().values() for notice in case.file.notices]
        if notices:
            path = f"/v1/public-notices/{notices[pick % len(notices)].notice_id}"
            if who == BUREAU:
                self._ask("POST", f"{path}/withdraw", TAKEN_BACK, BUREAU, BUREAU_ROLES, fault, rival)
            else:
                self._ask("POST", f"{path}/objections", OBJECTION, who, (Role.LIAISON,), fault, rival)

    # ── Two at once ──────────────────────────────────────────────────────────────────────────────

    @rule(pick=picks, moves=st.tuples(picks, picks), to=st.sampled_from(DEPARTMENTS), moment=st.integers(0, MOMENTS))
    def two_at_once(self, pick: int, moves: tuple[int, int], to: str, moment: int) -> None:
        """R-HND-6: while one is at a push, another does something with that very push."""
        push = self._push_at(pick)
        if push is not None:
            rival: Rival = ("rival", pick, moves[1])
            overtaken = Fault(Trouble.OVERTAKEN, moment)
            self._move(push, _legal(push, moves[0]), to, overtaken, rival)

    @rule(
        number=numbers,
        code=st.sampled_from(CODES),
        form=st.sampled_from(sorted(ITEMS)),
        standing=st.sampled_from(STANDINGS),
        moment=st.integers(0, MOMENTS),
    )
    def news_comes_meanwhile(self, number: int, code: str, form: str, standing: str, moment: int) -> None:
        """R-HND-15: while a stage is judged, all the news there is comes in, and whoever waits is woken."""
        self.registry.publish(code, form, standing)
        stage = (number, "decision" if (number, "acceptance") in self.said else "acceptance")
        overtaken = Fault(Trouble.OVERTAKEN, moment)
        if stage[1] == "decision":
            self.decide(number, code, overtaken, ("all_news", 0, 0), 0)
        else:
            self.accept(number, code, overtaken, ("all_news", 0, 0), 0)

    # ── Asking again ─────────────────────────────────────────────────────────────────────────────

    @rule(pick=picks, fault=faults, rival=rivals)
    def ask_again(self, pick: int, fault: Fault | None, rival: Rival) -> None:
        """R-HND-13: whoever got no answer asks again under the same key."""
        unanswered = self.city.unanswered()
        if unanswered:
            asked = unanswered[pick % len(unanswered)]
            self.city.again(asked, fault, self._meanwhile(rival, asked.request))

    @rule(pick=picks)
    def repeat(self, pick: int) -> None:
        """R-HND-13: what was done is answered as it was answered first, however long ago that was."""
        done = [asked for asked in self.city.asked if asked.done is not None and asked.request.method == "POST"]
        if done:
            asked = done[pick % len(done)]
            answer = self.city.again(asked)
            assert answer is not None
            assert answer.status < 300, answer.text
            assert _lasting(answer.json) == _lasting(asked.done), "the first answer"

    # ── The registry, the clock, the queues ──────────────────────────────────────────────────────

    @rule(told=versions | changes)
    def registry_tells(self, told: tuple[str, ...]) -> None:
        """R-REG-4, R-ORG-2: another version of an item; a department loses its liaison, is suspended, is back."""
        if len(told) == len(("code", "form", "standing")):
            self.registry.publish(*told)
        else:
            self.registry.alter(*told)

    @rule(chosen=many, fault=faults, rival=rivals)
    def hear_news(self, chosen: list[int], fault: Fault | None, rival: Rival) -> None:
        """R-HND-15: news comes in any order, and more than once."""
        news = self.city.news
        self.city.run(partial(news.deliver, news.chosen(chosen)), fault, self._meanwhile(rival))

    @rule(fault=faults, rival=rivals)
    def elapse(self, fault: Fault | None, rival: Rival) -> None:
        """R-HND-5, R-HND-14, R-HND-15: what is due takes its course; who waits is woken."""
        self.city.run(self.city.elapse, fault, self._meanwhile(rival))

    @rule(span=spans)
    def time_passes(self, span: timedelta) -> None:
        """Minutes, an hour, a day, a weekend, as long as a public notice."""
        self.city.clock.now += span

    @rule(by=st.sampled_from(["relay", "sweep", *HEARERS]), chosen=many, fault=faults)
    def tell(self, by: str, chosen: list[int], fault: Fault | None) -> None:
        """The stream, some of it twice; the sweeper; whoever hears of it, in any order."""
        if by == "relay":
            self.city.run(partial(self.city.relay, chosen), fault)
        elif by == "sweep":
            self.city.run(self.city.sweep, fault)
        else:
            self.city.post()
            box = self.city.hearers[by]
            self.city.run(partial(box.deliver, box.chosen(chosen)), fault)

    # ── The laws ─────────────────────────────────────────────────────────────────────────────────

    @invariant()
    def every_case_holds(self) -> None:
        """Whatever was interrupted, each case is whole."""
        cases = self.city.cases()
        for case_id, case in cases.items():
            if self.checked.get(case_id) is not case:
                check_case(case)
        check_numbers(cases, self.city)
        check_ledger(cases, self.city)
        check_objections(cases, self.city)
        self.checked = dict(cases)

    def teardown(self) -> None:
        """In the end nothing is lost and nothing is doubled."""
        try:
            if sys.exc_info()[0] is None:
                self._end()
        finally:
            self.opened.close()

    def _end(self) -> None:
        self.city.calm()
        cases = self.city.cases()
        for case in cases.values():
            check_case(case)
        check_answers(self.city, cases)
        check_told(self.city, cases)
        check_hearers(self.city, cases)
        check_nothing_waits_that_could_go(self.city, cases)
        self.registry.mend()
        self.city.settle()
        waiting = [part for case in self.city.cases().values() for part in case.file.unrouted if not part.placed_at]
        assert waiting == [], "R-HND-15: once nothing hinders it, everything is routed by itself"

    # ── How it is asked ──────────────────────────────────────────────────────────────────────────

    def _push(
        self, path: str, what: tuple[int, str], body: Json, office: int, fault: Fault | None, rival: Rival
    ) -> None:
        given = self.said.setdefault(what, body)
        self._ask("POST", path, given, BUREAU, BUREAU_ROLES, fault, rival, desk=office)

    def _move(
        self, push: Push, move: Move, to: str, fault: Fault | None = None, rival: Rival | None = None, *, desk: int = 0
    ) -> None:
        path = f"/v1/pushes/{push.push_id}"
        if move is Move.VIEW:
            self._ask("GET", path, None, push.department, (Role.LIAISON,), fault, rival)
            return
        asked = MOVES_ASKED[move]
        side = push.sender if asked.by_bureau else push.department
        roles = BUREAU_ROLES if side == BUREAU else (Role.LIAISON,)
        body = asked.body | ({"department": to} if "department" in asked.body else {}) if asked.body else None
        self._ask("POST", f"{path}/{asked.path}", body, side, roles, fault, rival, desk=desk)

    def _ask(
        self,
        method: str,
        path: str,
        body: Any,
        department: str,
        roles: tuple[Role, ...],
        fault: Fault | None = None,
        rival: Rival | None = None,
        *,
        desk: int = 0,
    ) -> None:
        self.keys += 1
        # R-HND-7: each request meets another server, whose clock is some seconds off.
        self.city.clock.skew = timedelta(seconds=self.keys * 5 % 7 - 3)
        client = f"cli_desk_{desk}_{department[-8:]}"
        request = Request(self.keys, method, path, body, department, roles, client, f"key-{self.keys}")
        self.city.ask(request, fault, self._meanwhile(rival, request))

    def _meanwhile(self, rival: Rival | None, request: Request | None = None) -> Callable[[], None]:
        """What another process does while one is at work: the very same request, say."""

        def act() -> None:
            kind, pick, move = rival or ("rival", 0, 0)
            if kind == "itself" and request is not None:
                self.city.ask(request)
            elif kind == "elapse":
                self.city.run(self.city.elapse)
            elif kind == "all_news":
                self.city.run(partial(self.city.news.deliver, tuple(self.city.news.waiting)))
                self.city.run(self.city.elapse)
            elif kind == "news":
                self.city.run(partial(self.city.news.deliver, self.city.news.chosen([pick])))
            elif push := self._push_at(pick):
                self._move(push, _legal(push, move), HEALTH, desk=1)

        return act

    def _pushes(self) -> list[Push]:
        return [push for case in self.city.cases().values() for push in case.file.pushes]

    def _push_at(self, pick: int) -> Push | None:
        pushes = self._pushes()
        return pushes[pick % len(pushes)] if pushes else None

    def _ago(self, minutes: int) -> str:
        return to_text(self.city.clock.now - timedelta(minutes=minutes))


def _legal(push: Push, pick: int) -> Move:
    """A move that somebody may ask for; a claim where there is none."""
    legal = [move for move in MOVES[push.state] if move is not Move.LAPSE] or [Move.CLAIM]
    return legal[pick % len(legal)]


def _numbered(number: int) -> str:
    return f"SP-2026-{number:06d}"


def _lasting(answer: Json | None) -> Json | None:
    """What of an answer never changes: a batch tells each time what still cannot be claimed, and why."""
    if answer is None or "results" not in answer:
        return answer
    return {"results": [each for each in answer["results"] if each["claimed"]]}


TestHandover = HandoverMachine.TestCase
TestHandover.settings = settings(
    max_examples=12,
    stateful_step_count=50,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
