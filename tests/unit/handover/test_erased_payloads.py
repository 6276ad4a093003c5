"""A case of which a payload was erased as law requires: what can still be shown, and what is refused (R-AUD-2)."""

import pytest

from services.handover import wiring
from shared.aws.table import Row
from shared.contracts.change import Context
from shared.kernel.permissions import ANONYMOUS
from tests.support.acts import NOW
from tests.support.aws import unsent_events
from tests.support.gateway import Gateway
from tests.support.handover_builders import item
from tests.unit.handover.test_push_and_claim import accepted, bureau, know

GROUND = "个人信息保护法第四十七条"


@pytest.fixture
def case_id(gateway: Gateway, table: type[Row]) -> str:
    """A case whose acceptance was published, and then erased."""
    know(item())
    found: str = accepted(gateway).json["case_id"]
    for event in unsent_events(table):
        row = table.get(event.subject, f"event#{event.sequence:010d}")
        row.update(actions=[table.outbox_shard.remove(), table.outbox_at.remove()])
    wiring.cases().journal.erase(found, 1, GROUND, "an operator", Context(ANONYMOUS, NOW, "an operator"))
    return found


def test_the_timeline_shows_the_envelope_that_it_was_erased_and_an_intact_chain(gateway: Gateway, case_id: str) -> None:
    """R-AUD-2, R-AUD-5."""
    timeline = bureau(gateway).get(f"/v1/cases/{case_id}/timeline").json
    assert (timeline["intact"], timeline["findings"]) == (True, [])
    erased, whole = timeline["entries"]
    assert (erased["nonce"], erased["payload"], whole["erased"]) == (None, None, None)
    assert (erased["envelope"]["type"], erased["erased"]["ground"]) == ("case.accepted.v1", GROUND)
    assert whole["payload"]["body"]


def test_responsibility_is_refused_with_what_is_left_to_verify(gateway: Gateway, case_id: str) -> None:
    """R-HND-7 is answered from the chain alone, and the chain does not tell any more."""
    answer = bureau(gateway).get(f"/v1/cases/{case_id}/responsibility")
    assert (answer.status, answer.json["code"]) == (410, "payload_erased")
    assert bureau(gateway).get(f"/v1/cases/{case_id}").status == 200
