"""The laws of an item's versions (R-REG-4): what is in force, what history keeps, what differs, what one act writes."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.registry.domain import SOURCE
from services.registry.domain.consultation import CONSULTED_FIELDS
from services.registry.domain.differences import Names, differences
from services.registry.domain.items import MOST_NAMED, MOVES, ItemAct, PublishedItem, standing_of
from services.registry.domain.jurisdiction import NATIONAL
from services.registry.domain.lists import Listed
from services.registry.domain.versions import MOST_TO_COME
from services.registry.logic import consultation as consultation_logic
from services.registry.logic import items as item_logic
from services.registry.logic import versions as version_logic
from services.registry.schemas.consultation import ConsultationRequest
from services.registry.schemas.items import ActRequest, ItemAnswer, ItemRequest, PublishRequest
from services.registry.store.documents import DocumentStore
from services.registry.store.items import ItemStore
from services.registry.store.public import PublicListStore
from shared.aws import transactions
from shared.aws.journal import HEAD, Journal
from shared.aws.table import Row
from shared.aws.transactions import MAX_WRITES, Write
from shared.contracts.chain import ChainHead
from shared.contracts.change import Context, Once
from shared.contracts.departments import Department, Liaison
from shared.contracts.items import (
    MOST_SUPERVISORS,
    ClaimRule,
    DutyDocument,
    FeedbackLimit,
    Item,
    ItemContent,
    Sharing,
    Supervisor,
)
from shared.contracts.vocabulary import (
    ApprovalMode,
    ClaimMode,
    Confidentiality,
    DepartmentKind,
    DocumentKind,
    FeedbackKind,
    ItemStanding,
    Level,
    OnOverdue,
    Procedure,
    PushStage,
    SharingFrequency,
    SharingScope,
    SupervisorPart,
    TimeLimit,
)
from shared.kernel.errors import Refused
from shared.kernel.ids import new_id
from shared.kernel.permissions import Principal, Role
from tests.support import handover_builders as city
from tests.support.acts import NOW
from tests.support.aws import service_in_moto

REGISTRAR = Principal("cli_registrar_0001", city.BUREAU, frozenset({Role.REGISTRAR}))
SUPERVISORS = [f"dept_01SUPERVISOR{number:015}" for number in range(MOST_NAMED)]
WAIVER = "清单由文件确定"
MILLISECOND = timedelta(milliseconds=1)


@pytest.fixture(scope="module")
def table() -> Iterator[type[Row]]:
    with pytest.MonkeyPatch.context() as patch, service_in_moto(patch, "registry", FILES_BUCKET="files") as made:
        for identifier in (city.BUREAU, city.MARKET, *SUPERVISORS):
            _register(made, identifier)
        yield made


def _register(table: type[Row], identifier: str) -> None:
    department = Department(
        department_id=identifier,
        version=1,
        name=f"临江市{identifier[-4:]}局",
        kind=DepartmentKind.APPROVAL if identifier == city.BUREAU else DepartmentKind.SUPERVISION,
        level=Level.CITY,
        division_code="990100",
        leader="周立新",
        coordinating_section="综合科",
        liaisons=(Liaison(name="李敏", phone="0999-5550101"),),
    )
    head = ChainHead(sequence=1)
    body, chain = department.model_dump_json(), head.model_dump_json()
    table(pk=identifier, sk=HEAD, version=1, body=body, chain=chain).save()


class Bureau:
    """A registrar with a clock of the test's own, and one item."""

    def __init__(self, table: type[Row], code: str) -> None:
        journal = Journal(table, SOURCE)
        self.items, self.public, self.documents = ItemStore(journal), PublicListStore(journal), DocumentStore(journal)
        self.code = code
        self.now = NOW
        self.file = self._draft(None)

    @property
    def context(self) -> Context:
        return Context(REGISTRAR, self.now, "correlation-1", Once(new_id("key"), "0"))

    def edit(self, *supervisors: str, **changed: Any) -> None:
        self.file = self._draft(self.file, *supervisors, **changed)

    def do(self, act: ItemAct, effective_from: datetime | None) -> None:
        given = (self.items, NATIONAL, self.context, self.file.item_id, self.file.revision)
        if act is ItemAct.PUBLISH:
            asked = PublishRequest(reason="调整", consultation_waived=WAIVER, effective_from=effective_from)
            self.file = version_logic.publish_item(*given, asked)
        else:
            asked_act = ActRequest(reason="调整", effective_from=effective_from)
            self.file = version_logic.act_on_item(*given, act, asked_act)

    def consult(self) -> None:
        given = (self.items, self.context, self.file.item_id, self.file.revision)
        self.file = consultation_logic.consult(*given, ConsultationRequest())

    def _draft(self, file: ItemAnswer | None, *supervisors: str, **changed: Any) -> ItemAnswer:
        content = city.item(code=self.code, supervisors=_named(supervisors or (city.MARKET,)), **changed)
        asked = ItemRequest(**content.model_dump(include=set(ItemContent.model_fields)))
        if file is None:
            return item_logic.draft_item(self.items, self.documents, NATIONAL, self.context, asked)
        given = (self.items, self.documents, NATIONAL, self.context, file.item_id, file.revision)
        return item_logic.edit_draft(*given, asked)


