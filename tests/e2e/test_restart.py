"""Stopped and started again over the same data: everything is there, and the log goes on where it was."""

from dataclasses import dataclass, field

import pytest

from localstack.demo.desk import eventually
from shared.kernel.merkle import consistency_proof, verify_consistency
from shared.kernel.notes import Checkpoint
from shared.kernel.tiles import tile_reader
from tests.support.deployed import PROCESSES_SHOWN, Deployed, living, root_of_entries, workers_of
from tests.support.small_city import EVENTS_SECONDS, SmallCity

pytestmark = pytest.mark.stack


@dataclass
class Restarted:
    """What was before and how the stack came back."""

    before: Checkpoint
    case_id: str
    timeline: dict[str, object]
    processes: set[int]
    """Those of before: the emulator's and its functions'."""
    stack: Deployed = field(repr=False)


@pytest.fixture(scope="module")
def restarted(stack: Deployed, city: SmallCity) -> Restarted:
    receipt = city.accepted("BEFORE-RESTART")
    path = f"/handover/v1/cases/{receipt['case_id']}/timeline"
    timeline = city.desk("approver").get(path)
    eventually(stack.quiet, seconds=EVENTS_SECONDS, what="an empty outbox")
    before, pid = stack.checkpoint(), stack.stack.emulator.pid() or 0
    processes = {pid, *workers_of(pid)}
    stack.stack.down()
    return Restarted(before, receipt["case_id"], timeline, processes, stack.again())


@PROCESSES_SHOWN
def test_stopping_leaves_no_process(restarted: Restarted) -> None:
    assert len(restarted.processes) > 1
    # They were killed, which takes the system a moment.
    eventually(lambda: not living(restarted.processes), seconds=EVENTS_SECONDS, what="the end of the processes")


def test_nothing_is_built_or_deployed_again(restarted: Restarted) -> None:
    """What makes a second `make run` quick."""
    assert restarted.stack.work == ()


def test_a_case_of_before_can_be_read(city: SmallCity, restarted: Restarted) -> None:
    """The tables, the key that signed the token, and the chain are the same."""
    path = f"/handover/v1/cases/{restarted.case_id}/timeline"

    assert city.desk("approver").get(path) == restarted.timeline


def test_the_log_goes_on_from_where_it_was(city: SmallCity, restarted: Restarted) -> None:
    """R-AUD-3: what is accepted now is sealed behind everything that was sealed before."""
    receipt = city.accepted("AFTER-RESTART")
    timeline = city.desk("approver").get(f"/handover/v1/cases/{receipt['case_id']}/timeline")
    for entry in timeline["entries"]:
        city.await_event(f"/audit/v1/events/{entry['envelope']['id']}/evidence", "auditor")

    stack, before = restarted.stack, restarted.before
    after = stack.checkpoint()
    entries = stack.log_entries(after.size)

    assert after.origin == before.origin
    assert after.size > before.size
    assert root_of_entries(entries[: before.size]) == before.root
    assert root_of_entries(entries) == after.root
    proof = consistency_proof(before.size, after.size, tile_reader(after.size, stack.tile))
    verify_consistency(before.size, after.size, before.root, after.root, proof)
    logged = [each for each in stack.logged_ids() if each]
    assert len(logged) == len(set(logged))


def test_events_still_reach_the_liaisons(city: SmallCity, restarted: Restarted) -> None:
    """R-NTF-1: streams, topics and queues go on too."""
    assert restarted.case_id
    push_id = city.accepted("AFTER-RESTART-SMS")["pushes"][0]["push_id"]

    def sent() -> bool:
        messages = city.sms_of(push_id)
        return bool(messages) and all(each["state"] == "sent" for each in messages)

    eventually(sent, seconds=EVENTS_SECONDS, what="the SMS after the restart")
