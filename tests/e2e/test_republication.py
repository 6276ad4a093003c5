"""A consumer that lost what it knew of the registry has it again after the operator's command."""

import pytest

from infra.deploy import Place, stack_name
from infra.republish import Told, republish
from localstack.demo.desk import eventually
from localstack.runner import STAGE, local_session
from shared.aws.journal import HEAD
from tests.support.deployed import Deployed
from tests.support.small_city import EVENTS_SECONDS, FOOD, SmallCity

pytestmark = pytest.mark.stack

ROUTE = f"/handover/v1/routes/{FOOD}"


def test_handover_learns_again_what_it_lost(stack: Deployed, city: SmallCity) -> None:
    """R-REG-4: every version of every item, from the registry's own stored events."""
    before = city.await_event(ROUTE, "approver")
    lost = _forget_item(stack)
    assert lost
    assert city.desk("approver").try_get(ROUTE) is None

    progress: list[Told] = []
    told = republish(STAGE, Place(local_session(), stack.base_url), progress.append)

    assert told.events >= told.aggregates >= len(city.departments)
    assert progress[-1] == told
    assert city.await_event(ROUTE, "approver") == before
    eventually(stack.quiet, seconds=EVENTS_SECONDS, what="everything told and heard")
    found = stack.rows("handover")
    assert {key: found[key].get("body") for key in lost} == lost


def _forget_item(stack: Deployed) -> dict[tuple[str, str], str | None]:
    """Delete the item at handover, and that handover ever heard of it; what was deleted."""
    client, table = stack.client("dynamodb"), stack_name(STAGE, "handover")
    kept = {key: row.get("body") for key, row in stack.rows("handover").items() if key[0] == f"item#{FOOD}"}
    told = [event for event in stack.events("registry") if event.data.body.get("item", {}).get("code") == FOOD]
    heard = [key for key in stack.rows("handover") if any(key[0].endswith(f"event#{event.id}") for event in told)]
    assert heard
    for pk, sk in [*kept, *heard]:
        assert sk != HEAD
        client.delete_item(TableName=table, Key={"pk": {"S": pk}, "sk": {"S": sk}})
    return kept
