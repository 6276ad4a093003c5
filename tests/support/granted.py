"""Whoever answers a caller does only what its role may: moto grants everything, AWS what the policy says.

While a service's API answers, or the gateway's authorizer does, each call to AWS is held against the policy of that
function: a transaction row by row, a query by the table or index it asks, a file by its key. A presigned link is used
with the rights of whoever signed it, so what it does is asked when it is made.
"""

import json
import os
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from botocore import signers
from botocore.client import BaseClient
from botocore.exceptions import ClientError
from chalice.app import EventSourceHandler

from shared.http.service_app import ServiceApp
from shared.kernel.notes import SigningKey

SERVICES = Path(__file__).parents[2] / "services"

API = "api_handler"
"""What Chalice calls the function behind the gateway."""
AUTHORIZER = "authorizer"

_PLACES = {
    "TABLE_NAME": "TableArn",
    "TOPIC_ARN": "TopicArn",
    "SECRET_ARN": "SecretArn",
    "BOOTSTRAP_SECRET_ARN": "BootstrapSecretArn",
    "TOKEN_KEY_ID": "TokenKeyArn",
    "RECEIPT_KEY_ID": "ReceiptKeyArn",
    "CHECKPOINT_KEY_ID": "CheckpointKeyArn",
    "FILES_BUCKET": "FilesBucketArn",
    "LOG_BUCKET": "LogBucketArn",
    "LOCKED_BUCKET": "LockedBucketArn",
    "LOG_QUEUE_URL": "LogQueueArn",
    "LOG_DEAD_LETTERS_URL": "LogDeadLettersArn",
    "LOG_REJECTED_URL": "LogRejectedArn",
    "ATTESTATION_QUEUE_URL": "AttestationQueueArn",
}
"""The variable in which a function is given each place, and the parameter by which policies name the place."""

_ROWS = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
    "Get": "GetItem",
}
"""What each kind of row in a transaction is allowed by."""

_BATCHES = {"SendMessageBatch": "SendMessage", "PublishBatch": "Publish"}
_ON_BUCKETS = {"ListObjectsV2": "ListBucket", "ListObjectVersions": "ListBucketVersions"}
_ON_OBJECTS = {
    "HeadObject": "GetObject",
    "CreateMultipartUpload": "PutObject",
    "UploadPart": "PutObject",
    "CompleteMultipartUpload": "PutObject",
}
"""Those that AWS calls otherwise than the call they allow."""

_NAMING = ("SecretId", "KeyId", "QueueUrl", "TopicArn", "PhoneNumber")
"""How the other services call the place that something is done to."""

_ABSENT = frozenset({"404", "NoSuchKey"})


class NotGrantedError(BaseException):
    """A call that AWS would refuse; no Exception, so that no handler of ours takes it for an outage."""


@dataclass(frozen=True)
class Granted:
    """What a function may do: each action with the places it may be done to, as a policy writes them."""

    whose: str
    allowed: tuple[tuple[str, str], ...]

    def without(self, action: str) -> "Granted":
        """The same but for one action."""
        left = tuple(each for each in self.allowed if each[0] != action)
        assert left != self.allowed, f"{self.whose} never had {action}"
        return replace(self, allowed=left)

    def allows(self, action: str, place: str) -> bool:
        """Whether AWS would do it."""
        return any(action == each and fnmatchcase(place, pattern) for each, pattern in self.allowed)

    def check(self, action: str, place: str) -> None:
        """Raises NotGrantedError for what AWS would not do."""
        if not self.allows(action, place):
            raise NotGrantedError(f"{action} on {place} is not granted to {self.whose}")


_ANSWERING: ContextVar[Granted | None] = ContextVar("answering", default=None)
"""What whoever answers at this moment may do; None while nobody does.

Each thread answers for itself, but those of a pool for whoever gave them work.
"""


@cache
def granted_to(service: str, function: str) -> Granted:
    """What the role of a service's function allows."""
    config = _read(service, "config.json")
    functions = config["stages"]["service"]["lambda_functions"]
    policy = functions.get(function, {}).get("iam_policy_file", config["iam_policy_file"])
    return Granted(f"{service}'s {function}", tuple(_allowed(_read(service, policy))))


def grant_callers_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """While a service's API or the authorizer answers, refuse what its policy does not allow."""
    do, sign = BaseClient._make_api_call, signers.generate_presigned_url  # type: ignore[attr-defined]
    answer, handle, submit = ServiceApp.__call__, EventSourceHandler.__call__, ThreadPoolExecutor.submit

    def done(self: Any, operation: str, given: dict[str, Any]) -> Any:
        _check(self, operation, given)
        try:
            return do(self, operation, given)
        except ClientError as error:
            _check_absence(self, given, error)
            raise

    def signed(self: Any, ClientMethod: str, Params: Any = None, *args: Any, **options: Any) -> Any:  # noqa: N803
        _check(self, self.meta.method_to_api_mapping[ClientMethod], Params)
        return sign(self, ClientMethod, Params, *args, **options)

    def answered(self: ServiceApp, event: Any, context: Any) -> Any:
        with _as(_role_of(self.service, API)):
            return answer(self, event, context)

    def handled(self: Any, event: Any, context: Any) -> Any:
        with _as(_role_of("identity", AUTHORIZER) if _authorizes(self) else None):
            return handle(self, event, context)

    def submitted(self: ThreadPoolExecutor, work: Any, *args: Any, **options: Any) -> Any:
        return submit(self, copy_context().run, work, *args, **options)

    monkeypatch.setattr(BaseClient, "_make_api_call", done)
    monkeypatch.setattr(signers, "generate_presigned_url", signed)
    monkeypatch.setattr(ServiceApp, "__call__", answered)
    monkeypatch.setattr(EventSourceHandler, "__call__", handled)
    monkeypatch.setattr(ThreadPoolExecutor, "submit", submitted)


