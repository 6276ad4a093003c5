"""What a service is allowed at most, and how long its logs are kept at least."""

import json
from typing import Any

import pytest

from infra.build import ROOT, SERVICES
from infra.fragment import read_template

SIX_MONTHS_AT_THEIR_LONGEST = 184
"""From the first of March to the first of September; the cybersecurity law counts months (R-AUD-7)."""


def project(service: str, name: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((ROOT / "services" / service / ".chalice" / name).read_text(encoding="utf-8"))
    return read


def granted(service: str, policy: str = "policy.json") -> set[str]:
    listed = (statement["Action"] for statement in project(service, policy)["Statement"])
    return {action for each in listed for action in ([each] if isinstance(each, str) else each)}


@pytest.mark.parametrize("service", SERVICES)
def test_only_a_service_whose_store_deletes_rows_may_delete_any(service: str) -> None:
    """R-AUD-4, R-FBK-10: what is evidence is deleted by nobody, not even by a defect."""
    found = (ROOT / "services" / service).rglob("store*/*.py"), (ROOT / "services" / service).glob("store.py")
    deletes = any('"Delete"' in path.read_text(encoding="utf-8") for paths in found for path in paths)
    assert ("dynamodb:DeleteItem" in granted(service)) is deletes


@pytest.mark.parametrize("service", SERVICES)
def test_only_a_service_whose_store_writes_in_batches_may(service: str) -> None:
    """AWS asks for a permission of its own, whatever is in the batch; an emulator does not."""
    found = (ROOT / "services" / service).rglob("store*/*.py"), (ROOT / "services" / service).glob("store.py")
    batches = any(".batch_write(" in path.read_text(encoding="utf-8") for paths in found for path in paths)
    assert ("dynamodb:BatchWriteItem" in granted(service)) is batches


def test_who_answers_callers_of_audit_cannot_sign_or_write_the_log() -> None:
    """R-AUD-4: what anybody's request reaches appends nothing, and changes neither the log's files nor its copy."""
    functions = project("audit", "config.json")["stages"]["service"]["lambda_functions"]
    api = granted("audit", functions["api_handler"]["iam_policy_file"])
    assert {each for each in api if each.startswith(("s3:", "kms:", "sns:", "sqs:"))} == {
        "kms:GetPublicKey",
        "s3:GetObject",
        "s3:ListBucket",
        "sqs:SendMessage",
    }
    assert api < granted("audit")
    statements = project("audit", "policy-api.json")["Statement"]
    assert [each["Resource"] for each in statements if "sqs:SendMessage" in each["Action"]] == [
        {"Ref": "AttestationQueueArn"}
    ]
    assert "LockedBucket" not in json.dumps(statements)


@pytest.mark.parametrize("service", SERVICES)
def test_every_policy_is_some_functions(service: str) -> None:
    """A file that no function names would look like a limit and be none."""
    config = project(service, "config.json")
    whole = config["iam_policy_file"]
    functions = config["stages"]["service"].get("lambda_functions", {}).values()
    named = {whole, *(each.get("iam_policy_file", whole) for each in functions)}
    folder = ROOT / "services" / service / ".chalice"
    assert {path.name for path in folder.glob("policy*.json")} == named


@pytest.mark.parametrize("service", SERVICES)
def test_logs_are_kept_for_six_months_whichever_months_they_are(service: str) -> None:
    """R-AUD-7."""
    assert project(service, "config.json")["log_retention_in_days"] >= SIX_MONTHS_AT_THEIR_LONGEST


def test_what_has_a_name_and_is_retained_is_made_after_the_keys_that_a_region_may_lack() -> None:
    """CloudFormation leaves retained things behind when a creation is put back; the next would find the names taken."""
    for title, body in read_template(ROOT / "infra" / "data.yaml")["Resources"].items():
        made = body[2] if title.startswith("Fn::ForEach") else {title: body}
        for name, resource in made.items():
            named = {"TableName", "QueueName"} & resource["Properties"].keys()
            if named and resource.get("DeletionPolicy") == "Retain" and not waits_for_another(name, resource, made):
                assert resource.get("DependsOn") == ["TokenKey", "CheckpointKey", "ReceiptKey"], name


def waits_for_another(name: str, resource: dict[str, Any], made: dict[str, Any]) -> bool:
    return any(other in json.dumps(resource["Properties"]) for other in made if other != name)
