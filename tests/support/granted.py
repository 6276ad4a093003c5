"""Whoever answers a caller does only what its role may: moto grants everything, AWS what the policy says."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from botocore.client import BaseClient

from shared.http.service_app import ServiceApp

SERVICES = Path(__file__).parents[2] / "services"

_ACTIONS = {
    "ListObjectsV2": "s3:ListBucket",
    "SendMessageBatch": "sqs:SendMessage",
}
"""Those that AWS calls otherwise than the call they allow."""

_ITEMS = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem", "ConditionCheck": "ConditionCheckItem"}
"""What each kind of item in a transaction is allowed by."""


class NotGrantedError(AssertionError):
    """A call that AWS would refuse."""


def grant_callers_only(monkeypatch: pytest.MonkeyPatch, service: str, policy: str, places: Mapping[str, str]) -> None:
    """While the service's app answers, refuse what the policy does not allow.

    `places`: the parameter of the stack that names each bucket and queue, by its name or address here.
    """
    granted = set(_granted(SERVICES / service / ".chalice" / policy))
    answering: list[bool] = []
    do, answer = BaseClient._make_api_call, ServiceApp.__call__  # type: ignore[attr-defined]

    def checked(self: Any, operation: str, given: dict[str, Any]) -> Any:
        if answering:
            for asked in _asked(self.meta.service_model.service_name, operation, given, places):
                if asked not in granted:
                    raise NotGrantedError(f"{asked[0]} on {asked[1]} is not in {service}'s {policy}")
        return do(self, operation, given)

    def answered(self: ServiceApp, event: Any, context: Any) -> Any:
        answering.append(True)
        try:
            return answer(self, event, context)
        finally:
            answering.pop()

    monkeypatch.setattr(BaseClient, "_make_api_call", checked)
    monkeypatch.setattr(ServiceApp, "__call__", answered)


def _granted(policy: Path) -> Iterator[tuple[str, str]]:
    for statement in json.loads(policy.read_text(encoding="utf-8"))["Statement"]:
        actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        for place in re.findall(r"\w+Arn\b", json.dumps(statement["Resource"])):
            yield from ((action, place) for action in actions)


def _asked(
    service: str, operation: str, given: Mapping[str, Any], places: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    """The actions that a call has to be allowed, each with the parameter that names what it is done to."""
    if service == "dynamodb":
        items = [_ITEMS[kind] for item in given.get("TransactItems", ()) for kind in item]
        yield from ((f"dynamodb:{each}", "TableArn") for each in items or [operation])
    elif service == "secretsmanager":
        yield f"secretsmanager:{operation}", "SecretArn"
    else:
        yield _ACTIONS.get(operation, f"{service}:{operation}"), places[given.get("Bucket") or given["QueueUrl"]]
