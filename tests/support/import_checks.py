"""What the registry's store of imports promises, as checks that any DynamoDB engine must pass (R-REG-6).

They are part of tests.support.store_checks, which says what is run where.
"""

import json
from typing import TypeVar

from pydantic import BaseModel

from services.registry.domain import SOURCE
from services.registry.domain.imports import PART_ROWS
from services.registry.domain.jurisdiction import NATIONAL
from services.registry.logic import departments as department_logic
from services.registry.logic import imports as logic
from services.registry.logic import items as item_logic
from services.registry.logic.importing import MOST_WORKERS, Workshop, advance
from services.registry.schemas.departments import DepartmentRequest
from services.registry.schemas.imports import ApplyRequest, ImportReport, ImportRequest
from services.registry.schemas.items import ItemRequest
from services.registry.store.departments import DepartmentStore
from services.registry.store.documents import DocumentStore
from services.registry.store.imports import ImportStore
from services.registry.store.items import ItemStore
from shared.aws.consumer import system_principal
from shared.aws.journal import Journal
from shared.aws.table import Row
from shared.contracts.chain import verify
from shared.contracts.change import AlreadyDone, Context, Once, Outdated
from shared.contracts.imports import ImportState
from shared.kernel.errors import Unavailable
from shared.kernel.permissions import Principal, Role
from tests.support import registry_builders as given
from tests.support.acts import NOW
from tests.support.file_fakes import FilesInMemory
from tests.support.import_builders import a_row, as_csv, code, declaration
from tests.support.table_checks import Check, at_once

M = TypeVar("M", bound=BaseModel)

ROWS = PART_ROWS + 20
"""More than one part."""
RACERS = 4


class _Office:
    """A bureau with a supervisor, and an import desk on one table."""

    def __init__(self, table: type[Row], *, workers: int = 1) -> None:
        self.journal, self.files = Journal(table, SOURCE), FilesInMemory()
        self.items, self.departments = ItemStore(self.journal), DepartmentStore(self.journal)
        self.imports = ImportStore(self.journal, self.items)
        self.bureau, self.market = (
            department_logic.register_department(
                self.departments, _by(None), _parsed(DepartmentRequest, body)
            ).department_id
            for body in (given.department_body(name="临江市行政审批局", kind="approval"), given.department_body())
        )
        self.shop = Workshop(
            self.imports, self.items, self.departments, self.files, NATIONAL, lambda: True, workers=workers
        )

    def checked(self, rows: int, first: int = 0) -> str:
        """A list, checked."""
        content = as_csv(a_row(first + number) for number in range(rows))
        asked = _parsed(ImportRequest, declaration(content))
        import_id = logic.declare_import(self.imports, self.files, _by(self.bureau), asked).import_id
        self.files.put(f"imports/{import_id}/upload", content, "text/csv")
        logic.start_import(self.imports, self.files, _by(self.bureau), import_id)
        self.work_off(import_id)
        return import_id

    def apply(self, import_id: str) -> None:
        """Ask for it, and have it done."""
        logic.apply_import(self.imports, _by(self.bureau), import_id, ApplyRequest())
        self.work_off(import_id)

    def work_off(self, import_id: str) -> None:
        """Deliver its newest event until nothing is owed."""
        while (stored := self.imports.import_(import_id)) and stored.state.phase is not None:
            event = list(self.journal.events(import_id))[-1]
            once = Once(f"event#{event.id}", event.commitment)
            context = Context(system_principal("registry"), NOW, "correlation-1", once)
            try:
                advance(self.shop, context, import_id, event.sequence)
            except (Outdated, AlreadyDone, Unavailable):
                continue

    def report(self, import_id: str) -> ImportReport:
        """An import as it stands."""
        return logic.show_import(self.imports, _by(self.bureau).principal, import_id)

    def draft(self, number: int) -> None:
        """Somebody drafts an item beside it."""
        body = given.item_body(self.bureau, self.market, code=code(number))
        asked = _parsed(ItemRequest, body)
        item_logic.draft_item(self.items, DocumentStore(self.journal), NATIONAL, _by(self.bureau), asked)


