"""What every service's store promises, as checks that any DynamoDB engine must pass.

`STORES` need one thread, `STORE_RACES` an engine that bears several. Both are tables by service: a service whose store
is in neither fails a test. All writing goes through the services' own use cases, on the engine's own table.
"""

import json
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
from pydantic import BaseModel, TypeAdapter

from services.credit import logic as credit_logic
from services.credit.domain import SOURCE as CREDIT
from services.credit.schemas import LookUp
from services.credit.store import CreditStore
from services.feedback import logic as feedback_logic
from services.feedback.domain import SOURCE as FEEDBACK
from services.feedback.ports import Position, ThreadPage
from services.feedback.store import FeedbackStore
from services.handover.domain import SOURCE as HANDOVER
from services.handover.domain.ledger import InboxGroup
from services.handover.domain.responsibility import responsibilities
from services.handover.domain.terms import CASE
from services.handover.logic import pushes as push_logic
from services.handover.logic import stages
from services.handover.schemas.stages import AcceptanceRequest, DecisionRequest, LaterActRequest
from services.handover.store.directory import DirectoryStore
from services.identity.domain import SOURCE as IDENTITY
from services.identity.domain.clients import RegisteredClient, hash_secret
from services.identity.store import IdentityStore
from services.notification import domain as notification
from services.notification.store import NotificationStore
from services.oversight import logic as oversight_logic
from services.oversight.store import OversightStore
from services.registry.domain import SOURCE as REGISTRY
from services.registry.domain.items import PublishedItem
from services.registry.domain.jurisdiction import NATIONAL
from services.registry.logic import consultation as consultation_logic
from services.registry.logic import departments as department_logic
from services.registry.logic import items as item_logic
from services.registry.logic import public as public_logic
from services.registry.logic import versions as version_logic
from services.registry.schemas.consultation import ConsultationAnswerRequest, ConsultationRequest
from services.registry.schemas.departments import DepartmentQuery, DepartmentRequest
from services.registry.schemas.items import ItemRequest, PublishRequest
from services.registry.schemas.public import PublicQuery
from services.registry.store.departments import DepartmentStore
from services.registry.store.documents import DocumentStore
from services.registry.store.items import ItemStore
from services.registry.store.public import PublicListStore
from services.registry.store.search import SearchStore
from shared.aws.due import DeadlineStore, Owed
from shared.aws.journal import Journal
from shared.aws.table import Row
from shared.contracts.chain import ChainHead, verify
from shared.contracts.change import AlreadyDone, Context, Once, Outdated, Stored, change
from shared.contracts.departments import Department
from shared.contracts.event import Event
from shared.contracts.feedback import Report
from shared.contracts.identity import Client, ClientRegistered
from shared.contracts.items import Item
from shared.contracts.notification import DeliveryAttempted
from shared.contracts.oversight import Severity
from shared.contracts.pushes import Push
from shared.contracts.vocabulary import ApplicantKind, LicenceStanding, PushState
from shared.kernel.clock import BEIJING
from shared.kernel.errors import Refused
from shared.kernel.ids import new_id
from shared.kernel.permissions import Role
from tests.support import (
    audit_checks,
    deadline_checks,
    department_checks,
    import_checks,
    ledger_checks,
    material_checks,
    move_checks,
    public_checks,
    registry_checks,
    revocation_checks,
    verification_checks,
)
from tests.support import feedback_builders as told
from tests.support import handover_builders as city
from tests.support import push_builders as pushes
from tests.support import registry_builders as given
from tests.support.acts import NOW, once
from tests.support.aws import unsent_events
from tests.support.offices import by, office_on
from tests.support.table_checks import Check, at_once

M = TypeVar("M", bound=BaseModel)

_LICENSED_BEFORE = {key: city.acceptance()[key] for key in ("item_code", "applicant")}
"""What is told of a case that was never pushed before."""


