"""SNS as the way to a phone: what it takes is reached, what it refuses is an outcome and no crash."""

from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from moto import mock_aws
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.sns.models import sns_backends

from services.notification.store import SmsCarrier
from shared.aws.clients import sns_once
from tests.support.aws import REGION


@mock_aws
def test_a_taken_message_is_reached_and_carries_the_carriers_id() -> None:
    outcome = SmsCarrier(sns_once()).send("+8613900000001", "您好")
    assert outcome.reached
    messages = sns_backends[DEFAULT_ACCOUNT_ID][REGION].sms_messages
    assert messages == {outcome.result: ("+8613900000001", "您好")}


@pytest.mark.parametrize(
    ("fault", "result"),
    [
        (
            ClientError({"Error": {"Code": "InvalidParameter", "Message": "PhoneNumber: +8613900000001"}}, "Publish"),
            "InvalidParameter",
        ),
        (ReadTimeoutError(endpoint_url="sns"), "ReadTimeoutError"),
    ],
)
@mock_aws
def test_a_refusal_is_told_by_its_code_which_shows_no_number(
    monkeypatch: pytest.MonkeyPatch, fault: Exception, result: str
) -> None:
    client = boto3.client("sns")

    def refuse(**_: Any) -> None:
        raise fault

    monkeypatch.setattr(client, "publish", refuse)
    outcome = SmsCarrier(client).send("+8613900000001", "您好")
    assert (outcome.reached, outcome.result) == (False, result)


@mock_aws
def test_one_attempt_is_one_request() -> None:
    """R-NTF-3: a retry inside the client would be an attempt nobody recorded."""
    config: Any = sns_once().meta.config
    assert config.retries["total_max_attempts"] == 1
