"""What the registry's stores of documents, notices and transfers promise, as checks that any DynamoDB engine must pass.

They are part of tests.support.store_checks, which says what is run where.
"""

import json
from datetime import timedelta
from typing import Any, TypeVar

import pytest
from pydantic import BaseModel

from services.registry.domain import SOURCE
from services.registry.domain.jurisdiction import NATIONAL
from services.registry.domain.notices import NOTICE, NoticeSide
from services.registry.logic import departments as department_logic
from services.registry.logic import documents as document_logic
from services.registry.logic import items as item_logic
from services.registry.logic import notices as notice_logic
from services.registry.logic import transfers as transfer_logic
from services.registry.logic import versions as version_logic
from services.registry.schemas.departments import DepartmentRequest
from services.registry.schemas.documents import DocumentRequest
from services.registry.schemas.items import ItemRequest, PublishRequest
from services.registry.schemas.notices import NoticeAnswerRequest, NoticeRequest
from services.registry.schemas.transfers import TransferCorrection, TransferQuery, TransferRequest
from services.registry.store.departments import DepartmentStore
from services.registry.store.documents import DocumentStore
from services.registry.store.item_keys import PUBLIC, code_key
from services.registry.store.items import ItemStore
from services.registry.store.notices import NoticeStore
from services.registry.store.public import PublicListStore
from services.registry.store.transfers import TransferStore
from shared.aws.due import DeadlineStore, Owed
from shared.aws.journal import Journal
from shared.aws.table import Row
from shared.contracts.chain import verify
from shared.contracts.change import AlreadyDone, Context, Once
from shared.contracts.notices import Notice, NoticeState, Overdue
from shared.kernel.errors import Refused
from shared.kernel.permissions import Principal, Role
from tests.support import registry_builders as given
from tests.support.acts import NOW, once
from tests.support.file_builders import SCAN, document_body, sha256_of
from tests.support.file_fakes import FilesInMemory
from tests.support.notice_builders import notice_body
from tests.support.table_checks import Check, at_once
from tests.support.transfer_builders import transfer_body

M = TypeVar("M", bound=BaseModel)

CODE = "000131016000"
_NOTHING_TO_REVISE = NoticeAnswerRequest.model_validate({"outcome": "no_revision_needed", "reason": "无须修订"})


def documents(table: type[Row]) -> None:
    """R-REG-3: a document is stored once its upload agrees, and by then alone others may name it."""
    journal, files = Journal(table, SOURCE), FilesInMemory()
    store, registrar = DocumentStore(journal), _by("dept_01J9ZQ3V6W7X8Y9Z0A1B2C3D4E", Role.REGISTRAR)
    declared = document_logic.declare_document(store, files, registrar, _parsed(DocumentRequest, document_body()))
    with pytest.raises(Refused, match="Nothing has been uploaded"):
        document_logic.complete_document(store, files, registrar, declared.document_id)
    assert store.stored([declared.document_id]) == {}
    files.put(declared.content_key, SCAN, "application/pdf")
    done = document_logic.complete_document(store, files, registrar, declared.document_id)
    assert document_logic.complete_document(store, files, registrar, declared.document_id) == done
    assert store.stored([declared.document_id])[declared.document_id].sha256 == sha256_of(SCAN)
    found = store.upload(declared.document_id)
    assert found
    assert verify(journal.events(declared.document_id), found.head) == []


def notices(table: type[Row]) -> None:
    """R-REG-7: flags come and go while versions are published; what is late is recorded once."""
    journal = Journal(table, SOURCE)
    store, deadlines = NoticeStore(journal), DeadlineStore(journal)
    bureau, market = _city(journal)
    notice = _sent(store, market)
    assert _marks(table) == {notice.notice_id}
    _publish_again(journal, bureau)
    assert _marks(table) == {notice.notice_id}
    listed = PublicListStore(journal).listed(CODE)
    assert listed
    assert listed.versions[-1].item.version == 2

    assert list(deadlines.due(notice.acknowledge_by - timedelta(milliseconds=1))) == []
    assert list(deadlines.due(notice.acknowledge_by)) == [Owed(NOTICE, notice.notice_id)]
    late = _by(None, after=notice.acknowledge_by - NOW)
    assert notice_logic.let_notice_elapse(store, late, notice.notice_id)
    assert not notice_logic.let_notice_elapse(store, late, notice.notice_id)
    assert list(deadlines.due(notice.acknowledge_by)) == []
    assert list(deadlines.due(notice.answer_by)) == [Owed(NOTICE, notice.notice_id)]

    after = notice_logic.answer_notice(store, _late(bureau), notice.notice_id, _NOTHING_TO_REVISE)
    assert after.overdue == (Overdue.ACKNOWLEDGEMENT,)
    assert _marks(table) == set()
    assert list(deadlines.due(notice.answer_by + timedelta(days=99))) == []
    for department, side in ((market, NoticeSide.SENT), (bureau, NoticeSide.RECEIVED)):
        assert _listed(store, department, side, NoticeState.ANSWERED) == [notice.notice_id]
        assert _listed(store, department, side, NoticeState.SENT) == []
        assert _listed(store, department, side, None) == [notice.notice_id]
    stored = store.notice(notice.notice_id)
    assert stored
    assert verify(journal.events(notice.notice_id), stored.head) == []


