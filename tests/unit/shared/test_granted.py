"""That a role which lacks something is noticed: without this, tests under a role would prove nothing of it."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from infra.build import SERVICES
from services.identity.events import UnauthorizedError, authorizer
from shared.aws.clients import sns, sqs
from shared.aws.settings import settings
from shared.aws.table import Row, bound_table
from shared.kernel.permissions import Role
from tests.support import granted
from tests.support.file_builders import document_body, upload
from tests.support.gateway import Gateway
from tests.support.granted import API, AUTHORIZER, Granted, NotGrantedError, granted_to
from tests.support.identity_builders import BOOTSTRAP_SECRET, ask_token, gateway_question
from tests.support.services import any_service_in_moto, app_of

BUREAU = "dept_01BUREAU0000000000000000000"


@pytest.fixture
def table(service: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Row]]:
    with any_service_in_moto(monkeypatch, service) as made:
        yield made


def _registrar() -> Gateway:
    return Gateway(app_of("registry")).with_principal(BUREAU, Role.REGISTRAR)


def _ask_for_a_token() -> None:
    assert ask_token("cli_bootstrap", BOOTSTRAP_SECRET).status == 200


def _ask_with_no_token() -> None:
    with pytest.raises(UnauthorizedError):
        authorizer(gateway_question(None), None)


def _ask_with_a_bad_token() -> None:
    with pytest.raises(UnauthorizedError):
        authorizer(gateway_question("no.token.ofours"), None)


def _declare_a_document() -> dict[str, Any]:
    return dict(_registrar().post("/v1/documents", document_body()).json)


def _complete_what_never_came() -> None:
    path = f"/v1/documents/{_declare_a_document()['document_id']}/complete"
    assert _registrar().post(path, None).json["code"] == "upload_missing"


def _download_what_was_checked() -> None:
    declared = _declare_a_document()
    upload(declared["upload"])
    path = f"/v1/documents/{declared['document_id']}"
    assert _registrar().post(f"{path}/complete", None).status == 200
    assert _registrar().get(f"{path}/content").status == 307


def _read_the_inbox() -> None:
    reader = Gateway(app_of("feedback")).with_principal(BUREAU, Role.APPROVER)
    assert reader.get("/v1/inbox").status == 200


def _look_somebody_up() -> None:
    counter = Gateway(app_of("credit")).with_principal(BUREAU, Role.APPROVER)
    assert counter.get("/v1/lookups/lookup_01NEVER00000000000000000000").status == 404


def _read_the_receipts_key() -> None:
    assert Gateway(app_of("handover")).get("/v1/public/receipt-key").status == 200


def _in_a_pool(act: Callable[[], object]) -> object:
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(act).result()


NEEDS: list[tuple[str, str, str, Callable[[], object]]] = [
    ("identity", API, "kms:Sign", _ask_for_a_token),
    ("identity", API, "secretsmanager:GetSecretValue", _ask_for_a_token),
    ("identity", API, "dynamodb:PutItem", _ask_for_a_token),
    ("identity", AUTHORIZER, "kms:GetPublicKey", _ask_with_a_bad_token),
    ("identity", AUTHORIZER, "secretsmanager:GetSecretValue", _ask_with_no_token),
    ("identity", AUTHORIZER, "dynamodb:PutItem", _ask_with_no_token),
    ("registry", API, "s3:PutObject", _declare_a_document),
    ("registry", API, "s3:GetObject", _complete_what_never_came),
    ("registry", API, "s3:ListBucket", _complete_what_never_came),
    ("registry", API, "s3:GetObjectVersion", _download_what_was_checked),
    ("handover", API, "kms:GetPublicKey", _read_the_receipts_key),
    ("feedback", API, "dynamodb:Query", _read_the_inbox),
    ("credit", API, "dynamodb:GetItem", _look_somebody_up),
]


@pytest.mark.usefixtures("table")
@pytest.mark.parametrize(("service", "function", "action", "ask"), NEEDS)
def test_a_role_without_what_an_answer_needs_is_refused_it(
    service: str,
    function: str,
    action: str,
    ask: Callable[[], object],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lacking = granted_to(service, function).without(action)
    monkeypatch.setattr(granted, "granted_to", lambda *asked: lacking if asked == (service, function) else None)
    with pytest.raises(NotGrantedError, match=rf"^{action} on .* is not granted to {service}'s {function}$"):
        ask()


@pytest.mark.usefixtures("table")
@pytest.mark.parametrize("service", ["feedback"])
@pytest.mark.parametrize(
    "reached_for",
    [
        lambda: sns().publish(TopicArn=settings().topic, Message="{}"),
        lambda: _in_a_pool(lambda: sns().publish(TopicArn=settings().topic, Message="{}")),
        lambda: sqs().send_message(QueueUrl=settings().log_queue, MessageBody="{}"),
        lambda: list(bound_table(settings().table).scan()),
        lambda: list(bound_table(settings().table).due_index.query("0")),
        lambda: bound_table("test-credit").find("subject", "head"),
    ],
    ids=["topic", "topic from a thread of its own", "log", "whole table", "another index", "another service's table"],
)
def test_an_api_that_somebody_broke_into_reaches_nothing_more(
    service: str, reached_for: Callable[[], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-AUD-3, R-AUD-4."""
    monkeypatch.setattr(f"services.{service}.wiring.store", reached_for)
    with pytest.raises(NotGrantedError):
        _read_the_inbox()


@pytest.mark.parametrize("service", SERVICES)
def test_only_who_answers_is_held_to_that_role(service: str, table: type[Row]) -> None:
    assert not granted_to(service, API).allows("dynamodb:Scan", "TableArn")
    assert list(table.scan()) == []


def test_a_place_is_the_whole_of_what_a_policy_names() -> None:
    role = Granted("a test", (("s3:GetObject", "FilesBucketArn/imports/*/upload"), ("s3:ListBucket", "FilesBucketArn")))
    assert role.allows("s3:GetObject", "FilesBucketArn/imports/imp_1/upload")
    assert not role.allows("s3:GetObject", "FilesBucketArn/imports/imp_1/rows/0001")
    assert not role.allows("s3:GetObject", "FilesBucketArn")
    assert not role.allows("s3:ListBucket", "LogBucketArn")
