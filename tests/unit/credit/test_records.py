"""What enters a file from others' events, each once (R-CRD-2, R-FBK-2)."""

from datetime import date
from typing import Any

import pytest

from services.credit import wiring
from services.credit.domain.records import heaviest, record_id
from services.credit.events import HANDLERS, consume_events
from shared.aws.consumer import take
from shared.aws.table import Row
from shared.contracts.credit import CreditRecord, CreditRecorded, RecordKind
from shared.contracts.event import Event, body_of
from shared.contracts.feedback import FeedbackOpened, PenaltyKind
from shared.contracts.vocabulary import ApplicantKind, DecisionResult
from shared.kernel.clock import utc_now
from tests.support.aws import sqs_batch, unsent_events
from tests.support.feedback_builders import (
    BUREAU,
    HEALTH,
    MARKET,
    SHOP,
    case_decided,
    decided,
    inspection,
    penalty,
    person,
    thread,
    told,
)

KEY = b"a key of thirty-two bytes or so."


def hear(*events: Event) -> None:
    for event in events:
        take(event, HANDLERS, "credit", utc_now)


def opened(report: dict[str, Any] | None = None, **changed: Any) -> Event:
    return told(FeedbackOpened(thread=thread(report, **changed)), source="/shenguan/feedback")[0]


def shop_file() -> list[CreditRecord]:
    return list(wiring.store().file(SHOP))


def recorded(table: type[Row]) -> list[CreditRecord]:
    return [body_of(event, CreditRecorded).record for event in unsent_events(table)]


class TestLicences:
    def test_a_licence_enters_the_file_when_it_is_granted(self, table: type[Row]) -> None:
        """R-CRD-2, Y 4. The day is Beijing's."""
        event = case_decided()
        hear(event)
        (record,) = shop_file()
        assert (record.kind, record.document_number, record.source_department) == (
            RecordKind.LICENCE, "示审批〔2026〕101号", BUREAU,
        )  # fmt: skip
        assert (record.decided_on, record.valid_until) == (date(2026, 3, 6), date(2031, 3, 5))
        assert record.source_event == event.id
        assert recorded(table) == [record]

    def test_the_same_event_again_changes_nothing(self, table: type[Row]) -> None:
        event = case_decided()
        hear(event, event)
        assert len(shop_file()) == len(recorded(table)) == 1

    def test_the_same_decision_told_by_another_event_changes_nothing(self, table: type[Row]) -> None:
        hear(case_decided(), case_decided())
        assert len(shop_file()) == len(recorded(table)) == 1

    @pytest.mark.parametrize("result", [result for result in DecisionResult if result is not DecisionResult.GRANTED])
    def test_nothing_enters_without_a_grant(self, table: type[Row], result: DecisionResult) -> None:
        hear(case_decided(decided(result)))
        assert recorded(table) == []

    def test_a_person_whose_code_is_masked_has_no_file(self, table: type[Row]) -> None:
        """R-CRD-1: a masked code names nobody."""
        hear(case_decided(decided(applicant=person())))
        hear(opened(applicant=person()))
        assert recorded(table) == []


class TestPenalties:
    def test_a_penalty_enters_at_its_heaviest_kind(self, table: type[Row]) -> None:
        """R-FBK-2, R-FBK-8."""
        hear(opened())
        (record,) = shop_file()
        assert (record.kind, record.weight, record.source_department) == (RecordKind.PENALTY, "fine", MARKET)
        assert record.decided_on == date(2026, 4, 2)
        assert recorded(table) == [record]

    def test_kinds_weigh_from_warning_to_detention(self) -> None:
        assert heaviest(PenaltyKind) is PenaltyKind.DETENTION
        assert heaviest([PenaltyKind.REVOCATION, PenaltyKind.WARNING]) is PenaltyKind.REVOCATION

    def test_an_inspection_enters_no_file(self, table: type[Row]) -> None:
        hear(opened(inspection()))
        assert recorded(table) == []

    def test_one_document_is_one_record_however_often_it_is_reported(self, table: type[Row]) -> None:
        other = "thread_01JD0M3Q5V8Z2K7T4B9N6R1X5D"
        spaced = penalty(document_number="市监处罚 〔2026〕118号", kinds=["warning"], fine_yuan=None)
        hear(opened(), opened(thread_id=other), opened(spaced, thread_id=other))
        assert [record.weight for record in shop_file()] == ["fine"]
        assert len(recorded(table)) == 1

    def test_the_same_document_with_a_heavier_kind_counts_at_the_heavier(self, table: type[Row]) -> None:
        """R-FBK-2: several at once count as one case at the heaviest."""
        hear(opened(), opened(penalty(kinds=["fine", "revocation"])))
        assert [record.weight for record in shop_file()] == ["revocation"]
        assert [record.weight for record in recorded(table)] == ["fine", "revocation"]
        first, second = unsent_events(table)
        assert (second.sequence, second.previous) == (2, first.hash())

    def test_two_documents_and_two_departments_are_separate_records(self, table: type[Row]) -> None:
        hear(opened(), opened(penalty(document_number="市监处罚〔2026〕119号")), opened(from_department=HEALTH))
        assert len(shop_file()) == len(recorded(table)) == 3

    def test_a_mistyped_code_still_has_a_file(self, table: type[Row]) -> None:
        wrong = thread().applicant.model_copy(update={"code": "91990100MA00000017"})
        hear(opened(applicant=wrong))
        assert [record.subject for record in recorded(table)] == ["91990100MA00000017"]
        assert len(wiring.store().file("91990100MA00000017")) == 1

    def test_a_person_called_an_organisation_has_no_file(self, table: type[Row]) -> None:
        """R-CRD-1: a citizen id is stored nowhere."""
        given = thread().applicant.model_copy(update={"code": "110101198001010010"})
        hear(opened(applicant=given))
        assert recorded(table) == []

    def test_an_organisation_with_a_masked_code_has_no_file(self, table: type[Row]) -> None:
        masked = thread().applicant.model_copy(update={"code": "9199010*********15"})
        assert masked.kind is ApplicantKind.ORGANISATION
        hear(opened(applicant=masked))
        assert recorded(table) == []


class TestQueue:
    @pytest.mark.usefixtures("table")
    def test_a_poison_message_fails_alone(self) -> None:
        misshapen = told(FeedbackOpened(thread=thread()))[0]
        misshapen = misshapen.model_copy(update={"data": misshapen.data.model_copy(update={"body": {}})})
        answer = consume_events(sqs_batch("{", misshapen, case_decided(), opened()), None)
        assert [each["itemIdentifier"] for each in answer["batchItemFailures"]] == ["message-0", "message-1"]
        assert len(shop_file()) == 2


def test_a_records_id_tells_nothing_without_the_key() -> None:
    """The id stands in the public log."""
    one = record_id(KEY, RecordKind.PENALTY, SHOP, MARKET, "118")
    assert one == record_id(KEY, RecordKind.PENALTY, SHOP, MARKET, "118")
    assert one != record_id(KEY[::-1], RecordKind.PENALTY, SHOP, MARKET, "118")
    assert one != record_id(KEY, RecordKind.PENALTY, SHOP + MARKET, "", "118")
    assert SHOP not in one
