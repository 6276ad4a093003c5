"""A payload that law requires erased can go: chain, log and older evidence verify as before (R-AUD-2, R-AUD-5)."""

from datetime import timedelta

import pytest

from services.audit.logic.proving import evidence
from services.audit.logic.sealing import seal
from shared.aws.journal import Journal
from shared.aws.outbox import Outbox
from shared.aws.table import Row
from shared.contracts.chain import verify
from shared.contracts.change import Outdated
from shared.contracts.erasures import PayloadErased
from shared.contracts.event import ErasedEvent, Event, body_of, read_past
from shared.contracts.evidence import verify_evidence
from shared.http import outbox as functions
from shared.kernel.errors import Refused
from shared.kernel.ids import new_id
from tests.support.acts import NOW, SOURCE, Counter, Mailbox, act, all_rows, count_up, counting
from tests.support.audit_builders import SIGNER, a_log, messages
from tests.support.aws import unsent_events
from tests.support.crashes import Killed, Wire
from tests.support.evidence_builders import disclosure_of

GROUND = "个人信息保护法第四十七条"
LATER = act(now=NOW + timedelta(days=400))


@pytest.fixture
def case(table: type[Row]) -> str:
    """A case of three events, published."""
    aggregate = new_id("case")
    for number in range(3):
        journal = Journal(table, SOURCE)
        journal.commit(counting(aggregate, journal.read(aggregate, Counter), act(), note=f"secret-{number}"))
    publish(table)
    return aggregate


def publish(table: type[Row]) -> Mailbox:
    mailbox = Mailbox()
    Outbox(table, mailbox, mailbox, "topic", "queue").publish(unsent_events(table))  # type: ignore[arg-type]
    return mailbox


def test_nothing_of_the_payload_is_left_and_every_link_still_holds(table: type[Row], case: str) -> None:
    """R-AUD-2."""
    journal = Journal(table, SOURCE)
    before = [each.envelope() for each in journal.events(case)]
    erasure = journal.erase(case, 2, GROUND, "an operator", LATER)
    after = list(journal.past(case))
    stored = journal.read(case, Counter)
    assert stored
    assert [each.envelope() for each in after] == before
    assert verify(after, stored.head) == []
    erased = after[1]
    assert isinstance(erased, ErasedEvent)
    assert (erased.erased, erasure.at, erasure.ground) == (erasure, LATER.now, GROUND)
    assert "secret-1" not in str(table.get(case, "event#0000000002").serialize())
    assert "secret-0" in str(all_rows(table))


def test_that_it_was_erased_is_an_event_of_the_log_itself(table: type[Row], case: str) -> None:
    """R-AUD-1: who, when, on which ground; R-AUD-4: without it, a payload that is gone is damage."""
    erasure = Journal(table, SOURCE).erase(case, 2, GROUND, "an operator", LATER)
    (told,) = unsent_events(table)
    assert told.id == erasure.event_id
    assert told.data.actor == LATER.actor
    assert (body_of(told, PayloadErased).subject, body_of(told, PayloadErased).sequence) == (case, 2)
    assert publish(table).told_events() == [told]


def test_who_needs_the_payload_is_told_that_it_is_gone_and_who_links_on_is_not_held_up(
    table: type[Row], case: str
) -> None:
    journal = Journal(table, SOURCE)
    journal.erase(case, 3, GROUND, "an operator", LATER)
    with pytest.raises(Refused) as refused:
        list(journal.events(case))
    assert refused.value.code == "payload_erased"
    count_up(table, case)
    stored = journal.read(case, Counter)
    assert stored
    assert verify(journal.past(case), stored.head) == []


def test_an_event_still_unsent_is_not_erased(table: type[Row], case: str) -> None:
    """Its consumers would never be told, and the log would never hold it."""
    count_up(table, case)
    before = all_rows(table)
    with pytest.raises(Refused) as refused:
        Journal(table, SOURCE).erase(case, 4, GROUND, "an operator", LATER)
    assert refused.value.code == "event_unsent"
    assert all_rows(table) == before
    with pytest.raises(Refused) as refused:
        Journal(table, SOURCE).erase(case, 5, GROUND, "an operator", LATER)
    assert refused.value.code == "not_found"


def test_to_erase_again_changes_nothing_and_answers_the_first_erasure(table: type[Row], case: str) -> None:
    journal = Journal(table, SOURCE)
    first = journal.erase(case, 1, GROUND, "an operator", LATER)
    before = all_rows(table)
    assert journal.erase(case, 1, "another ground", "an operator", act()) == first
    assert all_rows(table) == before