def _named(departments: Sequence[str]) -> tuple[Supervisor, ...]:
    parts = [SupervisorPart.LEAD] + [SupervisorPart.ASSISTING] * len(departments)
    return tuple(city.supervisor(each, part) for each, part in zip(departments, parts, strict=False))


# --- In force ------------------------------------------------------------------------------------


def _highest(made: Sequence[PublishedItem], at: datetime) -> int | None:
    """The law, in one line: the highest version whose instant has come."""
    return max((each.item.version for each in made if each.item.effective_from <= at), default=None)


_STEP = st.tuples(
    st.integers(0, 2),  # milliseconds that pass before the act
    st.sampled_from([ItemAct.PUBLISH, ItemAct.PUBLISH, ItemAct.SUSPEND, ItemAct.REINSTATE, ItemAct.RETIRE]),
    st.sampled_from([None, 0, 1, 2, 3, 5]),  # milliseconds until it takes effect
)


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(_STEP, min_size=1, max_size=7))
def test_one_query_tells_what_is_in_force_and_history_never_changes(
    steps: list[tuple[int, ItemAct, int | None]], table: type[Row]
) -> None:
    """R-REG-4: the highest version whose instant has come, at any instant, for ever."""
    bureau = Bureau(table, new_id("code"))
    made: list[PublishedItem] = []
    past: dict[datetime, int | None] = {}
    for passed, act, ahead in steps:
        for _ in range(passed):
            past[bureau.now] = _version(bureau, bureau.now)
            bureau.now += MILLISECOND
        if act not in MOVES[standing_of(bureau.file, bureau.now)]:
            continue
        if act is ItemAct.PUBLISH:
            bureau.edit()
        try:
            bureau.do(act, None if ahead is None else bureau.now + ahead * MILLISECOND)
        except Refused:
            continue  # too many would be waiting
        assert bureau.file.published
        made.append(bureau.file.published)
        _agrees(bureau, made)
    assert {at: _version(bureau, at) for at in past} == past
    assert [bureau.public.version(bureau.code, each.item.version) for each in made] == made


def _agrees(bureau: Bureau, made: Sequence[PublishedItem]) -> None:
    listed = bureau.public.listed(bureau.code)
    assert listed == Listed.of(bureau.file.current)
    assert len(bureau.file.current) <= MOST_TO_COME + 1
    for ahead in range(-1, 7):
        at = bureau.now + ahead * MILLISECOND
        assert _version(bureau, at) == _highest(made, at), ahead
        if ahead >= 0:
            shown = listed.at(at)
            assert (shown.item.version if shown else None) == _highest(made, at)


