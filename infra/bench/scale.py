"""What each request costs with a thousand open cases and with a million: it must be the same, to the unit."""

import time
from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from unittest.mock import patch

from infra.bench import acts
from infra.bench.city import APPROVER, BUREAU, LIAISON, MARKET, OVERSIGHT
from infra.bench.engine_file import enter
from infra.bench.engine_stage import Desk, opened
from infra.bench.gateway import Ask
from infra.bench.open_cases import OpenCase
from infra.bench.outcomes import Scale
from infra.bench.recorder import Figures, Measured
from infra.build import Report
from services.handover import events
from services.handover.store.counts import SHARDS
from shared.aws.transactions import client_of
from shared.contracts.vocabulary import PushState
from shared.kernel.clock import from_text

DUE: Final = 10
_PAGE: Final = 50
_CHUNK: Final = 20_000
_MATERIALS: Final = 6

_COUNTS = Ask("GET", "/v1/inbox/counts")
_INBOX = Ask("GET", "/v1/inbox", query={"limit": f"{_PAGE}"})
_LEDGERS = {
    "the bureau's": (APPROVER, {"bureau": BUREAU}),
    "the department's": (LIAISON, {"department": MARKET}),
    "by item": (APPROVER, {"bureau": BUREAU, "item_code": "000131001000"}),
    "by state": (LIAISON, {"department": MARKET, "state": "delivered"}),
    "by number": (APPROVER, {"bureau": BUREAU, "case_number": acts.case_number(1)}),
}


def measured_scale(sizes: Sequence[int], say: Report) -> Scale:
    """The figures at each size, smallest first: ever more cases are open beside the ones measured."""
    with opened() as desk:
        model = _model(desk)
        measured: list[Measured] = []
        seconds: list[float] = []
        size = 0
        for asked in sorted(sizes):
            start = time.monotonic()
            _fill(desk, model, size, asked, say)
            size = asked
            seconds.append(time.monotonic() - start)
            say(f"measuring with {size:,} open cases")
            _Round(desk).play()  # so that the functions are warm, and have asked what they ask once a minute
            measured.append(Measured(size, _Round(desk).play()))
        return Scale(tuple(measured), tuple(seconds))


def _model(desk: Desk) -> OpenCase:
    """A case as its acceptance left it; it is gone afterwards, so that only copies of it are open."""
    number = 0
    accepted = desk.ask_unmeasured(APPROVER, acts.acceptance(number, _MATERIALS))
    table = desk.stage.table("handover")
    client = client_of(table)
    keys = [{"pk": {"S": key.pk}, "sk": {"S": key.sk}} for key in desk.stage.recorder.made]
    found = [client.get_item(TableName=table.Meta.table_name, Key=key)["Item"] for key in keys]
    desk.take_away()
    return OpenCase(accepted["case_id"], number, found)


def _fill(desk: Desk, model: OpenCase, first: int, last: int, say: Report) -> None:
    table = desk.stage.table("handover")
    for start in range(first, last, _CHUNK):
        end = min(start + _CHUNK, last)
        enter(desk.folder, table.Meta.table_name, model.copies(start, end))
        say(f"filling: {end:,} of {last:,} open cases")
    for shard in range(SHARDS):
        counted = table(pk=f"count#{MARKET}", sk=f"{PushState.DELIVERED}#{shard:02d}")
        counted.update(actions=[table.version.set(last // SHARDS)])


class _Round:
    """Everything that is measured, on cases of its own that are gone afterwards: each round begins like the first."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def play(self) -> tuple[Figures, ...]:
        """Each step once, as in a warm function."""
        desk, record = self._desk, self._desk.stage.recorder
        record.steps.clear()
        accepted = desk.ask("acceptance", APPROVER, acts.acceptance(1, _MATERIALS))
        (push,) = accepted["pushes"]
        desk.ask("inbox counts", LIAISON, _COUNTS)
        page = desk.ask(f"inbox, a page of {_PAGE}", LIAISON, _INBOX)
        _check(page["pushes"], _PAGE)
        desk.ask("view", LIAISON, acts.view(push["push_id"]))
        desk.ask("claim", LIAISON, acts.claim(push["push_id"]))
        for name, (principal, sought) in _LEDGERS.items():
            query = {**sought, "limit": f"{_PAGE}"}
            page = desk.ask(f"ledger, {name}", principal, Ask("GET", "/v1/ledger", query=query))
            _check(page["cases"], 1 if "case_number" in sought else _PAGE)
        decided = desk.ask("decision", APPROVER, acts.decision(1))
        desk.ask("claim of the decision", LIAISON, acts.claim(decided["pushes"][0]["push_id"]))
        desk.ask("responsibility", OVERSIGHT, acts.responsibility(accepted["case_id"]))
        desk.elapse("elapse, nothing due")
        self._let_elapse()
        steps = tuple(record.steps)
        desk.take_away()
        return steps

    def _let_elapse(self) -> None:
        desk = self._desk
        for number in range(DUE):
            desk.ask_unmeasured(APPROVER, acts.acceptance(2 + number, _MATERIALS))
        table = desk.stage.table("handover")
        waiting = (table.find(key.pk, key.sk) for key in desk.stage.recorder.made if key.sk == "due#case")
        come = max(row.due_at for row in waiting if row is not None and row.due_at is not None)
        with patch.object(events, "utc_now", lambda: from_text(come) + timedelta(seconds=1)):
            desk.elapse(f"elapse, {DUE} due")


def _check(found: Sequence[object], expected: int) -> None:
    """A page that is not full measures nothing. Raises LookupError."""
    if len(found) != expected:
        raise LookupError(f"a page of {expected} holds {len(found)}")
