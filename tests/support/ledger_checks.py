"""What handover's store promises of re-routing, lists, counts and work in the background, on any engine.

They are part of tests.support.store_checks, which says what is run where.
"""

from collections import Counter
from datetime import timedelta

from services.handover.domain import SOURCE
from services.handover.domain.exports import LedgerExport
from services.handover.domain.ledger import InboxGroup, List, ListKind, Sought
from services.handover.domain.waits import WAKE
from services.handover.logic import pushes as push_logic
from services.handover.logic import stages, unrouted
from services.handover.logic.exports import EXPORT, Progress
from services.handover.logic.ledger import search
from services.handover.schemas.stages import AcceptanceRequest
from services.handover.store.counts import CountStore
from services.handover.store.jobs import JobStore
from services.handover.store.ledger import LedgerStore
from services.handover.store.waits import WaitStore
from shared.aws.due import DeadlineStore
from shared.aws.journal import Journal
from shared.aws.table import Row
from shared.contracts.change import Outdated
from shared.contracts.vocabulary import PushState
from shared.kernel.permissions import Role
from tests.support import handover_builders as city
from tests.support.acts import NOW, once
from tests.support.offices import LEDGER_KEY, by, office_on
from tests.support.table_checks import Check, at_once

_BUREAU = by(city.BUREAU, Role.APPROVER)
_EVER = timedelta(days=400)
_TRIES = 20


def what_waits_is_woken(table: type[Row]) -> None:
    """R-HND-15: the news of an item routes what waits for it, once, and leaves neither list nor news behind."""
    office, waits = office_on(table), WaitStore(Journal(table, SOURCE))
    for number in range(3):
        _accept(table, f"SP-{number}")
    office.directory.keep_item(city.item(), by(None, once=once()))
    assert _walked(table) == 1
    assert office.cases.unrouted(city.BUREAU, limit=5, position=None)[0] == []
    assert CountStore(Journal(table, SOURCE)).counts(city.MARKET) == {PushState.DELIVERED: 3}
    assert waits.waiting(f"{WAKE}#item#{city.ITEM_CODE}#000001", "!", 10) == []
    assert _walked(table) == 0


def lists_and_counts(table: type[Row]) -> None:
    """R-HND-16: newest first, in pages, by whatever list; counts follow every change."""
    office, lists = office_on(table), LedgerStore(Journal(table, SOURCE), lambda: LEDGER_KEY)
    office.directory.keep_item(city.item(), by(None, once=once()))
    for number in range(3):
        _accept(table, f"SP-{number}", minutes=number)
    sought = Sought(reader=city.BUREAU, bureau=city.BUREAU, since=NOW - _EVER, until=NOW + _EVER)
    found, place = [], None
    for _ in range(4):
        page = search(office.cases, lists, sought, place, most=1)
        found += [line.case_number for line in page.lines]
        place = page.place
    assert (found, place) == (["SP-2", "SP-1", "SP-0"], None)
    pointers, _ = lists.pointers(List(ListKind.NUMBER, "SP-1"), NOW - _EVER, NOW + _EVER, place=None, limit=5)
    assert len(pointers) == 1
    pushes, _ = office.cases.inbox(city.MARKET, group=InboxGroup.OPEN, limit=5, position=None)
    push_logic.claim_push(office, by(city.MARKET, Role.LIAISON, after=timedelta(hours=1)), pushes[0].push_id)
    counts = CountStore(Journal(table, SOURCE)).counts(city.MARKET)
    assert counts == {PushState.DELIVERED: 2, PushState.CLAIMED: 1}


def work_in_steps(table: type[Row]) -> None:
    """R-HND-16, R-HND-17: a step is noted once, and rows are read in their order."""
    jobs = JobStore(Journal(table, SOURCE), LedgerExport, "exp", EXPORT, lambda export: export.client)
    identifier = "exp_01JD0M3Q5V8Z2K7T4B9N6R1X5C"
    assert jobs.progress(identifier, Progress) == (0, Progress())
    assert [jobs.note(identifier, 1, Progress(cases=cases)) for cases in (5, 7)] == [True, False]
    assert jobs.progress(identifier, Progress) == (1, Progress(cases=5))
    jobs.put_rows(identifier, [(f"kind#{number}", Progress(cases=number)) for number in range(30)])
    first, position = jobs.rows(identifier, "kind#", 20, None)
    rest, _ = jobs.rows(identifier, "kind#", 20, position)
    assert len({*first, *rest}) == 30
    assert jobs.job("exp_00000000000000000000000000") is None


def no_news_is_missed(table: type[Row]) -> None:
    """R-HND-15: cases come while their item is being told of and the list walked; afterwards nothing waits."""
    office = office_on(table)

    def act(number: int) -> None:
        if number == 0:
            office.directory.keep_item(city.item(), by(None, once=once()))
            _walked(table)
            return
        for _ in range(_TRIES):
            try:
                _accept(table, f"SP-{number}")
            except Outdated:
                continue
            return

    assert Counter(at_once(8, act)) == {"won": 8}
    _walked(table)
    assert office.cases.unrouted(city.BUREAU, limit=10, position=None)[0] == []
    assert CountStore(Journal(table, SOURCE)).counts(city.MARKET) == {PushState.DELIVERED: 7}


CHECKS: tuple[Check, ...] = (what_waits_is_woken, lists_and_counts, work_in_steps)
RACES: tuple[Check, ...] = (no_news_is_missed,)


def _accept(table: type[Row], number: str, *, minutes: int = 0) -> None:
    asked = AcceptanceRequest.model_validate(city.acceptance(case_number=number))
    context = by(city.BUREAU, Role.APPROVER, after=timedelta(minutes=minutes)) if minutes else _BUREAU
    stages.push_acceptance(office_on(table), context, asked)


def _walked(table: type[Row]) -> int:
    """How many pieces of news are walked for now."""
    journal = Journal(table, SOURCE)
    news = [each.subject for each in DeadlineStore(journal).due(NOW) if each.kind == WAKE]
    for each in news:
        unrouted.wake(office_on(table), WaitStore(journal), by(None, after=timedelta(minutes=1)), each)
    return len(news)