def _version(bureau: Bureau, at: datetime) -> int | None:
    found = bureau.public.in_force(bureau.code, at)
    return found.item.version if found else None


# --- One transaction -----------------------------------------------------------------------------


def test_the_largest_act_fits_into_one_transaction(table: type[Row], monkeypatch: pytest.MonkeyPatch) -> None:
    """Every supervisor replaced, all versions to come superseded, an open consultation ended, every list left."""
    writes: list[list[str]] = []
    really = transactions.transact

    def counted(client: Any, given_writes: Sequence[Write]) -> None:
        writes.append([each.label for each in given_writes])
        really(client, given_writes)

    monkeypatch.setattr("shared.aws.journal.transact", counted)
    for replaced in (0, MOST_SUPERVISORS // 2, MOST_SUPERVISORS):
        bureau = Bureau(table, f"LARGEST-{replaced}")
        old, new = SUPERVISORS[:MOST_SUPERVISORS], SUPERVISORS[MOST_SUPERVISORS:]
        bureau.edit(*old, item_type="01")
        bureau.do(ItemAct.PUBLISH, None)
        for number in range(MOST_TO_COME):
            bureau.now += MILLISECOND
            first = number % 2 * replaced
            bureau.edit(*old[first:], *new[:first], item_type=f"0{number + 2}")
            bureau.do(ItemAct.PUBLISH, bureau.now + timedelta(days=number + 1))
        bureau.edit(*new, item_type="10")
        bureau.consult()
        bureau.do(ItemAct.PUBLISH, None)
        assert len(bureau.file.current) == 1
    largest = max(writes, key=len)
    assert len(largest) <= MAX_WRITES, largest
    assert len(largest) >= MAX_WRITES * 3 // 4, "the limits are smaller than they need be"


def test_no_more_departments_are_named_than_one_transaction_can_replace(table: type[Row]) -> None:
    bureau = Bureau(table, "NAMED")
    _register(table, "dept_01ONEMORE0000000000000000")
    bureau.edit(*SUPERVISORS[:MOST_SUPERVISORS])
    bureau.do(ItemAct.PUBLISH, None)
    bureau.now += MILLISECOND
    bureau.edit(*SUPERVISORS[MOST_SUPERVISORS:])
    bureau.do(ItemAct.PUBLISH, bureau.now + timedelta(days=1))
    with pytest.raises(Refused) as refused:
        bureau.edit("dept_01ONEMORE0000000000000000")
    assert [(each.pointer, each.code) for each in refused.value.faults] == [("/supervisors", "too_many_named")]


# --- Differences ---------------------------------------------------------------------------------

_DOCUMENT = DutyDocument(
    document_id="doc_01J9ZQ3V6W7X8Y9Z0A1B2C3D4E",
    kind=DocumentKind.MEMORANDUM,
    name="工作备忘录",
    number="临审监备〔2026〕3号",
    issued_on=NOW.date(),
    media_type="application/pdf",
    size=3,
    sha256="0" * 64,
)
_LIMITS = st.builds(TimeLimit, amount=st.integers(1, 30), unit=st.sampled_from(["working_day", "hour", "minute"]))
_TEXTS = st.sampled_from(["甲", "乙", "丙" * 100])
_VALUES: dict[str, st.SearchStrategy[Any]] = {
    "code": st.sampled_from(["000131016000", "X-1"]),
    "name": _TEXTS,
    "item_type": st.sampled_from(["01", "02", "99"]),
    "level": st.sampled_from(Level),
    "division_code": st.sampled_from(["990100", "990171"]),
    "legal_basis": _TEXTS,
    "approval_department": st.sampled_from([city.BUREAU, city.STRANGER]),
    "approval_section": _TEXTS,
    "approval_person": _TEXTS,
    "approval_contact": st.sampled_from(["0999-5550101", "0999-5550102"]),
    "approval_mode": st.sampled_from(ApprovalMode),
    "statutory_limit": _LIMITS,
    "committed_limit": _LIMITS,
    "push_stages": st.permutations(list(PushStage)).map(tuple) | st.sampled_from([(each,) for each in PushStage]),
    "claim": st.builds(
        ClaimRule, mode=st.sampled_from(ClaimMode), limit=_LIMITS, on_overdue=st.sampled_from(OnOverdue)
    ),
    "feedback_limits": st.lists(
        st.builds(FeedbackLimit, kind=st.sampled_from(FeedbackKind), limit=_LIMITS), unique_by=lambda each: each.kind
    ).map(tuple),
    "procedures": st.lists(st.sampled_from(Procedure), unique=True).map(tuple),
    "sharing": st.builds(
        Sharing,
        scope=st.sampled_from(SharingScope),
        frequency=st.sampled_from(SharingFrequency),
        confidentiality=st.sampled_from(Confidentiality),
    ),
    "supervisors": st.lists(
        st.builds(
            Supervisor,
            department=st.sampled_from([city.MARKET, city.HEALTH, city.STRANGER]),
            part=st.sampled_from(SupervisorPart),
            supervision_item=_TEXTS,
            section=_TEXTS,
            person=_TEXTS,
            contact=st.just("0999-5550101"),
        ),
        min_size=1,
        unique_by=lambda each: each.department,
    ).map(tuple),
    "documents": st.sampled_from([(), (_DOCUMENT,), (_DOCUMENT.model_copy(update={"number": "2号"}),)]),
    "standing": st.sampled_from(ItemStanding),
}
_ITEMS = st.fixed_dictionaries(_VALUES).map(lambda values: city.item(**values))
_ORDERLESS = ("push_stages", "procedures", "feedback_limits", "supervisors", "documents")
_NAMES = Names({city.MARKET: "市场监管局", city.HEALTH: "卫健委"}, NATIONAL.item_types)


def _same(field: str, one: Item, other: Item) -> bool:
    values = [getattr(each, field) for each in (one, other)]
    return sorted(map(str, values[0])) == sorted(map(str, values[1])) if field in _ORDERLESS else values[0] == values[1]


def test_every_field_an_item_says_something_in_is_compared() -> None:
    """A field that is added must be given its words."""
    facts = {"item_id", "version", "effective_from"}
    assert set(_VALUES) == set(Item.model_fields) - facts
    assert set(_VALUES) >= CONSULTED_FIELDS


@given(item=_ITEMS, seed=st.integers(), later=st.integers(0, 10))
def test_an_item_does_not_differ_from_itself_whatever_the_order(item: Item, seed: int, later: int) -> None:
    shuffled = {name: tuple(Random(seed).sample(getattr(item, name), len(getattr(item, name)))) for name in _ORDERLESS}
    facts = {"version": later + 1, "effective_from": NOW + timedelta(days=later)}
    assert differences(item, item.model_copy(update=shuffled | facts), _NAMES) == ()


@given(before=_ITEMS, after=_ITEMS)
def test_exactly_what_changed_is_named_in_both_languages(before: Item, after: Item) -> None:
    """R-REG-4: each changed field, and no other; a comparison the other way round says the opposite."""
    found = differences(before, after, _NAMES)
    assert {each.root for each in found} == {name for name in _VALUES if not _same(name, before, after)}
    assert len({each.field for each in found}) == len(found)
    back = {each.field: each for each in differences(after, before, _NAMES)}
    for each in found:
        assert (back[each.field].before, back[each.field].after) == (each.after, each.before)
        assert each.zh.startswith(each.label_zh)
        assert each.en.startswith(each.label_en)


@given(before=_ITEMS, name=st.sampled_from(sorted(_VALUES)), data=st.data())
def test_one_changed_field_is_named_alone(before: Item, name: str, data: st.DataObject) -> None:
    after = before.model_copy(update={name: data.draw(_VALUES[name])})
    expected = set() if _same(name, before, after) else {name}
    assert {each.root for each in differences(before, after)} == expected