def transfers(table: type[Row]) -> None:
    """R-REG-8: one entry for one transfer, every version readable, one order."""
    journal = Journal(table, SOURCE)
    store = TransferStore(journal)
    bureau, market = _departments(journal)
    key = once()
    registrar = _by(bureau, Role.REGISTRAR, key)
    asked = _parsed(TransferRequest, transfer_body(market, bureau))
    entry = transfer_logic.record_transfer(store, registrar, asked)
    with pytest.raises(AlreadyDone):
        transfer_logic.record_transfer(store, registrar, asked)
    registrar = _by(bureau, Role.REGISTRAR)
    with pytest.raises(Refused, match=entry.transfer_id):
        transfer_logic.record_transfer(store, registrar, asked)
    moved = _parsed(TransferCorrection, transfer_body(market, bureau, transferred_on="2020-01-01", reason="日期有误"))
    corrected = transfer_logic.correct_transfer(store, registrar, entry.transfer_id, 1, moved)
    other = transfer_logic.record_transfer(store, registrar, asked)
    assert store.version(entry.transfer_id, 1) == entry
    assert store.version(entry.transfer_id, 2) == corrected
    assert store.version(entry.transfer_id, 3) is None
    for query in (TransferQuery(limit=1), TransferQuery(limit=1, giver=market), TransferQuery(limit=1, code=CODE)):
        first, position = transfer_logic.list_transfers(store, query, None)
        rest, _ = transfer_logic.list_transfers(store, query, position)
        assert [*first, *rest] == [corrected, other]


def one_answer_of_many_wins(table: type[Row]) -> None:
    """R-REG-7: of several officers who answer at once one does, and its flags go once."""
    journal = Journal(table, SOURCE)
    store = NoticeStore(journal)
    bureau, market = _city(journal)
    notice = _sent(store, market)

    def answer(_: int) -> None:
        notice_logic.answer_notice(store, _late(bureau), notice.notice_id, _NOTHING_TO_REVISE)

    results = at_once(8, answer)
    assert results.count("won") == 1
    assert set(results) <= {"won", "Outdated", "Refused"}
    types = [event.type for event in journal.events(notice.notice_id)]
    assert types == ["notice.sent.v1", "notice.answered.v1"]
    assert _marks(table) == set()


def flags_of_many_notices_are_all_there(table: type[Row]) -> None:
    """R-REG-7: notices sent and versions published at once lose nothing of one another."""
    journal = Journal(table, SOURCE)
    store = NoticeStore(journal)
    bureau, market = _city(journal)
    sent: list[str] = []

    def act(number: int) -> None:
        if number == 0:
            _publish_again(journal, bureau)
        else:
            sent.append(_sent(store, market).notice_id)

    results = at_once(6, act)
    # Whoever lost too often against the others was told to try again, and nothing of it was written.
    assert set(results) <= {"won", "Unavailable", "Outdated"}
    assert _marks(table) == set(sent)
    assert len(sent) >= 1


CHECKS: tuple[Check, ...] = (documents, notices, transfers)
RACES: tuple[Check, ...] = (one_answer_of_many_wins, flags_of_many_notices_are_all_there)


def _by(department: str | None, *roles: Role | Once, after: timedelta = timedelta()) -> Context:
    held = frozenset(each for each in roles if isinstance(each, Role))
    key = next((each for each in roles if isinstance(each, Once)), None)
    return Context(Principal("cli_somebody_0001", department, held), NOW + after, "correlation-1", key)


def _late(bureau: str) -> Context:
    return _by(bureau, Role.APPROVER, after=timedelta(days=4))


def _parsed(model: type[M], body: object) -> M:
    return model.model_validate_json(json.dumps(body), strict=True)


def _departments(journal: Journal) -> tuple[str, str]:
    """A bureau and a supervisor."""
    store = DepartmentStore(journal)
    bodies: tuple[dict[str, Any], ...] = (
        given.department_body(name="临江市行政审批局", kind="approval"),
        given.department_body(),
    )
    bureau, market = (
        department_logic.register_department(
            store, _by(None, Role.REGISTRAR), _parsed(DepartmentRequest, body)
        ).department_id
        for body in bodies
    )
    return bureau, market


def _city(journal: Journal) -> tuple[str, str]:
    """The two, and an item between them."""
    bureau, market = _departments(journal)
    items, registrar = ItemStore(journal), _by(bureau, Role.REGISTRAR)
    asked = _parsed(ItemRequest, given.item_body(bureau, market))
    draft = item_logic.draft_item(items, DocumentStore(journal), NATIONAL, registrar, asked)
    waived = _parsed(PublishRequest, given.WAIVED)
    version_logic.publish_item(items, NATIONAL, registrar, draft.item_id, draft.revision, waived)
    return bureau, market


def _publish_again(journal: Journal, bureau: str) -> None:
    items, registrar = ItemStore(journal), _by(bureau, Role.REGISTRAR)
    item_id = items.item_of_code(CODE) or ""
    file = item_logic.show_item(items, registrar.principal, item_id)
    supervisors = [each.department for each in file.newest.supervisors]
    asked = _parsed(ItemRequest, given.item_body(bureau, *supervisors, name="食品经营许可(新)"))
    documents_store = DocumentStore(journal)
    edited = item_logic.edit_draft(items, documents_store, NATIONAL, registrar, item_id, file.revision, asked)
    waived = _parsed(PublishRequest, given.WAIVED)
    version_logic.publish_item(items, NATIONAL, registrar, item_id, edited.revision, waived)


def _sent(store: NoticeStore, market: str) -> Notice:
    asked = _parsed(NoticeRequest, notice_body(CODE))
    return notice_logic.send_notice(store, _by(market, Role.LIAISON), asked)


def _marks(table: type[Row]) -> set[str]:
    return set(table.get(code_key(CODE), PUBLIC, consistent_read=True).marks or ())


def _listed(store: NoticeStore, department: str, side: NoticeSide, state: NoticeState | None) -> list[str]:
    found, _ = store.page(department, side, state, 10, None)
    return [each.notice_id for each in found]
