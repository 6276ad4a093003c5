"""What a service is allowed at most, and how long its logs are kept at least."""

import json
from typing import Any

import pytest

from infra.build import ROOT, SERVICES
from infra.fragment import read_template
from tests.support.granted import API, AUTHORIZER, granted_to

SIX_MONTHS_AT_THEIR_LONGEST = 184
"""From the first of March to the first of September; the cybersecurity law counts months (R-AUD-7)."""


def project(service: str, name: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((ROOT / "services" / service / ".chalice" / name).read_text(encoding="utf-8"))
    return read


def granted(service: str) -> set[str]:
    """Every action that a policy of the service's names."""
    policies = (project(service, path.name) for path in (ROOT / "services" / service / ".chalice").glob("policy*.json"))
    listed = [statement["Action"] for policy in policies for statement in policy["Statement"]]
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


ROWS = {
    f"dynamodb:{each}"
    for each in ("GetItem", "BatchGetItem", "ConditionCheckItem", "PutItem", "UpdateItem", "DeleteItem")
}
"""What an API may do to rows of its own table, each named by its key; no Scan and no BatchWriteItem."""

LISTS: dict[str, set[str]] = {
    # Whether the log is sealed is judged by what waits to be sent to it.
    "handover": {"TableArn", "TableArn/index/listing", "TableArn/index/outbox"},
    # In no list stands what no caller reads: telephone numbers whole, and what is watched.
    "notification": {"TableArn/index/listing"},
    "oversight": {"TableArn/index/listing"},
    "identity": set(),
}
"""What an API may query where that is not its own table and the lists."""

BEYOND: dict[str, set[tuple[str, str]]] = {
    "identity": {
        ("secretsmanager:GetSecretValue", "BootstrapSecretArn"),
        ("kms:Sign", "TokenKeyArn"),
        ("kms:GetPublicKey", "TokenKeyArn"),
    },
    "registry": {
        ("s3:PutObject", "FilesBucketArn/documents/*"),
        ("s3:PutObject", "FilesBucketArn/imports/*/upload"),
        ("s3:GetObject", "FilesBucketArn/documents/*"),
        ("s3:GetObject", "FilesBucketArn/imports/*"),
        ("s3:GetObject", "FilesBucketArn/exports/*"),
        ("s3:GetObjectVersion", "FilesBucketArn/documents/*"),
        ("s3:GetObjectVersion", "FilesBucketArn/imports/*/upload"),
        ("s3:ListBucket", "FilesBucketArn"),
    },
    "handover": {
        # A certificate is signed by whichever process first has a receipt to sign.
        ("kms:Sign", "ReceiptKeyArn"),
        ("kms:GetPublicKey", "ReceiptKeyArn"),
        ("s3:PutObject", "FilesBucketArn/materials/*"),
        ("s3:PutObject", "FilesBucketArn/reconciliations/*"),
        ("s3:GetObject", "FilesBucketArn/materials/*"),
        ("s3:GetObject", "FilesBucketArn/reconciliations/*/list"),
        ("s3:GetObject", "FilesBucketArn/ledgers/*"),
        ("s3:GetObjectVersion", "FilesBucketArn/materials/*"),
        ("s3:GetObjectVersion", "FilesBucketArn/reconciliations/*/list"),
        ("s3:ListBucket", "FilesBucketArn"),
    },
    "audit": {
        # A verification is ordered by the queue that attestations come by.
        ("sqs:SendMessage", "AttestationQueueArn"),
        ("kms:GetPublicKey", "CheckpointKeyArn"),
        ("s3:GetObject", "LogBucketArn/*"),
        ("s3:ListBucket", "LogBucketArn"),
    },
}
"""What an API may do beside its own table and the secret that page cursors are signed with."""


@pytest.mark.parametrize("service", SERVICES)
def test_who_answers_callers_tells_nobody_attests_nothing_and_reads_no_table_whole(service: str) -> None:
    """R-AUD-3, R-AUD-4: what anybody's request reaches publishes no event and writes no envelope to the log.

    Nor does it attest what the service holds, scan its table, or read its stream.
    """
    allowed = {each for each in granted_to(service, API).allowed if not each[0].startswith("logs:")}
    rows = {(action, place) for action, place in allowed if action in ROWS and place == "TableArn"}
    queried = {(action, place) for action, place in allowed if action == "dynamodb:Query"}
    assert {place for _, place in queried} == LISTS.get(service, {"TableArn", "TableArn/index/listing"})
    secret = {("secretsmanager:GetSecretValue", "SecretArn")}
    assert allowed - rows - queried - secret == BEYOND.get(service, set())


def test_the_authorizer_checks_tokens_and_cannot_make_any() -> None:
    """R-AUD-1: it stands before every request; the first client's secret and the key's private half are not its."""
    assert {each for each in granted_to("identity", AUTHORIZER).allowed if not each[0].startswith("logs:")} == {
        ("dynamodb:PutItem", "TableArn"),
        ("secretsmanager:GetSecretValue", "SecretArn"),
        ("kms:GetPublicKey", "TokenKeyArn"),
    }


def test_only_identitys_api_signs_tokens_and_reads_the_first_clients_secret() -> None:
    others = json.dumps([project("identity", each) for each in ("policy.json", "policy-authorizer.json")])
    assert "kms:Sign" not in others
    assert "BootstrapSecretArn" not in others


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
