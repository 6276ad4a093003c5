"""R-REG-6: whatever crashes, and whoever is at it twice, an import goes on and does nothing twice."""

from collections.abc import Callable, Mapping

import pytest

from services.registry import wiring
from services.registry.logic import import_files
from shared.aws.table import Row
from shared.contracts.chain import verify
from shared.contracts.items import ItemDrafted, ItemPublished
from tests.support import registry_builders
from tests.support.crashes import Killed, Wire
from tests.support.import_builders import (
    ORDER,
    a_row,
    advanced,
    apply,
    as_csv,
    checked,
    code,
    deliver,
    report,
    rows,
    started,
    work_off,
    workshop,
)
from tests.support.registry_builders import a_bureau, a_department, a_draft, publish, registrar

ROWS = 3
PART_ROWS = 2


@pytest.fixture
def bureau(table: type[Row], monkeypatch: pytest.MonkeyPatch) -> str:
    del table
    monkeypatch.setattr(import_files, "PART_ROWS", PART_ROWS)
    a_department()
    return a_bureau()


def _events() -> Mapping[str, list[str]]:
    """The types of each item's events; chains are whole."""
    found = {}
    for number in range(ROWS):
        item_id = wiring.items().item_of_code(code(number))
        events = list(wiring.journal().events(item_id)) if item_id else []
        assert verify(events) == []
        if events:
            found[code(number)] = [each.type for each in events]
    return found


def _killed_everywhere(table: type[Row], monkeypatch: pytest.MonkeyPatch, begin: Callable[[], str]) -> tuple[int, str]:
    """Kill the worker at one moment after another, each time another one, until a step lives through it all."""
    import_id, at, killed = begin(), 0, 0
    seen: set[str] = set()
    while True:
        waiting = [each for each in advanced(table) if each.id not in seen]
        if not waiting:
            return killed, import_id
        event, wire = waiting[0], Wire(at)
        try:
            with wire.cut(monkeypatch):
                deliver(event, workshop(more=lambda: False))
        except Killed:
            killed += 1
            at += 1
            registry_builders.forget()
            continue
        # It lived: the next step is killed at its first moment again.
        seen.add(event.id)
        at = 0


def test_killed_before_and_after_every_call_it_is_checked_all_the_same(
    table: type[Row], bureau: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed, import_id = _killed_everywhere(
        table, monkeypatch, lambda: started(bureau, as_csv(a_row(n) for n in range(ROWS)))
    )
    assert killed > 30
    found = report(bureau, import_id)
    assert (found["state"], found["counters"]["create"]) == ("checked", ROWS)
    assert [each["code"] for each in rows(bureau, import_id)] == [code(n) for n in range(ROWS)]
    assert _events() == {}


def test_killed_before_and_after_every_call_every_row_is_written_and_published_once(
    table: type[Row], bureau: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_id = checked(table, bureau, as_csv(a_row(n) for n in range(ROWS)))

    def begin() -> str:
        assert apply(bureau, import_id, **ORDER).status == 200
        return import_id

    killed, _ = _killed_everywhere(table, monkeypatch, begin)
    assert killed > 60
    found = report(bureau, import_id)
    assert (found["state"], found["counters"]["applied"], found["counters"]["published"]) == ("applied", ROWS, ROWS)
    assert _events() == {code(n): [ItemDrafted.TYPE, ItemPublished.TYPE] for n in range(ROWS)}


def test_killed_before_and_after_every_call_a_stale_import_leaves_nothing_behind(
    table: type[Row], bureau: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    market = a_department(name="临江市民政局")
    file = a_draft(bureau, market, code=code(ROWS - 1))
    import_id = checked(table, bureau, as_csv(a_row(n) for n in range(ROWS)))
    assert publish(registrar(bureau), file, consultation_waived="文件已定").status == 200
    before = _events()

    def begin() -> str:
        assert apply(bureau, import_id).status == 200
        return import_id

    _killed_everywhere(table, monkeypatch, begin)
    assert report(bureau, import_id)["stale"]["code"] == "import_stale"
    assert _events() == before
    assert [wiring.items().item_of_code(code(n)) for n in range(ROWS - 1)] == [None] * (ROWS - 1)
    assert registrar(bureau).post("/v1/items", _another(bureau, market)).status == 201, "the list is let go"


def _another(bureau: str, supervisor: str) -> object:
    return registry_builders.item_body(bureau, supervisor, code=code(ROWS + 1))


def test_every_event_delivered_again_and_again_changes_nothing(table: type[Row], bureau: str) -> None:
    """SQS delivers at least once, and late."""
    import_id = checked(table, bureau, as_csv(a_row(n) for n in range(ROWS)))
    apply(bureau, import_id, **ORDER)
    delivered = 0
    while delivered < len(events := advanced(table)):
        for event in events:
            deliver(event, workshop(more=lambda: False))
        delivered = len(events)
    before, revision = _events(), report(bureau, import_id)["revision"]
    for event in advanced(table):
        deliver(event, workshop())
    assert _events() == before == {code(n): [ItemDrafted.TYPE, ItemPublished.TYPE] for n in range(ROWS)}
    assert report(bureau, import_id)["revision"] == revision


def test_two_workers_at_the_same_step_write_every_row_once(
    table: type[Row], bureau: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second comes in before every write of the first."""
    import_id = checked(table, bureau, as_csv(a_row(n) for n in range(ROWS)))
    apply(bureau, import_id, **ORDER)
    store = type(wiring.imports())
    write, busy = store.write_draft, list[bool]()

    def overtaken(self: object, *given: object) -> None:
        if not busy:
            busy.append(True)
            deliver(advanced(table)[-1], workshop(more=lambda: False))
            busy.clear()
        write(self, *given)  # type: ignore[arg-type]

    monkeypatch.setattr(store, "write_draft", overtaken)
    work_off(table)
    # The overtaken worker gives up; its event is delivered again by SQS and is stale by then.
    for event in advanced(table):
        deliver(event, workshop())
    assert report(bureau, import_id)["state"] == "applied"
    assert _events() == {code(n): [ItemDrafted.TYPE, ItemPublished.TYPE] for n in range(ROWS)}


def test_a_worker_forgotten_by_everybody_writes_nothing_once_the_list_was_let_go(table: type[Row], bureau: str) -> None:
    import_id = checked(table, bureau, as_csv([a_row(0)]))
    apply(bureau, import_id)
    steps = []
    while report(bureau, import_id)["state"] == "applying":
        steps.append(advanced(table)[-1])
        deliver(steps[-1], workshop(more=lambda: False))
    before = _events()
    for event in steps:
        deliver(event, workshop())
    assert _events() == before == {code(0): [ItemDrafted.TYPE]}
