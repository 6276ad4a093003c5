"""What handover's store promises of pushes passed on or claimed by the batch, as checks that any engine must pass.

They are part of tests.support.store_checks, which says what is run where.
"""

import json
from collections.abc import Callable
from datetime import timedelta

from services.handover.domain import SOURCE
from services.handover.domain.pushes import ENDED
from services.handover.logic import pushes as push_logic
from services.handover.logic import returns as return_logic
from services.handover.logic import stages
from services.handover.logic.batch import claim_pushes
from services.handover.logic.office import Office
from services.handover.schemas.pushes import ClaimsRequest
from services.handover.schemas.returns import (
    MoveAnswer,
    PushWithdrawalRequest,
    ReassignRequest,
    RelayRequest,
    ReturnRequest,
)
from services.handover.schemas.stages import AcceptanceRequest
from shared.aws.journal import Journal
from shared.aws.table import Row
from shared.contracts.chain import verify
from shared.contracts.change import Outdated
from shared.contracts.pushes import Push
from shared.contracts.vocabulary import PushState, ReturnReason
from shared.kernel.permissions import Role
from tests.support import handover_builders as city
from tests.support.acts import once
from tests.support.offices import by, office_on
from tests.support.table_checks import Check, at_once

PROVINCE = "dept_01PROVINCE0000000000000000"
_BUREAU = by(city.BUREAU, Role.APPROVER)
_MARKET = by(city.MARKET, Role.LIAISON, after=timedelta(minutes=1))
_AT_ONCE = 8


def a_push_passed_on(table: type[Row]) -> None:
    """R-HND-4, R-HND-9: its place has one live push after every move, and everybody's inbox shows its own."""
    office = _settled(table)
    first = _accepted(office)
    second = _relayed(office, first).successor
    assert second is not None
    assert (second.department, second.sender) == (PROVINCE, city.MARKET)
    told = ReturnRequest(reason=ReturnReason.OTHER_LEVEL, text="由市局监管")
    return_logic.return_push(office, by(PROVINCE, Role.LIAISON, after=timedelta(minutes=2)), second.push_id, told)
    back = ReassignRequest(department=city.MARKET, text="由市局监管")
    moved = return_logic.reassign_push(
        office, by(city.MARKET, Role.LIAISON, after=timedelta(minutes=3)), second.push_id, back
    )
    assert moved.successor is not None
    assert (moved.successor.department, moved.successor.sender) == (city.MARKET, city.BUREAU)
    stored = office.cases.case(first.case_id)
    assert stored is not None
    assert [push.state for push in stored.state.pushes] == [
        PushState.RELAYED,
        PushState.REASSIGNED,
        PushState.DELIVERED,
    ]
    assert verify(office.cases.events(first.case_id), stored.head) == []
    assert len(office.cases.receipts(first.case_id, moved.successor.push_id)) == 1


def a_batch_of_claims(table: type[Row]) -> None:
    """R-HND-13, R-HND-16: it comes again and is the same; a push beside it in the same batch is not in its way."""
    office, keys = _settled(table), Journal(table, SOURCE)
    pushes = [_accepted(office, number).push_id for number in range(2)]
    request = ClaimsRequest(push_ids=(*pushes, "push_00000000000000000000000000_001"))
    asking = by(city.MARKET, Role.LIAISON, once=once("batch"), after=timedelta(minutes=1))
    answer = claim_pushes(office, keys, asking, request)
    assert [each.claimed is not None for each in answer.results] == [True, True, False]
    assert claim_pushes(office, keys, asking, request) == answer


def one_move_of_many(table: type[Row]) -> None:
    """R-HND-4, R-HND-6: claimed, returned, relayed and withdrawn at the same moment, a push goes one way."""
    office = _settled(table)
    push = _accepted(office)
    moves: tuple[Callable[[], object], ...] = (
        lambda: push_logic.claim_push(office, _MARKET, push.push_id),
        lambda: return_logic.return_push(
            office, _MARKET, push.push_id, ReturnRequest(reason=ReturnReason.OTHER, text="不在本辖区")
        ),
        lambda: _relayed(office, push),
        lambda: return_logic.withdraw_push(office, _BUREAU, push.push_id, PushWithdrawalRequest(reason="推送有误")),
    )
    results = at_once(_AT_ONCE, lambda number: moves[number % len(moves)]())
    assert set(results) <= {"won", "Outdated", "Refused"}
    stored = office.cases.case(push.case_id)
    assert stored is not None
    place = [each for each in stored.state.pushes if each.place == push.place]
    assert sum(each.state not in ENDED for each in place) == (place[-1].state is not PushState.WITHDRAWN)
    types = [event.type for event in office.cases.events(push.case_id)]
    assert types.count("push.claimed.v1") <= 1
    assert types.count("push.delivered.v1") == len(place)
    assert verify(office.cases.events(push.case_id), stored.head) == []


def one_batch_of_many(table: type[Row]) -> None:
    """R-HND-6, R-HND-13: the same batch many times at once claims each push once, and nobody is told otherwise."""
    office, keys = _settled(table), Journal(table, SOURCE)
    pushes = tuple(_accepted(office, number).push_id for number in range(3))
    asking = by(city.MARKET, Role.LIAISON, once=once("batch"), after=timedelta(minutes=1))

    def claim(_: int) -> None:
        answer = claim_pushes(office, keys, asking, ClaimsRequest(push_ids=pushes))
        assert all(each.claimed for each in answer.results)

    assert set(at_once(_AT_ONCE, claim)) == {"won"}


def _settled(table: type[Row]) -> Office:
    office = office_on(table)
    office.directory.keep_item(city.item(), by(None, once=once()))
    market = city.department().model_copy(update={"superior": PROVINCE})
    for each in (market, city.department(PROVINCE)):
        office.directory.keep_department(each, by(None, once=once()))
    return office


def _accepted(office: Office, number: int = 0) -> Push:
    body = json.dumps(city.acceptance(case_number=f"SP-MOVES-{number}"))
    request = AcceptanceRequest.model_validate_json(body, strict=True)
    return stages.push_acceptance(office, _BUREAU, request).answer.pushes[0]


def _relayed(office: Office, push: Push) -> MoveAnswer:
    while True:
        try:
            asked = RelayRequest(department=PROVINCE, reason="由省局监管")
            return return_logic.relay_push(office, _MARKET, push.push_id, asked)
        except Outdated:
            continue


CHECKS: tuple[Check, ...] = (a_push_passed_on, a_batch_of_claims)
RACES: tuple[Check, ...] = (one_move_of_many, one_batch_of_many)