def handover(table: type[Row]) -> None:
    """R-HND-1, R-HND-4, R-HND-6, R-HND-13."""
    office, deadlines = office_on(table), DeadlineStore(Journal(table, HANDOVER))
    bureau = by(city.BUREAU, Role.APPROVER)
    _know_city(DirectoryStore(Journal(table, HANDOVER)))
    receipt = stages.push_acceptance(office, bureau, _parsed(AcceptanceRequest, city.acceptance())).answer
    again = stages.push_acceptance(office, bureau, _parsed(AcceptanceRequest, city.acceptance())).answer
    assert again == receipt

    push = receipt.pushes[0]
    liaison = by(city.MARKET, Role.LIAISON, after=timedelta(minutes=5))
    assert _ids(office.cases.inbox(city.MARKET, group=InboxGroup.OPEN, limit=10, position=None)[0]) == [push.push_id]
    assert _of_cases(deadlines.due(push.claim_due_at - timedelta(days=1, milliseconds=1))) == []
    assert _of_cases(deadlines.due(push.claim_due_at)) == [Owed(CASE, push.case_id)]
    assert push_logic.claim_push(office, liaison, push.push_id).state is PushState.CLAIMED
    assert _of_cases(deadlines.due(push.claim_due_at)) == []
    assert office.cases.inbox(city.MARKET, group=InboxGroup.OPEN, limit=10, position=None)[0] == []
    assert _ids(office.cases.inbox(city.MARKET, group=InboxGroup.CLAIMED, limit=10, position=None)[0]) == [push.push_id]

    after_deciding = by(city.BUREAU, Role.APPROVER, after=timedelta(days=30))
    stages.push_decision(office, after_deciding, _parsed(DecisionRequest, city.decision()))
    stored = office.cases.case(receipt.case_id)
    assert stored
    assert len(stored.state.pushes) == 2
    assert stored == office.cases.case_by_number(city.BUREAU, "SP-2026-000101")
    assert verify(office.cases.events(receipt.case_id), stored.head) == []


def a_later_act_and_its_repeat(table: type[Row]) -> None:
    """R-HND-3, R-HND-13: told again under a new key it is answered as at first, and the key is remembered."""
    office, told = office_on(table), _parsed(LaterActRequest, city.later_act(**_LICENSED_BEFORE))
    _know_city(DirectoryStore(Journal(table, HANDOVER)))

    def tell(key: str) -> stages.Recorded:
        bureau = by(city.BUREAU, Role.APPROVER, once=once(key), after=timedelta(days=30))
        return stages.push_later_act(office, bureau, told)

    first, again = tell("first"), tell("again")
    assert (again.answer, first.again, again.again) == (first.answer, False, True)
    with pytest.raises(AlreadyDone):
        tell("again")
    remembered = Journal(table, HANDOVER).answer(once("again").key)
    assert remembered
    assert remembered.response == first.answer.model_dump_json()
    stored = office.cases.case(first.answer.case_id)
    assert stored
    assert stored.state.case.standing is LicenceStanding.GRANTED
    story = responsibilities(office.cases.events(first.answer.case_id))
    assert [each.answerable for each in story] == [city.MARKET]


def handover_without_a_route(table: type[Row]) -> None:
    """R-HND-15, R-REG-4."""
    office = office_on(table)
    bureau = by(city.BUREAU, Role.APPROVER)
    assert office.directory.departments([]) == []
    for number in range(3):
        request = _parsed(AcceptanceRequest, city.acceptance(case_number=f"SP-{number}"))
        stages.push_acceptance(office, bureau, request)
    waiting, position = office.cases.unrouted(city.BUREAU, limit=2, position=None)
    rest, _ = office.cases.unrouted(city.BUREAU, limit=2, position=position)
    assert {each.case_number for each in (*waiting, *rest)} == {"SP-0", "SP-1", "SP-2"}

    later = NOW + timedelta(days=1)
    for version, effective in ((2, later), (1, city.LONG_AGO)):
        office.directory.keep_item(city.item(version=version, effective_from=effective), by(None, once=once()))
    assert [_version(office.directory.item_in_force(city.ITEM_CODE, at)) for at in (NOW, later)] == [1, 2]
    assert office.directory.item_in_force(city.ITEM_CODE, city.LONG_AGO - timedelta(days=1)) is None


MANY_CLAIMS = 200


def one_claim_of_many_wins(table: type[Row]) -> None:
    """R-HND-6: two hundred at once; one wins, and all others are told the same claimant and instant."""
    office = office_on(table)
    _know_city(DirectoryStore(Journal(table, HANDOVER)))
    request = _parsed(AcceptanceRequest, city.acceptance())
    push = stages.push_acceptance(office, by(city.BUREAU, Role.APPROVER), request).answer.pushes[0]

    told: list[str] = []

    def claim(_: int) -> None:
        # As the HTTP layer does, decide again on what has become of the case.
        while True:
            try:
                push_logic.claim_push(office, by(city.MARKET, Role.LIAISON, once=once()), push.push_id)
            except Outdated:
                continue
            except Refused as refused:
                told.append(refused.en)
                raise
            return

    results = at_once(MANY_CLAIMS, claim)
    assert sorted(set(results)) == ["Refused", "won"]
    assert results.count("won") == 1
    (winner,) = [each.body for each in office.cases.receipts(push.case_id, push.push_id) if each.body.push_half]
    at = winner.at.astimezone(BEIJING).isoformat(timespec="milliseconds")
    assert len(told) == MANY_CLAIMS - 1
    assert len(set(told)) == 1
    assert f"{winner.claimant}" in told[0]
    assert at in told[0]
    assert [event.type for event in office.cases.events(push.case_id)].count("push.claimed.v1") == 1


