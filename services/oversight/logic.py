"""What oversight does: watch what is owed, open a finding once per cause, close it when it goes (R-OVS-1, R-OVS-2).

A watch and its finding change in one transaction, each guarded by what was read of it. So whatever comes at the
same time, an event or another run of `examine`, one of them wins and the other decides again on what it left.
"""

from collections.abc import Callable
from datetime import timedelta

from services.oversight.domain import (
    SOURCE,
    Watch,
    Watched,
    cause_of,
    closed,
    escalated,
    examined,
    finding_id,
    observed,
    opened,
    readable_department,
)
from services.oversight.ports import Findings, State
from shared.contracts.chain import ChainHead
from shared.contracts.change import Change, Context, Outdated, Stored, change
from shared.contracts.event import Body
from shared.contracts.oversight import Finding, FindingClosed, FindingEscalated, FindingOpened
from shared.kernel.errors import Refused
from shared.kernel.permissions import Principal
from shared.observability import count, logger

RUN = timedelta(seconds=20)
"""How long one run of `examine` takes up new causes; the next run, a minute later, goes on."""


def observe(store: Findings, context: Context, about: Watched, sequence: int) -> None:
    """Hear where something owed stands. Given, it closes its finding; before one is open it means none ever will be.

    The snapshot with the highest sequence wins, in whatever order they come, and an older or repeated one changes
    nothing: the watch is its own "seen". Raises Outdated.
    """
    before = store.watch(cause_of(about).key)
    after = observed(before, about, sequence)
    if after is None:
        return
    if before is None or before.severity is None or after.severity is not None:
        store.keep(before, after)
        return
    stored = _open_finding(store, before)
    gone = closed(stored.state, context.now)
    store.save(_change(stored, gone, FindingClosed(finding=gone), context), before, after)


def examine(store: Findings, begin: Callable[[], Context]) -> int:
    """Look at everything whose limit has passed and return how many findings were opened or became louder.

    `begin` gives each look its context and instant. One that fails is logged and counted; it never holds up the rest.
    """
    start = begin()
    found = 0
    for key in store.due(start.now):
        context = begin()
        if context.now >= start.now + RUN:
            break
        try:
            found += examine_one(store, context, key)
        except Outdated:
            # An event or another run came first; whatever is still due is found again in a minute.
            continue
        except Exception:  # noqa: BLE001 - whatever ails one, the others are looked at
            logger().exception("a watch could not be examined", extra={"watch": key})
            count("ExaminationsFailed")
    return found


def examine_one(store: Findings, context: Context, key: str) -> bool:
    """Open a watch's finding or make it louder, if it is time; whether it was. Raises Outdated."""
    before = store.watch(key)
    after = examined(before, context.now) if before else None
    if before is None or after is None:
        return False
    store.save(_found(store, before, after, context), before, after)
    return True


def finding(store: Findings, principal: Principal, identifier: str) -> Finding:
    """One finding. Raises Refused("not_found") or Refused("not_your_department")."""
    stored = store.finding(identifier)
    if stored is None:
        raise Refused("not_found", id=identifier)
    readable_department(principal, stored.state.department)
    return stored.state


def findings(
    store: Findings,
    principal: Principal,
    department: str | None,
    state: State | None,
    *,
    limit: int,
    before: str | None,
) -> tuple[tuple[Finding, ...], str | None]:
    """A page of findings, newest first. Raises Refused("not_your_department")."""
    return store.page(readable_department(principal, department), state, limit=limit, before=before)


def _found(store: Findings, before: Watch, after: Watch, context: Context) -> Change[Finding]:
    if before.severity is None:
        new = opened(after, context.now)
        return _change(Stored(new, ChainHead()), new, FindingOpened(finding=new), context)
    stored = _open_finding(store, before)
    louder = escalated(stored.state, after)
    return _change(stored, louder, FindingEscalated(finding=louder), context)


def _open_finding(store: Findings, watch: Watch) -> Stored[Finding]:
    stored = store.finding(finding_id(watch))
    if stored is None or stored.state.state != "open":
        # Watch and finding are written together, so this is a watch read before and a finding read after a write.
        raise Outdated
    return stored


def _change(stored: Stored[Finding], state: Finding, body: Body, context: Context) -> Change[Finding]:
    return change(SOURCE, state.finding_id, stored.head, state, [body], context)