def test_whoever_is_killed_while_erasing_has_done_all_of_it_or_nothing(
    table: type[Row], case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = Journal(table, SOURCE)
    moment = 0
    while True:
        wire = Wire(moment)
        try:
            with wire.cut(monkeypatch):
                journal.erase(case, 2, GROUND, "an operator", LATER)
        except Killed:
            erased = isinstance(list(journal.past(case))[1], ErasedEvent)
            assert len(unsent_events(table)) == erased
            moment += 1
        else:
            break
    assert moment >= 4
    assert len(unsent_events(table)) == 1


def test_a_row_that_somebody_damaged_is_not_erased(table: type[Row], case: str) -> None:
    """Damage is evidence too (R-AUD-4)."""
    row = table.get(case, "event#0000000002")
    row.body = table.get(case, "event#0000000001").body
    row.save()
    before = all_rows(table)
    with pytest.raises(ValueError, match="holds another event"):
        Journal(table, SOURCE).erase(case, 2, GROUND, "an operator", LATER)
    assert all_rows(table) == before


def test_what_tells_of_an_erasure_is_not_erased(table: type[Row], case: str) -> None:
    erasure = Journal(table, SOURCE).erase(case, 2, GROUND, "an operator", LATER)
    publish(table)
    with pytest.raises(ValueError, match="that stays"):
        Journal(table, SOURCE).erase(erasure.record, 1, GROUND, "an operator", LATER)


def test_of_two_who_erase_at_once_one_does(table: type[Row], case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    journal, other = Journal(table, SOURCE), Journal(table, SOURCE)
    write = journal._write

    def overtaken(writes: list[object]) -> None:
        other.erase(case, 2, GROUND, "an operator", LATER)
        write(writes)  # type: ignore[arg-type]

    monkeypatch.setattr(journal, "_write", overtaken)
    with pytest.raises(Outdated):
        journal.erase(case, 2, GROUND, "an operator", LATER)
    assert len(unsent_events(table)) == 1


def test_the_log_and_older_evidence_files_verify_as_before(table: type[Row], case: str) -> None:
    """R-AUD-5: whoever holds an evidence file with the payload keeps his proof; who comes later gets the envelope's."""
    journal, log = Journal(table, SOURCE), a_log()
    events = list(journal.events(case))
    seal(log, messages([each.envelope() for each in events]), NOW)
    file = evidence(log, [each.id for each in events])
    disclosures = map(disclosure_of, events)
    disclosed = [
        entry.model_copy(update={"disclosure": each}) for entry, each in zip(file.entries, disclosures, strict=True)
    ]
    older = file.model_copy(update={"entries": tuple(disclosed)})
    journal.erase(case, 2, GROUND, "an operator", LATER)
    assert all(fact.payload for fact in verify_evidence(older, SIGNER.key))
    newer = evidence(log, [each.id for each in journal.past(case)])
    facts = verify_evidence(newer, SIGNER.key)
    assert [fact.envelope for fact in facts] == [each.envelope() for each in events]


def test_the_function_looks_erases_and_refuses_for_an_operator(table: type[Row]) -> None:
    """R-AUD-1: who asked is on record; the log and its queue do not learn it."""
    aggregate = new_id("case")
    journal = Journal(table, "/shenguan/things")
    journal.commit(counting(aggregate, None, act()))
    asked = {"subject": aggregate, "sequence": 1, "ground": GROUND, "operator": "arn:somebody"}
    unsent = functions.erase_payload(asked, None)
    assert unsent["refused"]["zh"].endswith("请稍后重试。")
    publish(table)
    seen = functions.erase_payload({**asked, "look": True}, None)
    assert (seen["case"], seen["type"], seen["erased_before"]) == (aggregate, "test.counted.v1", False)
    assert isinstance(journal.stored(aggregate, 1), Event)
    assert functions.erase_payload(asked, None) == seen
    assert isinstance(journal.stored(aggregate, 1), ErasedEvent)
    (told,) = unsent_events(table)
    assert body_of(told, PayloadErased).operator == "arn:somebody"
    assert told.data.actor.client_id == "system:things"
    assert functions.erase_payload(asked, None)["erased_before"]
    assert functions.erase_payload({**asked, "sequence": 2}, None)["refused"]


def test_a_payload_that_only_says_the_word_is_read_as_a_payload(table: type[Row]) -> None:
    aggregate = new_id("case")
    made = counting(aggregate, None, act(), note="erased")
    Journal(table, SOURCE).commit(made)
    text = table.get(aggregate, "event#0000000001").body or ""
    assert '"erased"' in text
    assert read_past(text) == made.events[0]
    assert isinstance(read_past(text), Event)