def one_case_for_one_number(table: type[Row]) -> None:
    """R-HND-13: a number recorded twice at once is one case; who lost reads it and decides again."""
    office = office_on(table)
    _know_city(DirectoryStore(Journal(table, HANDOVER)))
    request = _parsed(AcceptanceRequest, city.acceptance())

    def push(_: int) -> None:
        for _attempt in range(20):
            try:
                stages.push_acceptance(office, by(city.BUREAU, Role.APPROVER), request)
            except Outdated:
                continue
            return

    assert set(at_once(6, push)) == {"won"}
    assert len({event.subject for event in unsent_events(table)}) == 1


def feedback(table: type[Row]) -> None:
    """R-FBK-1, R-FBK-2, R-FBK-10."""
    store = FeedbackStore(Journal(table, FEEDBACK))
    _consume(
        told.case_pushed_to(told.MARKET),
        {
            "case.accepted.v1": lambda event, context: feedback_logic.know_case(
                store, told.case(), event.sequence, context
            ),
            "push.delivered.v1": lambda event, context: feedback_logic.know_push(
                store, told.push(), event.sequence, context
            ),
        },
    )
    assert store.was_pushed(told.CASE, told.MARKET)
    assert not store.was_pushed(told.CASE, told.STRANGER)

    market = by(told.MARKET, Role.INSPECTOR, after=timedelta(days=60))
    threads = [feedback_logic.report(store, market, told.CASE, _report(), ()) for _ in range(3)]
    first, position = _page(store.inbox(told.BUREAU, "open", 2, None))
    rest, _ = _page(store.inbox(told.BUREAU, "open", 2, position))
    assert {*first, *rest} == {each.thread_id for each in threads}
    bureau = by(told.BUREAU, Role.APPROVER, after=timedelta(days=61))
    feedback_logic.acknowledge(store, bureau, threads[0].thread_id, "已阅")
    assert _page(store.inbox(told.BUREAU, "acknowledged", 5, None))[0] == [threads[0].thread_id]
    assert len(_page(store.inbox(told.BUREAU, "open", 5, None))[0]) == 2
    assert len(feedback_logic.threads_about(store, bureau, told.CASE, 10, None).threads) == 3


def feedback_out_of_order(table: type[Row]) -> None:
    """An older snapshot of a case that comes late changes nothing."""
    store = FeedbackStore(Journal(table, FEEDBACK))
    newer = told.case(item_name="新名")
    feedback_logic.know_case(store, newer, 4, by(None, once=once()))
    feedback_logic.know_case(store, told.case(), 1, by(None, once=once()))
    known = store.case(told.CASE)
    assert known
    assert known.item_name == "新名"


def credit(table: type[Row]) -> None:
    """R-CRD-2, R-CRD-3, R-CRD-4, R-FBK-8."""
    store = CreditStore(Journal(table, CREDIT))
    decided = told.case_decided()
    seen = Once(f"event#{decided.id}", decided.commitment)
    credit_logic.enter_licence(store, told.decided(), decided.id, by(None, once=seen), b"k" * 32)
    with pytest.raises(AlreadyDone):
        credit_logic.enter_licence(store, told.decided(), decided.id, by(None, once=seen), b"k" * 32)
    credit_logic.enter_penalty(store, told.thread(), new_id("evt"), by(None, once=once()), b"k" * 32)

    kinds = [record.kind.value for record in store.file(told.SHOP)]
    assert sorted(kinds) == ["licence", "penalty"]
    first, position = store.file_page(told.SHOP, 1, None)
    second, _ = store.file_page(told.SHOP, 1, position)
    assert [each.kind.value for each in (*first, *second)] == ["penalty", "licence"]

    counter = by(told.BUREAU, Role.APPROVER, once=once())
    asked = LookUp(subject_code=told.SHOP, subject_kind=ApplicantKind.ORGANISATION, case_number="SP-1")
    answer = credit_logic.look_up(store, counter, asked, b"k" * 32)
    stored = store.lookup(answer.lookup_id)
    assert stored
    assert stored.state == answer
    assert [each.lookup_id for each in store.lookups_page(told.SHOP, 5, None)[0]] == [answer.lookup_id]
    with pytest.raises(AlreadyDone):
        credit_logic.look_up(store, counter, asked, b"k" * 32)


