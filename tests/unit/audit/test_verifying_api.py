"""Verifying over HTTP and by the clock, on moto's table, bucket and queue (R-AUD-4)."""

import json

import boto3
import pytest

from services.audit import wiring
from services.audit.events import checking
from services.audit.events import verifying as functions
from services.audit.logic.sealing import seal
from services.audit.logic.verifying import Verifying
from services.audit.ports.log import Log
from services.audit.store.chains import ChainStore, TallyStore
from shared.contracts.log_faults import LogFaultFound
from shared.kernel.permissions import Role
from tests.support.audit_builders import NOW, envelopes, messages
from tests.support.aws import TICK, sqs_batch, unsent_events
from tests.support.gateway import Gateway


@pytest.fixture(autouse=True)
def _one_thread(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    """moto answers one thread."""
    table = wiring.store().journal.table
    alone = Verifying(log, wiring.positions(), ChainStore(table, 1), TallyStore(table, 1), wiring.faults(), at_once=1)
    monkeypatch.setattr(wiring, "verifying", lambda: alone)


@pytest.fixture
def auditor(gateway: Gateway) -> Gateway:
    """Somebody who may have the log verified."""
    return gateway.with_principal(None, Role.AUDIT_ADMIN)


def work_off() -> None:
    """Give the queue's messages to the function until there are none."""
    sqs, url = boto3.client("sqs"), wiring.settings().own_queue
    while found := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
        for message in found:
            assert checking.check(sqs_batch(message["Body"]), None) == {"batchItemFailures": []}
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])


def test_the_whole_log_is_verified_on_request_and_the_answer_is_watched(auditor: Gateway, log: Log) -> None:
    seal(log, messages(envelopes(300)), NOW)
    functions.verify(TICK, None)
    asked = auditor.post("/v1/verifications", {"full": True, "reason": "年度审计"}, key="one")
    assert (asked.status, asked.json["state"], asked.json["ranges"]) == (202, "running", 1)
    assert asked.json["reason"] == "年度审计"
    again = auditor.post("/v1/verifications", {"full": True, "reason": "年度审计"}, key="one")
    assert again.json["verification_id"] == asked.json["verification_id"]
    work_off()
    shown = auditor.get(f"/v1/verifications/{asked.json['verification_id']}").json
    assert (shown["state"], shown["proven"], shown["findings"]) == ("finished", True, 0)
    assert (shown["ranges_done"], shown["entries"]) == (1, 300)


def test_findings_are_listed_told_once_and_counted(
    auditor: Gateway, log: Log, capsys: pytest.CaptureFixture[str]
) -> None:
    seal(log, messages(envelopes(20)), NOW)
    boto3.client("s3").delete_object(Bucket=wiring.settings().bucket, Key="tile/0/000.p/20")
    for _ in range(2):
        functions.verify(TICK, None)
    work_off()
    (listed,) = auditor.get("/v1/faults").json["faults"]
    assert (listed["kind"], listed["fault"]["where"]) == ("removed", "tile/0/000.p/20")
    assert "tile/0/000.p/20" in listed["zh"]
    assert "gone" in listed["en"]
    told = [event for event in unsent_events(wiring.store().journal.table) if event.type == LogFaultFound.TYPE]
    assert len(told) == 1
    printed = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith("{")]
    assert sum(line["LogFaults"][0] for line in printed if "LogFaults" in line) == 2  # by both


def test_findings_come_in_pages(auditor: Gateway, log: Log) -> None:
    seal(log, messages(envelopes(300)), NOW)
    for path in ("tile/0/000", "tile/0/001.p/44", "tile/1/000.p/1"):
        boto3.client("s3").delete_object(Bucket=wiring.settings().bucket, Key=path)
    functions.verify(TICK, None)
    first = auditor.get("/v1/faults?limit=2").json
    second = auditor.get(f"/v1/faults?limit=2&cursor={first['next']}").json
    assert len({fault["fault_id"] for fault in [*first["faults"], *second["faults"]]}) == 3


def test_the_week_is_verified_without_being_asked(auditor: Gateway, log: Log) -> None:
    seal(log, messages(envelopes(3)), NOW)
    functions.verify(TICK, None)
    work_off()
    types = [event.type for event in unsent_events(wiring.store().journal.table)]
    assert types.count("log.verification_requested.v1") == types.count("log.verification_finished.v1") == 1
    functions.verify(TICK, None)
    work_off()
    types = [event.type for event in unsent_events(wiring.store().journal.table)]
    assert types.count("log.verification_requested.v1") == 1
    assert auditor.get("/v1/faults").json == {"faults": [], "next": None}


def test_verifying_is_for_audit_administrators(gateway: Gateway) -> None:
    other = gateway.with_principal(None, Role.SYSTEM_ADMIN)
    assert other.post("/v1/verifications", {"full": True}, key="x").status == 403
    assert other.get("/v1/faults").status == 403


def test_what_there_is_none_of_is_not_found(auditor: Gateway) -> None:
    assert auditor.post("/v1/verifications", {"full": True}, key="x").status == 404
    assert auditor.get("/v1/verifications/ver_0000000000").status == 404