@contextmanager
def another_process() -> Iterator[None]:
    """What a queue or a schedule does while an API answers is not done by that API."""
    with _as(None):
        yield


def held_in_kms(key: SigningKey, key_id: str) -> SigningKey:
    """A key that stands in for one in KMS, where moto has no Ed25519: it asks for the same rights."""

    def check(operation: str) -> None:
        role = _ANSWERING.get()
        if role is not None:
            role.check(f"kms:{operation}", _place(key_id))

    def sign(message: bytes) -> bytes:
        check("Sign")
        return key.sign(message)

    check("GetPublicKey")
    return SigningKey(key.key, sign)


def _check(client: Any, operation: str, given: Mapping[str, Any]) -> None:
    role = _ANSWERING.get()
    if role is not None:
        for action, place in _asked(client.meta.service_model.service_name, operation, given):
            role.check(action, place)


def _check_absence(client: Any, given: Mapping[str, Any], error: ClientError) -> None:
    """S3 says that there is nothing only to whom it would list the bucket; anybody else is refused."""
    role = _ANSWERING.get()
    in_s3 = client.meta.service_model.service_name == "s3"
    if role is not None and in_s3 and error.response["Error"]["Code"] in _ABSENT:
        role.check("s3:ListBucket", _place(given["Bucket"]))


def _authorizes(handler: EventSourceHandler) -> bool:
    """Whether a handler, which does not know its own name, is the authorizer's."""
    return getattr(getattr(handler.func, "_original_func", None), "__name__", "") == AUTHORIZER


@contextmanager
def _as(role: Granted | None) -> Iterator[None]:
    before = _ANSWERING.set(role)
    try:
        yield
    finally:
        _ANSWERING.reset(before)


def _role_of(service: str, function: str) -> Granted | None:
    """None for an app that only tests have."""
    return granted_to(service, function) if (SERVICES / service).exists() else None


def _read(service: str, name: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((SERVICES / service / ".chalice" / name).read_text(encoding="utf-8"))
    return read


def _allowed(policy: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for statement in policy["Statement"]:
        # An exception or a condition would be read here as something else than AWS reads it.
        assert statement.keys() == {"Sid", "Effect", "Action", "Resource"}, statement["Sid"]
        assert statement["Effect"] == "Allow", statement["Sid"]
        resources = _listed(statement["Resource"])
        places = [each if isinstance(each, str) else _written(each) for each in resources]
        for action in _listed(statement["Action"]):
            yield from ((action, place) for place in places)


def _written(resource: Mapping[str, str]) -> str:
    """A place as it is asked for: the parameter, and what follows it."""
    (text,) = resource.values()
    return text.replace("${", "").replace("}", "")


def _listed(one_or_more: Any) -> list[Any]:
    return one_or_more if isinstance(one_or_more, list) else [one_or_more]


def _place(name: str) -> str:
    """The parameter of the stack that names a place; what a service was not given is called by its own name."""
    return next((place for variable, place in _PLACES.items() if os.environ.get(variable) == name), name)


def _asked(service: str, operation: str, given: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The actions that a call has to be allowed, each with the place it is done to."""
    if service == "dynamodb":
        yield from _asked_of_tables(operation, given)
    elif service == "s3":
        yield _asked_of_files(operation, given)
    else:
        named = next(given[each] for each in _NAMING if each in given)
        yield f"{service}:{_BATCHES.get(operation, operation)}", _place(named)


def _asked_of_tables(operation: str, given: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if "TransactItems" in given:
        for item in given["TransactItems"]:
            yield from ((f"dynamodb:{_ROWS[kind]}", _place(row["TableName"])) for kind, row in item.items())
    elif "RequestItems" in given:
        yield from ((f"dynamodb:{operation}", _place(table)) for table in given["RequestItems"])
    else:
        index = f"/index/{given['IndexName']}" if "IndexName" in given else ""
        yield f"dynamodb:{operation}", f"{_place(given['TableName'])}{index}"


def _asked_of_files(operation: str, given: Mapping[str, Any]) -> tuple[str, str]:
    bucket = _place(given["Bucket"])
    if "Key" not in given:
        return f"s3:{_ON_BUCKETS.get(operation, operation)}", bucket
    action = _ON_OBJECTS.get(operation, operation)
    version = "Version" if action == "GetObject" and given.get("VersionId") else ""
    return f"s3:{action}{version}", f"{bucket}/{given['Key']}"