def identity(table: type[Row]) -> None:
    """R-AUD-7."""
    store = IdentityStore(table)
    key = once()
    client = Client(client_id=new_id("cli"), name="窗口", department=None, roles=(), registered_at=NOW)
    state = RegisteredClient(client=client, secret_sha256=hash_secret("secret"))
    admin = by(None, Role.SYSTEM_ADMIN, once=key)

    def register() -> None:
        body = ClientRegistered(client=client)
        store.save(change(IDENTITY, client.client_id, ChainHead(), state, [body], admin, client))

    register()
    with pytest.raises(AlreadyDone):
        register()
    assert store.read(client.client_id) == state
    assert store.read(new_id("cli")) is None
    assert store.read("once#x") is None
    assert store.registered(key) == client
    assert store.registered(Once(key.key, "something else")) is None


def registry(table: type[Row]) -> None:
    """R-ORG-1, R-ORG-2, R-REG-1, R-REG-4, R-REG-5."""
    journal = Journal(table, REGISTRY)
    departments, items, public = DepartmentStore(journal), ItemStore(journal), PublicListStore(journal)
    bureau = _register(departments, name="临江市行政审批局", kind="approval")
    market = _register(departments)
    everybody, _ = department_logic.list_departments(departments, DepartmentQuery(limit=10), None)
    assert {each.department_id for each in everybody} == {bureau, market}

    registrar, code = by(bureau, Role.REGISTRAR), "000131016000"
    asked = _parsed(ItemRequest, given.item_body(bureau, market))
    documents = DocumentStore(journal)
    draft = item_logic.draft_item(items, documents, NATIONAL, registrar, asked)
    assert public.listed(code) is None
    versions = []
    for _ in range(2):
        revision = item_logic.show_item(items, registrar.principal, draft.item_id).revision
        file = item_logic.edit_draft(items, documents, NATIONAL, registrar, draft.item_id, revision, asked)
        published = version_logic.publish_item(
            items, NATIONAL, registrar, draft.item_id, file.revision, _parsed(PublishRequest, given.WAIVED)
        )
        assert published.published
        versions.append(published.published.item.version)
    assert versions == [1, 2]
    assert [_item_version(public.version(code, each)) for each in (1, 2, 3)] == [1, 2, None]
    assert _item_version(public.in_force(code, registrar.now)) == 2
    assert public.in_force(code, registrar.now - timedelta(milliseconds=1)) is None
    lists = (PublicQuery(), PublicQuery(supervision_department=market), PublicQuery(code=code))
    for query in (*lists, PublicQuery(approval_department=bureau)):
        found = public_logic.list_published(public, SearchStore(journal), query, None, registrar.now)
        assert [each.item.version for each in found.items] == [2]


def a_publication_judged_by_an_old_department_is_decided_again(table: type[Row]) -> None:
    """R-ORG-2: the last liaison may leave while an item is being published."""
    journal = Journal(table, REGISTRY)
    departments, items = DepartmentStore(journal), ItemStore(journal)
    bureau, market = _register(departments, name="临江市行政审批局", kind="approval"), _register(departments)
    registrar = by(bureau, Role.REGISTRAR)
    wanted = _parsed(ItemRequest, given.item_body(bureau, market))
    draft = item_logic.draft_item(items, DocumentStore(journal), NATIONAL, registrar, wanted)
    seen = items.departments([bureau, market])
    asked = _parsed(DepartmentRequest, given.department_body())
    department_logic.edit_department(departments, by(None), market, 1, asked)

    class Late(ItemStore):
        def departments(self, department_ids: Collection[str]) -> Mapping[str, Stored[Department]]:
            return {each: seen[each] for each in department_ids}

    with pytest.raises(Outdated):
        version_logic.publish_item(
            Late(journal), NATIONAL, registrar, draft.item_id, draft.revision, _parsed(PublishRequest, given.WAIVED)
        )
    assert PublicListStore(journal).listed("000131016000") is None


