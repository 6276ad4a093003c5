"""Keeping what was found wrong with the log, and telling of it once (R-AUD-4)."""

from collections.abc import Iterable, Mapping
from typing import Any

from services.audit.domain import SOURCE
from services.audit.domain.faults import FoundFault, found_fault
from services.audit.ports.faults import Faults
from shared.contracts.chain import ChainHead
from shared.contracts.change import Context, Outdated, change
from shared.contracts.log_faults import LogFault


def report(faults: Faults, found: Iterable[LogFault], context: Context) -> int:
    """Keep findings and tell of those that are new; how many were new. To do it again changes nothing."""
    new = 0
    for fault in found:
        state = found_fault(fault, context.now)
        try:
            faults.save(change(SOURCE, state.fault_id, ChainHead(), state, (state.told,), context))
        except Outdated:
            continue
        new += 1
    return new


def listed(
    faults: Faults, limit: int, position: Mapping[str, Any] | None
) -> tuple[tuple[FoundFault, ...], Mapping[str, Any] | None]:
    """A page of findings, newest first."""
    found, following = faults.page(limit, position)
    return tuple(found), following
