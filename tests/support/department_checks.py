"""What the registry's store of departments promises, as checks that any DynamoDB engine must pass.

They are part of tests.support.store_checks, which says what is run where.
"""

import json
from datetime import timedelta
from typing import Any

import pytest

from services.registry.domain import SOURCE
from services.registry.domain.departments import DepartmentMove
from services.registry.logic import departments as logic
from services.registry.logic import liaisons as liaison_logic
from services.registry.schemas.departments import DepartmentRequest
from services.registry.schemas.liaisons import HandOverRequest
from services.registry.store.departments import DepartmentStore
from shared.aws.journal import Journal
from shared.aws.table import Row
from shared.contracts.change import Context
from shared.contracts.vocabulary import DepartmentKind
from shared.kernel.errors import Refused
from shared.kernel.permissions import Principal, Role
from tests.support import registry_builders as given
from tests.support.acts import NOW
from tests.support.table_checks import Check, at_once

_DAY = timedelta(days=1)


def lines_and_names(table: type[Row]) -> None:
    """R-ORG-1: who is above and below, of which kind, under which name."""
    store = DepartmentStore(Journal(table, SOURCE))
    province = _register(store, name="示例省局", level="province")
    market = _register(store, superior=province)
    other = _register(store, name="临江市体育局", superior=province)
    first, position = store.list_below(province, 1, None)
    rest, end = store.list_below(province, 1, position)
    assert {each.department_id for each in (*first, *rest)} == {market, other}
    assert end is None or store.list_below(province, 1, end) == ([], None)
    assert [each.department_id for each in logic.show_line(store, market).line] == [province]
    of_kind, _ = store.list_of_kind(DepartmentKind.SUPERVISION, 5, None)
    assert {each.department_id for each in of_kind} == {province, market, other}
    with pytest.raises(Refused) as refused:
        _register(store)
    assert (refused.value.code, refused.value.params["id"]) == ("name_taken", market)
    logic.move_department(store, _city(), market, 1, DepartmentMove.MERGE, "机构改革", other)
    assert store.department_of_name("临江市市场监督管理局") is None
    assert _register(store)


def liaisons_and_versions(table: type[Row]) -> None:
    """R-ORG-2: who was liaison on which day, and the department as it was."""
    store = DepartmentStore(Journal(table, SOURCE))
    market = _register(store, people=[{"name": "陈晨", "phone": "0999-5550102"}])
    known = logic.show_department(store, market)
    giver, taker = known.liaisons[0].person_id or "", known.people[0].person_id
    asked = HandOverRequest(giver=giver, taker=taker, reason="调离")
    answer = liaison_logic.hand_over_liaison(store, _city(_DAY), market, 1, asked)
    days = [(NOW + _DAY * number).date() for number in range(3)]
    on = [liaison_logic.liaisons_on(store, _city(), market, day).terms for day in days]
    assert [[each.name for each in terms] for terms in on] == [["李敏"], ["李敏", "陈晨"], ["陈晨"]]
    latest, position = store.list_terms(market, 1, None)
    rest, _ = store.list_terms(market, 1, position)
    assert [(each.name, each.handed_to) for each in (*latest, *rest)] == [("陈晨", None), ("李敏", taker)]
    assert [each.name for each in store.running_terms(market)] == ["陈晨"]
    assert [logic.show_version(store, market, each).department for each in ("1", "2")] == [known, answer.department]
    assert store.told(market, 3) is None
    changes, _ = logic.show_history(store, market, 5, None)
    assert [each.act.value for each in changes] == ["liaison_handed_over", "registered"]


def one_department_of_a_name(table: type[Row]) -> None:
    """R-ORG-1: of many that take a name at once one wins, and the others are told who."""
    store = DepartmentStore(Journal(table, SOURCE))
    results = at_once(6, lambda _: _register(store, name="临江市体育局"))
    assert sorted(results) == ["Refused"] * 5 + ["won"]


def _register(store: DepartmentStore, **changed: Any) -> str:
    asked = DepartmentRequest.model_validate_json(json.dumps(given.department_body(**changed)), strict=True)
    return logic.register_department(store, _city(), asked).department_id


def _city(after: timedelta = timedelta()) -> Context:
    return Context(Principal("cli_registrar_0001", None, frozenset({Role.REGISTRAR})), NOW + after, "correlation-1")


CHECKS: tuple[Check, ...] = (lines_and_names, liaisons_and_versions)
RACES: tuple[Check, ...] = (one_department_of_a_name,)