def a_consultation(table: type[Row]) -> None:
    """R-REG-4: who is asked finds it in a list, and silence past the limit is recorded."""
    journal = Journal(table, REGISTRY)
    departments, items, deadlines = DepartmentStore(journal), ItemStore(journal), DeadlineStore(journal)
    bureau, market = _register(departments, name="临江市行政审批局", kind="approval"), _register(departments)
    health = _register(departments, name="临江市卫生健康委员会")
    registrar = by(bureau, Role.REGISTRAR)
    wanted = _parsed(ItemRequest, given.item_body(bureau, market, health))
    draft = item_logic.draft_item(items, DocumentStore(journal), NATIONAL, registrar, wanted)
    file = consultation_logic.consult(items, registrar, draft.item_id, draft.revision, ConsultationRequest())
    assert file.consultation
    confirmed = ConsultationAnswerRequest(number=1, answer="confirmed")
    consultation_logic.answer_consultation(items, by(market, Role.LIAISON), draft.item_id, confirmed)
    assert [each.item_id for each in items.asking(health, 10, None)[0]] == [draft.item_id]
    assert items.asking(market, 10, None)[0] == []

    due = file.consultation.due_at
    assert list(deadlines.due(due - timedelta(milliseconds=1))) == []
    (owed,) = deadlines.due(due)
    late = by(None, after=due - NOW)
    assert consultation_logic.fall_silent(items, late, owed.subject)
    assert not consultation_logic.fall_silent(items, late, owed.subject)
    assert list(deadlines.due(due)) == []
    assert items.asking(health, 10, None)[0] == []
    version_logic.publish_item(items, NATIONAL, registrar, draft.item_id, file.revision + 2, PublishRequest())
    assert PublicListStore(journal).listed("000131016000")


def oversight(table: type[Row]) -> None:
    """R-OVS-1, R-OVS-2: one finding per cause, louder with time, closed when the cause goes."""
    store = OversightStore(table)
    push = pushes.a_push()
    oversight_logic.observe(store, by(None), push, 2)
    oversight_logic.observe(store, by(None), push, 2)
    late = push.claim_due_at - NOW
    assert list(store.due(push.claim_due_at - timedelta(milliseconds=1))) == []
    assert list(store.due(push.claim_due_at)) == [push.push_id]
    assert oversight_logic.examine_one(store, by(None, after=late), push.push_id)
    assert not oversight_logic.examine_one(store, by(None, after=late), push.push_id)
    assert oversight_logic.examine_one(store, by(None, after=late + timedelta(days=30)), push.push_id)
    (finding,), _ = store.page(push.department, "open", limit=5, before=None)
    assert finding.severity is Severity.RED
    assert store.page(None, None, limit=5, before=None)[0] == (finding,)

    claimed = push.model_copy(update={"state": PushState.CLAIMED_LATE, "claimed_at": push.claim_due_at})
    oversight_logic.observe(store, by(None, after=late), claimed, 3)
    assert store.page(push.department, "open", limit=5, before=None)[0] == ()
    stored = store.finding(finding.finding_id)
    assert stored
    assert stored.state.state == "closed"
    assert verify(store.journal.events(finding.finding_id), stored.head) == []


def one_finding_of_many_examinations(table: type[Row]) -> None:
    """R-OVS-2."""
    store = OversightStore(table)
    push = pushes.a_push()
    oversight_logic.observe(store, by(None), push, 1)
    late = push.claim_due_at - NOW
    at_once(8, lambda _: oversight_logic.examine_one(store, by(None, after=late), push.push_id))
    assert [event.type for event in unsent_events(table)] == ["finding.opened.v1"]


def notify(table: type[Row]) -> None:
    """R-NTF-1, R-NTF-3."""
    store = NotificationStore(table)
    push = pushes.a_push(delivered_at=NOW)
    department = pushes.a_department()
    store.keep_department(department, once())
    store.keep_department(department.model_copy(update={"version": 0, "name": "旧名"}), once())
    assert store.department(push.department) == department

    seen = once()
    store.queue(notification.deliveries_for(notification.delivered_message(push), (), NOW), seen)
    with pytest.raises(AlreadyDone):
        store.queue(notification.deliveries_for(notification.delivered_message(push), (), NOW), seen)
    (waiting,) = store.due(NOW)
    until = NOW + notification.LEASE
    leased = store.lease(waiting, until)
    assert leased
    assert store.lease(waiting, until) is None
    two = (pushes.a_liaison(), pushes.a_liaison("联络员乙", "13900000002"))
    spread = store.spread(leased, notification.addressed(leased.delivery, two))
    assert spread
    (other,) = store.due(NOW)
    assert other.delivery.liaison == "联络员乙"

    after = notification.attempted(spread.delivery, notification.Outcome(reached=True, result="message-1"), NOW)
    body = DeliveryAttempted(delivery=after)
    store.save(change(notification.SOURCE, after.delivery_id, ChainHead(), after, [body], by(None)))
    attempts = store.attempts(after.delivery_id)
    assert attempts
    assert attempts.state == after
    assert [each.delivery.delivery_id for each in store.due(until)] == [other.delivery.delivery_id]
    assert len(store.page(push.department, None, limit=10, position=None)[0]) == 2


