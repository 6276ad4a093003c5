"""What could not be routed: the coordinator's queue, their decision, the news that resolves it by itself (R-HND-15)."""

from collections.abc import Sequence
from dataclasses import replace

from services.handover.domain import unrouted as rules
from services.handover.domain.lines import target_faults
from services.handover.domain.routing import Addressee
from services.handover.domain.waits import WAKE
from services.handover.logic.access import acts_for, bureau_asked
from services.handover.logic.known import what_is_known
from services.handover.logic.office import Office, case_with, find_case, save, write
from services.handover.ports.cases import Position
from services.handover.ports.waits import Waits, Walk
from services.handover.schemas.unrouted import RoutedAnswer, RouteRequest
from shared.contracts.change import Context, Outdated
from shared.contracts.pushes import Unrouted
from shared.kernel.errors import Fault, Refused, refuse_fields
from shared.kernel.ids import case_of
from shared.observability import count, logger

PARTS_A_RUN = 100
"""How many waiting parts one run of the schedule tries for one piece of news; the next run goes on."""

ATTEMPTS = 5
"""How often a case that keeps changing is tried before it is left to the next run."""

_TWICE = ("同一部门只需填写一次", "Name each department once")


def unrouted(
    office: Office, context: Context, asked: str | None, *, limit: int, position: Position | None
) -> tuple[Sequence[Unrouted], Position | None]:
    """A page of what waits for a bureau's coordinator (R-HND-15): the own's or a merged one's, for oversight any's."""
    bureau = bureau_asked(office, context.principal, asked)
    return office.cases.unrouted(bureau, limit=limit, position=position)


def route_by_hand(office: Office, context: Context, unrouted_id: str, request: RouteRequest) -> RoutedAnswer:
    """The coordinator sends a part to departments that can take it, with a reason.

    Raises Refused: "not_found", "not_your_department", "invalid_fields", "wrong_state".
    """
    stored = case_with(office, unrouted_id)
    part = _part(stored.state.unrouted, unrouted_id)
    if not acts_for(office, context.principal, stored.state.case.bureau):
        raise Refused("not_your_department")
    refuse_fields(_target_faults(office, request))
    item = office.directory.item_in_force(stored.state.case.item_code, context.now)
    named = [Addressee(each.department, each.part) for each in request.departments]
    now = stored.head.not_before(context.now)
    outcome = rules.route_by_hand(stored.state, part, item, named, request.reason, now)

    return save(
        office,
        context,
        stored,
        outcome,
        lambda file, receipts: RoutedAnswer(
            unrouted=_part(file.unrouted, unrouted_id),
            pushes=tuple(push for push in file.pushes if push.push_id in _part(file.unrouted, unrouted_id).pushes),
            receipts=tuple(receipts),
        ),
    )


def wake(office: Office, waits: Waits, context: Context, news: str) -> bool:
    """Try everything that waits for a piece of news, page by page; whether anything waited.

    What cannot be tried now is tried again: the news is done with only when its whole list was walked without a fault.
    """
    walk = waits.walk(news)
    if walk is None:
        return False
    page = waits.waiting(news, walk.after, PARTS_A_RUN)
    for unrouted_id in page:
        try:
            if _tried(office, waits, context, unrouted_id):
                waits.forget(news, unrouted_id)
        except Outdated:
            break
        except Exception:  # noqa: BLE001 - whatever ails one case, the others are routed
            logger().exception("an unrouted part could not be tried", extra={"kind": WAKE, "subject": unrouted_id})
            count("DeadlinesFailed")
            walk = walk.model_copy(update={"failed": True})
        walk = walk.model_copy(update={"after": unrouted_id})
    else:
        if len(page) < PARTS_A_RUN:
            _end(waits, news, walk)
            return bool(page)
    waits.go_on(news, walk)
    return bool(page)


def _end(waits: Waits, news: str, walk: Walk) -> None:
    if walk.failed:
        waits.go_on(news, Walk())
    else:
        waits.end(news)


def _tried(office: Office, waits: Waits, context: Context, unrouted_id: str) -> bool:
    """Whether the part is placed, now or before. Raises Outdated when its case, or the news, kept changing."""
    for _ in range(ATTEMPTS):
        stored = find_case(office, case_of(unrouted_id) or unrouted_id)
        part = _part(stored.state.unrouted, unrouted_id)
        code = stored.state.case.item_code
        known = what_is_known(office.directory, code, context.now, stored.state, meant=part.department)
        outcome = rules.reroute(stored.state, part, known, stored.head.not_before(context.now))
        try:
            if outcome.bodies:
                write(office, context, stored, outcome)
            elif outcome.waits and not waits.keep(outcome.waits):
                continue
        except Outdated:
            continue
        return _part(outcome.file.unrouted, unrouted_id).placed_at is not None
    raise Outdated


def _part(parts: Sequence[Unrouted], unrouted_id: str) -> Unrouted:
    part = next((each for each in parts if each.unrouted_id == unrouted_id), None)
    if part is None:
        raise Refused("not_found", id=unrouted_id)
    return part


def _target_faults(office: Office, request: RouteRequest) -> list[Fault]:
    asked = [each.department for each in request.departments]
    known = {each.department_id: each for each in office.directory.departments(sorted(set(asked)))}
    faults = []
    for place, department in enumerate(asked):
        pointer = f"/departments/{place}/department"
        faults += [replace(fault, pointer=pointer) for fault in target_faults(known.get(department))]
        if department in asked[:place]:
            faults.append(Fault(pointer, "duplicate", *_TWICE))
    return faults
