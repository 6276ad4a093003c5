"""Stacks are created, updated or left alone; a failure names its cause and the next step."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto import mock_aws

from infra.deploy import ParameterMissingError, fill
from infra.stacks import Stack, StackFailedError, Stacks

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient


@pytest.fixture
def cloudformation() -> Iterator["CloudFormationClient"]:
    with mock_aws():
        yield boto3.client("cloudformation", region_name="us-east-1")


def queue_stack(name: str = "test-data", **properties: object) -> Stack:
    template: dict[str, Any] = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Resources": {"Queue": {"Type": "AWS::SQS::Queue", "Properties": properties}},
        "Outputs": {"QueueUrl": {"Value": {"Ref": "Queue"}}},
    }
    return Stack(name, template, {})


def test_a_new_stack_is_created_and_its_outputs_can_be_read(cloudformation: "CloudFormationClient") -> None:
    stacks = Stacks(cloudformation)
    assert stacks.start(queue_stack())
    stacks.wait("test-data")
    assert "QueueUrl" in stacks.outputs("test-data")


def test_an_unchanged_stack_is_left_alone(cloudformation: "CloudFormationClient") -> None:
    stacks = Stacks(cloudformation)
    stacks.start(queue_stack())
    assert not stacks.start(queue_stack())


def test_a_changed_template_updates_the_stack(cloudformation: "CloudFormationClient") -> None:
    stacks = Stacks(cloudformation)
    stacks.start(queue_stack())
    assert stacks.start(queue_stack(VisibilityTimeout=60))
    stacks.wait("test-data")


def test_a_large_template_goes_by_the_bucket(cloudformation: "CloudFormationClient") -> None:
    uploaded: dict[str, bytes] = {}

    def upload(name: str, content: bytes) -> str:
        uploaded[name] = content
        boto3.client("s3", region_name="us-east-1").put_object(Bucket="artifacts", Key=name, Body=content)
        return f"https://s3.amazonaws.com/artifacts/{name}"

    boto3.client("s3", region_name="us-east-1").create_bucket(Bucket="artifacts")
    large = queue_stack()
    padded = Stack(large.name, {**large.template, "Description": "x" * 60_000}, {})
    Stacks(cloudformation, upload).start(padded)
    assert list(uploaded) == ["test-data.json"]


def test_outputs_of_a_stack_that_is_not_there_are_none(cloudformation: "CloudFormationClient") -> None:
    assert Stacks(cloudformation).outputs("nothing") == {}


def test_a_rolled_back_stack_names_what_failed_and_what_to_do() -> None:
    stacks = Stacks(RolledBack())  # type: ignore[arg-type]
    with pytest.raises(StackFailedError) as failed:
        stacks.wait("test-data")
    text = str(failed.value)
    assert "Queue (AWS::SQS::Queue): the name is taken" in text
    assert "Resource creation cancelled" not in text
    assert "run the same command again" in text


class RolledBack:
    """CloudFormation after a failure."""

    def describe_stacks(self, **_: str) -> dict[str, Any]:
        return {"Stacks": [{"StackName": "test-data", "StackStatus": "UPDATE_ROLLBACK_COMPLETE"}]}

    def describe_stack_events(self, **_: str) -> dict[str, Any]:
        failed = {"ResourceType": "AWS::SQS::Queue", "ResourceStatus": "CREATE_FAILED"}
        return {
            "StackEvents": [
                failed | {"LogicalResourceId": "Other", "ResourceStatusReason": "Resource creation cancelled"},
                failed | {"LogicalResourceId": "Queue", "ResourceStatusReason": "the name is taken"},
            ]
        }


def test_a_services_own_output_is_taken_before_a_common_one() -> None:
    declared: dict[str, dict[str, Any]] = {"TableName": {}, "SecretArn": {}, "LogLevel": {"Default": "INFO"}}
    known = {"handoverTableName": "own", "creditTableName": "another's", "SecretArn": "common"}
    assert fill(declared, "handover", known) == {"TableName": "own", "SecretArn": "common"}


def test_a_parameter_nobody_gives_is_named_with_where_it_could_come_from() -> None:
    with pytest.raises(ParameterMissingError, match=r"handoverQueueArn or QueueArn.*data\.yaml"):
        fill({"QueueArn": {"Type": "String"}}, "handover", {})
