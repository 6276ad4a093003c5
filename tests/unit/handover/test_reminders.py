"""Who hears of a term: liaisons by SMS, oversight by a finding (R-NTF-1, R-OVS-1, R-HND-14)."""

from datetime import timedelta

import pytest

from services.notification.domain import returned_message, term_message
from services.oversight import domain as oversight
from services.oversight.domain import TERM_KINDS, OwedTerm, Watch
from shared.contracts.oversight import FindingKind, Severity
from shared.contracts.terms import Term, TermMissed
from shared.contracts.vocabulary import Moment, TermKind
from tests.support.case_builders import CASE_ID, beijing
from tests.support.handover_builders import BUREAU, HEALTH, MARKET
from tests.support.push_builders import a_push

DUE = beijing(12, 0)
EVENT = "evt_01JD0M3Q5V8Z2K7T4B9N6R1X5C"


def term(kind: TermKind = TermKind.OPINION, owner: str = MARKET) -> Term:
    subject = "rev_01JD0M3Q5V8Z2K7T4B9N6R1X5C_001"
    return Term(kind=kind, subject=subject, owner=owner, since=beijing(4), due_at=DUE, told=Moment.AT)


def missed(given: Term) -> TermMissed:
    return TermMissed(
        case_id=CASE_ID, case_number="SP-2026-000101", bureau=BUREAU, item_name="食品经营许可", term=given
    )


def owed(given: Term, *, settled: bool = False) -> OwedTerm:
    return OwedTerm(
        case_id=CASE_ID, case_number="SP-2026-000101", item_name="食品经营许可", term=given, settled=settled
    )


class TestMessages:
    @pytest.mark.parametrize("moment", Moment)
    @pytest.mark.parametrize("kind", TermKind)
    def test_who_owes_it_is_told_what_and_until_when_and_nothing_of_the_applicant(
        self, kind: TermKind, moment: Moment
    ) -> None:
        """R-NTF-1: no personal data in an SMS; of the case number only the end."""
        message = term_message(missed(term(kind)), moment, EVENT)
        assert (message.department, message.about) == (MARKET, term().subject)
        assert "食品经营许可" in message.text
        assert "尾号000101" in message.text
        assert "SP-2026" not in message.text
        assert "2026年3月12日00:00" in message.text

    def test_each_moment_has_words_of_its_own(self) -> None:
        """R-NTF-1: before and after a deadline."""
        assert len({term_message(missed(term()), moment, EVENT).text for moment in Moment}) == len(Moment)

    def test_a_case_of_no_listed_item_can_be_told_of_too(self) -> None:
        """R-HND-15."""
        unlisted = missed(term(TermKind.ROUTING)).model_copy(update={"item_name": None})
        assert "未入清单事项" in term_message(unlisted, Moment.AT, EVENT).text

    def test_who_sent_a_push_is_told_of_its_return(self) -> None:
        """R-HND-4, R-NTF-1."""
        push = a_push()
        message = returned_message(push, EVENT)
        assert message.department == push.sender
        assert "退回" in message.text


class TestFindings:
    def test_every_kind_that_can_be_missed_is_found_but_for_what_is_watched_by_its_push(self) -> None:
        """R-OVS-1: approvals over their limits, opinions and returns not given, cases unrouted."""
        assert set(TermKind) - set(TERM_KINDS) == {TermKind.CLAIM, TermKind.PUBLIC_NOTICE}
        assert TERM_KINDS[TermKind.STATUTORY_LIMIT] is FindingKind.STATUTORY_LIMIT_PASSED

    def test_what_is_missed_opens_a_finding_that_grows_louder_and_closes_when_it_is_settled(self) -> None:
        """R-OVS-2."""
        watch = oversight.observed(None, owed(term()), 7)
        assert watch is not None
        opened = oversight.examined(watch, DUE)
        assert opened is not None
        finding = oversight.opened(opened, DUE)
        assert (finding.kind, finding.department, finding.case_number) == (
            FindingKind.OPINION_NOT_GIVEN,
            MARKET,
            "SP-2026-000101",
        )
        assert (finding.severity, finding.due_at) == (Severity.REMINDER, DUE)
        louder = oversight.examined(opened, DUE + timedelta(days=7))
        assert louder is not None
        assert louder.severity is Severity.RED
        closed = oversight.observed(louder, owed(term(), settled=True), 9)
        assert closed is not None
        assert (closed.severity, oversight.due_at(closed)) == (None, None)

    def test_what_is_heard_in_the_wrong_order_opens_nothing(self) -> None:
        """R-OVS-2: the highest sequence tells how it stands."""
        settled = oversight.observed(None, owed(term(), settled=True), 9)
        assert settled is not None
        assert oversight.observed(settled, owed(term()), 7) is None
        assert oversight.examined(settled, DUE + timedelta(days=7)) is None

    def test_each_department_asked_is_late_by_itself(self) -> None:
        """R-HND-10: two opinions on one request are two causes, with ids of their own."""
        watches = [Watch(term=owed(term(owner=each)), sequence=7, findings=1) for each in (MARKET, HEALTH)]
        assert len({oversight.cause_of(watch.about).key for watch in watches}) == 2
        assert len({oversight.finding_id(watch) for watch in watches}) == 2

    @pytest.mark.parametrize("kind", TERM_KINDS)
    def test_every_finding_has_an_id_that_fits(self, kind: TermKind) -> None:
        watch = Watch(term=owed(term(kind)), sequence=7, severity=Severity.YELLOW, findings=99)
        assert oversight.opened(watch, DUE).finding_id.startswith("find_")

    def test_over_the_statutory_limit_is_louder_than_over_the_committed_one(self) -> None:
        """R-OVS-1 超时审批: a promise is not the law."""
        at_once = {
            kind: oversight.severity_at(owed(term(kind)), DUE)
            for kind in (TermKind.COMMITTED_LIMIT, TermKind.STATUTORY_LIMIT)
        }
        assert list(at_once.values()) == [Severity.REMINDER, Severity.YELLOW]