def an_import(table: type[Row]) -> None:
    """R-REG-6: all rows, once; the same list again writes nothing; what is let go may be written again."""
    office = _Office(table)
    first = office.checked(ROWS)
    assert office.report(first).counters.create == ROWS
    office.apply(first)
    held = office.imports.holders([code(number) for number in range(ROWS)])
    files = office.imports.files(held.values())
    assert len(files) == ROWS
    for item_id, stored in list(files.items())[:: ROWS // 5]:
        assert verify(list(office.journal.events(item_id)), stored.head) == []
        assert stored.head.sequence == 1
    again = office.checked(ROWS)
    assert office.report(again).counters.same == ROWS
    office.draft(ROWS)
    assert [each.state.import_id for each in office.imports.of_bureau(office.bureau, 10, None)[0]] == [again, first]


def codes_are_reserved_all_or_none_and_released_by_whom_they_were_reserved_for(table: type[Row]) -> None:
    """R-REG-6: a reservation repeated is the same one; nobody else's is taken away."""
    office = _Office(table)
    mine = {code(number): f"item_00000000000000000000000{number:03d}" for number in range(3)}
    others = {code(2): "item_00000000000000000000000900", code(3): "item_00000000000000000000000901"}
    assert not office.imports.reserve(mine)
    assert not office.imports.reserve(mine)
    assert set(office.imports.reserve(others)) == {code(2)}
    assert office.imports.holders([code(3)]) == {}
    office.imports.release(others)
    assert office.imports.holders(list(mine)) == mine
    office.imports.release(mine)
    assert office.imports.holders(list(mine)) == {}


def one_import_of_many_is_applied_at_a_time(table: type[Row]) -> None:
    """R-REG-6: whoever comes second is told which import holds the list."""
    office = _Office(table, workers=MOST_WORKERS)
    waiting = [office.checked(3, first=10 * number) for number in range(RACERS)]

    def ask(number: int) -> None:
        logic.apply_import(office.imports, _by(office.bureau), waiting[number], ApplyRequest())

    results = at_once(RACERS, ask)
    assert results.count("won") == 1
    assert set(results) <= {"won", "Refused", "Unavailable"}
    (running,) = [each for each in waiting if office.report(each).state is ImportState.APPLYING]
    office.work_off(running)
    assert office.report(running).state is ImportState.APPLIED


def who_writes_beside_an_import_comes_before_it_or_after_it(table: type[Row]) -> None:
    """R-REG-6: a code drafted meanwhile sends the import back, or the draft is refused; never half of each."""
    office = _Office(table, workers=MOST_WORKERS)
    import_id = office.checked(ROWS)
    drafted: list[int] = []

    def act(number: int) -> None:
        if number == 0:
            office.apply(import_id)
            return
        office.draft(ROWS - number)
        drafted.append(number)

    at_once(3, act)
    report = office.report(import_id)
    held = office.imports.holders([code(number) for number in range(ROWS)])
    if report.state is ImportState.APPLIED:
        assert (drafted, len(held)) == ([], ROWS)
    else:
        assert report.state is ImportState.CHECKED
        assert 0 < len(held) == len(drafted)
    assert len(office.imports.files(held.values())) == len(held)
    office.draft(ROWS)


CHECKS: tuple[Check, ...] = (
    an_import,
    codes_are_reserved_all_or_none_and_released_by_whom_they_were_reserved_for,
)
RACES: tuple[Check, ...] = (
    one_import_of_many_is_applied_at_a_time,
    who_writes_beside_an_import_comes_before_it_or_after_it,
)


def _by(department: str | None) -> Context:
    return Context(Principal("cli_somebody_0001", department, frozenset({Role.REGISTRAR})), NOW, "correlation-1")


def _parsed(model: type[M], body: object) -> M:
    return model.model_validate_json(json.dumps(body), strict=True)
