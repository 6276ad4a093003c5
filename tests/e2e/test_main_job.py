"""The main job on the deployed stack, from the counter to the evidence, as agencies' own systems would do it."""

import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from localstack.demo.desk import answered, eventually
from shared.contracts.evidence import read_evidence, verify_evidence
from shared.kernel.clock import from_text, to_text
from shared.kernel.merkle import leaf_hash, root
from shared.kernel.tiles import tile_reader
from tests.support.deployed import Deployed, leaf_tiles, root_of_entries
from tests.support.small_city import (
    EVENTS_SECONDS,
    LIAISONS,
    PHONES,
    SmallCity,
    decision_body,
    inspection_body,
    penalty_body,
    shop,
)

Json = dict[str, Any]

NUMBER = "SP-2026-000101"
SHOP = shop(101)
PENALTY = "临市监罚〔2026〕101号"

pytestmark = pytest.mark.stack


@pytest.fixture(scope="module")
def favoured(city: SmallCity) -> Json:
    body = {"subject_code": SHOP["code"], "subject_kind": "organisation", "case_number": NUMBER}
    answer: Json = city.desk("approver").post("/credit/v1/lookups", body)
    return answer


@pytest.fixture(scope="module")
def accepted(city: SmallCity, favoured: Json) -> Json:
    return city.accepted(NUMBER, applicant=SHOP, credit_lookup=favoured["lookup_id"])


@pytest.fixture(scope="module")
def claimed(city: SmallCity, accepted: Json) -> Json:
    push_id = accepted["pushes"][0]["push_id"]
    answer: Json = city.desk("liaison").post(f"/handover/v1/pushes/{push_id}/claim", None)
    return answer


@pytest.fixture(scope="module")
def decided(city: SmallCity, claimed: Json) -> Json:
    """The decision's push, claimed as well."""
    assert claimed["state"] == "claimed"
    receipt = city.desk("approver").post("/handover/v1/decisions", decision_body(NUMBER))
    push_id = receipt["pushes"][0]["push_id"]
    push: Json = city.desk("second_liaison").post(f"/handover/v1/pushes/{push_id}/claim", None)
    return push


@pytest.fixture(scope="module")
def inspected(city: SmallCity, accepted: Json) -> Json:
    return _report(city, inspection_body(accepted["case_id"]))


@pytest.fixture(scope="module")
def penalised(city: SmallCity, decided: Json) -> Json:
    return _report(city, penalty_body(decided["case_id"], PENALTY))


@pytest.fixture(scope="module")
def timeline(city: SmallCity, decided: Json) -> Json:
    answer: Json = city.desk("liaison").get(f"/handover/v1/cases/{decided['case_id']}/timeline")
    return answer


def _report(city: SmallCity, body: Json) -> Json:
    def told() -> Json | None:
        answer = city.desk("inspector").send("/feedback/v1/threads", body)
        # Feedback learns of the case by event: first that there is one, then to whom it was pushed.
        early = answer.status_code in {httpx.codes.NOT_FOUND, httpx.codes.FORBIDDEN}
        return None if early else dict(answered(answer))

    return eventually(told, seconds=EVENTS_SECONDS, what="the case at feedback")


def test_a_subject_without_records_is_favoured_at_the_counter(favoured: Json) -> None:
    """R-CRD-3, R-CRD-4."""
    assert "green_channel" in favoured["entitlements"]
    assert not favoured["restrictions"]


def test_an_accepted_case_is_pushed_to_the_department_its_item_names(city: SmallCity, accepted: Json) -> None:
    """R-HND-1."""
    (push,) = accepted["pushes"]
    waiting = city.desk("liaison").get("/handover/v1/inbox")["pushes"]

    assert (push["department"], push["state"]) == (city.departments["market"], "delivered")
    assert push["push_id"] in {each["push_id"] for each in waiting}


def test_each_liaison_of_the_department_gets_one_sms(city: SmallCity, accepted: Json) -> None:
    """R-NTF-1, R-NTF-3."""
    push_id = accepted["pushes"][0]["push_id"]

    def sent() -> list[Json]:
        messages = city.sms_of(push_id)
        return messages if len(messages) >= len(LIAISONS) and all(each["state"] == "sent" for each in messages) else []

    messages = eventually(sent, seconds=EVENTS_SECONDS, what="the SMS")

    assert sorted(each["liaison"] for each in messages) == sorted(LIAISONS)
    assert all(PHONES not in json.dumps(each) for each in messages), "phones are masked"


def test_a_claim_records_who_and_when(city: SmallCity, accepted: Json, claimed: Json) -> None:
    """R-HND-5."""
    assert claimed["claimed_by"] == city.desk("liaison").client_id
    assert claimed["claimed_at"] > accepted["pushes"][0]["delivered_at"]


def test_responsibility_passes_at_the_instant_the_decision_is_pushed(city: SmallCity, decided: Json) -> None:
    """R-HND-7: one moment before, the bureau answers; from that moment on, the department does."""
    passed = from_text(decided["delivered_at"])
    path = f"/handover/v1/cases/{decided['case_id']}/responsibility"
    desk, market = city.desk("approver"), city.departments["market"]

    before = desk.get(path, department=market, at=to_text(passed - timedelta(milliseconds=1)))["now"][0]
    after = desk.get(path, department=market, at=to_text(passed))["now"][0]

    assert (before["answerable"], after["answerable"]) == (city.departments["bureau"], market)
    assert after["since"] == decided["delivered_at"]