def one_lease_of_many(table: type[Row]) -> None:
    """R-NTF-3: two runs of the schedule send one SMS."""
    store = NotificationStore(table)
    push = pushes.a_push(delivered_at=NOW)
    store.queue(notification.deliveries_for(notification.delivered_message(push), (pushes.a_liaison(),), NOW), once())
    (waiting,) = store.due(NOW)
    taken: list[object] = []
    at_once(8, lambda n: taken.append(store.lease(waiting, NOW + timedelta(minutes=2, seconds=n))))
    assert len(taken) == 8
    assert len([each for each in taken if each]) == 1


STORES: dict[str, tuple[Check, ...]] = {
    "audit": (*audit_checks.CHECKS, *verification_checks.CHECKS),
    "credit": (credit,),
    "feedback": (feedback, feedback_out_of_order),
    "handover": (
        handover,
        a_later_act_and_its_repeat,
        handover_without_a_route,
        *material_checks.CHECKS,
        *deadline_checks.CHECKS,
        *ledger_checks.CHECKS,
        *move_checks.CHECKS,
        *revocation_checks.CHECKS,
    ),
    "identity": (identity,),
    "notification": (notify,),
    "oversight": (oversight,),
    "registry": (
        registry,
        a_publication_judged_by_an_old_department_is_decided_again,
        a_consultation,
        *department_checks.CHECKS,
        *registry_checks.CHECKS,
        *import_checks.CHECKS,
        *public_checks.CHECKS,
    ),
}

STORE_RACES: tuple[Check, ...] = (
    one_claim_of_many_wins,
    one_case_for_one_number,
    one_finding_of_many_examinations,
    one_lease_of_many,
    *audit_checks.RACES,
    *material_checks.RACES,
    *deadline_checks.RACES,
    *ledger_checks.RACES,
    *move_checks.RACES,
    *revocation_checks.RACES,
    *department_checks.RACES,
    *registry_checks.RACES,
    *import_checks.RACES,
    *public_checks.RACES,
)


def _of_cases(owed: Iterable[Owed]) -> list[Owed]:
    """The deadlines of cases, beside what the registry's news wakes."""
    return [each for each in owed if each.kind == CASE]


def _know_city(directory: DirectoryStore) -> None:
    directory.keep_item(city.item(), by(None, once=once()))
    directory.keep_department(city.department(), by(None, once=once()))


def _parsed(model: type[M], body: object) -> M:
    return model.model_validate_json(json.dumps(body), strict=True)


def _report() -> Report:
    adapter: TypeAdapter[Report] = TypeAdapter(Report)
    return adapter.validate_json(json.dumps(told.inspection()))


def _consume(events: tuple[Event, ...], handlers: Mapping[str, Callable[[Event, Context], None]]) -> None:
    for event in events:
        handlers[event.type](event, by(None, once=Once(f"event#{event.id}", event.commitment)))


def _ids(found: Iterable[Push]) -> list[str]:
    return [push.push_id for push in found]


def _page(page: ThreadPage) -> tuple[list[str], Position | None]:
    return [thread.thread_id for thread in page.threads], page.position


def _version(item: Item | None) -> int | None:
    return item.version if item else None


def _item_version(published: PublishedItem | None) -> int | None:
    return published.item.version if published else None


def _register(store: DepartmentStore, **changed: Any) -> str:
    asked = _parsed(DepartmentRequest, given.department_body(**changed))
    return department_logic.register_department(store, by(None, Role.REGISTRAR), asked).department_id


def all_stores() -> tuple[Check, ...]:
    """Every store's checks, one after another."""
    return tuple(check for checks in STORES.values() for check in checks)


def left_out() -> set[str]:
    """Services that have a store nobody checks."""
    services = Path(__file__).parents[2] / "services"
    return {path.parent.name for path in services.glob("*/wiring.py")} - set(STORES)
