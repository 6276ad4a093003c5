"""How long each queue tries before it gives a message up to a person."""

from datetime import timedelta
from typing import Any

import pytest
from ministack.services.cloudformation.language_extensions import apply

from infra.build import ROOT
from infra.deploy import Options
from infra.fragment import read_template

DATA = read_template(ROOT / "infra" / "data.yaml")


def queues(options: Options) -> dict[str, dict[str, Any]]:
    """Every queue that gives up, by what reads it, as it is deployed."""
    parameters = {name: str(body.get("Default", "")) for name, body in DATA["Parameters"].items()}
    expand: Any = apply
    deployed = expand(DATA, parameters | options.parameters)["Resources"]
    return {
        name.removesuffix("Queue"): body["Properties"]
        for name, body in deployed.items()
        if body["Type"] == "AWS::SQS::Queue" and "RedrivePolicy" in body["Properties"]
    }


@pytest.mark.parametrize("tries", [5, 10])
def test_the_log_s_queue_gives_up_for_no_outage_of_a_night_or_a_day(tries: int) -> None:
    """R-AUD-6: what it gave up is unsealed until a person moves it back; the others need none for half an hour."""
    found = queues(Options(stage="test", base_url="https://api.example", queue_tries=tries))
    told = {name: int(properties["RedrivePolicy"]["maxReceiveCount"]) for name, properties in found.items()}
    assert told.pop("log") == 1000
    assert set(told.values()) == {tries}


def test_that_is_two_days() -> None:
    """R-AUD-6: as docs/operations says."""
    wait = timedelta(seconds=Options(stage="test", base_url="https://api.example").queue_visibility_seconds)
    assert wait * DATA["Mappings"]["OwnTries"]["log"]["Most"] >= timedelta(days=2)