def test_the_story_of_responsibility_has_no_gap_and_no_overlap(city: SmallCity, decided: Json) -> None:
    """R-HND-7."""
    path = f"/handover/v1/cases/{decided['case_id']}/responsibility"
    story = city.desk("oversight").get(path, department=city.departments["market"])["story"]

    assert [each["until"] for each in story[:-1]] == [each["since"] for each in story[1:]]
    assert story[-1]["until"] is None
    assert all(each["proven_by"] for each in story)


def test_an_inspection_result_reaches_the_bureau_which_takes_note(city: SmallCity, inspected: Json) -> None:
    """R-FBK-1, R-FBK-10."""
    thread_id = inspected["thread_id"]
    waiting = city.desk("approver").get("/feedback/v1/inbox")["threads"]

    noted = city.desk("approver").post(f"/feedback/v1/threads/{thread_id}/acknowledge", {"reply": "已知悉。"})

    assert thread_id in {each["thread_id"] for each in waiting}
    assert (noted["state"], noted["reply"]) == ("acknowledged", "已知悉。")


def test_licence_and_penalty_reach_the_credit_file_and_restrict_the_next_lookup(
    city: SmallCity, penalised: Json
) -> None:
    """R-FBK-2, R-CRD-2, R-CRD-3."""
    assert penalised["state"] == "open"
    path = f"/credit/v1/subjects/{SHOP['code']}/records"

    def complete() -> list[Json]:
        records: list[Json] = city.desk("approver").get(path)["records"]
        return records if len(records) > 1 else []

    records = eventually(complete, seconds=EVENTS_SECONDS, what="licence and penalty in the credit file")
    body = {"subject_code": SHOP["code"], "subject_kind": "organisation", "case_number": NUMBER}
    again = city.desk("approver").post("/credit/v1/lookups", body)

    assert sorted(each["kind"] for each in records) == ["licence", "penalty"]
    assert "green_channel" not in again["entitlements"]
    assert again["restrictions"]


def test_the_chain_of_the_case_is_intact_and_complete(timeline: Json) -> None:
    """R-AUD-2."""
    told = [each["envelope"]["type"] for each in timeline["entries"]]

    assert timeline["intact"]
    assert told == [
        "case.accepted.v1",
        "push.delivered.v1",
        "push.claimed.v1",
        "case.decided.v1",
        "push.delivered.v1",
        "push.claimed.v1",
    ]


@pytest.fixture(scope="module")
def evidence(city: SmallCity, timeline: Json, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every event of the case with its proof, disclosed by who may read it."""
    entries = []
    for entry in timeline["entries"]:
        found = city.await_event(f"/audit/v1/events/{entry['envelope']['id']}/evidence", "liaison")["entries"][0]
        entries.append({**found, "disclosure": {"nonce": entry["nonce"], "payload": entry["payload"]}})
    file = tmp_path_factory.mktemp("evidence") / "handover.json"
    file.write_text(json.dumps({"format": "shenguan-evidence/1", "entries": entries}, ensure_ascii=False), "utf-8")
    return file


def test_the_evidence_is_proven_offline_with_nothing_but_the_logs_key(
    stack: Deployed, timeline: Json, evidence: Path
) -> None:
    """R-AUD-5."""
    facts = verify_evidence(read_evidence(evidence.read_bytes()), stack.log_key())

    assert [fact.envelope.id for fact in facts] == [each["envelope"]["id"] for each in timeline["entries"]]
    assert all(fact.payload for fact in facts)


def _verify(file: Path, key: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "localstack.cli", "verify", str(file), "--key", key]
    offline = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return subprocess.run(command, env=offline, capture_output=True, text=True, check=False)


def test_a_stranger_proves_the_evidence_by_one_command(stack: Deployed, evidence: Path) -> None:
    """R-AUD-5."""
    done = _verify(evidence, stack.log_key().vkey)

    assert done.returncode == 0, done.stdout + done.stderr


def test_evidence_changed_by_one_digit_is_refuted(stack: Deployed, evidence: Path, tmp_path: Path) -> None:
    """R-AUD-2, R-AUD-5."""
    text = evidence.read_text("utf-8")
    changed = tmp_path / "changed.json"
    changed.write_text(text.replace(NUMBER, NUMBER[:-1] + "2"), "utf-8")

    assert _verify(changed, stack.log_key().vkey).returncode == 1


def test_the_logs_tiles_hash_to_the_root_that_is_signed(stack: Deployed, evidence: Path) -> None:
    """R-AUD-3: read over HTTP as C2SP tlog-tiles, and hashed again from the entries up."""
    assert evidence.exists()
    signed = stack.checkpoint()
    entries = stack.log_entries(signed.size)
    hashes = b"".join(stack.tile(tile) for tile in leaf_tiles(signed.size))

    assert root_of_entries(entries) == signed.root
    assert b"".join(leaf_hash(entry) for entry in entries) == hashes
    assert root(signed.size, tile_reader(signed.size, stack.tile)) == signed.root


def test_the_log_names_neither_person_nor_content(stack: Deployed, evidence: Path) -> None:
    """R-AUD-3: envelopes only."""
    assert evidence.exists()
    log = b"\n".join(stack.log_entries(stack.checkpoint().size)).decode()

    for secret in (SHOP["code"], SHOP["name"], LIAISONS[0], PHONES, NUMBER, PENALTY):
        assert secret not in log
