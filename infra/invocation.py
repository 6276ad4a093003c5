"""Functions that an operator invokes himself, found by stage, service and name, tried a few times."""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.config import Config
from botocore.exceptions import ClientError

from infra.deploy import Place, stack_name

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

_TRIES = 5
"""What failed is done again, since such functions are repeatable; after so many the command stops."""

# An invocation is repeated by us, after looking at its answer.
_CLIENT = Config(retries={"mode": "standard", "total_max_attempts": 2}, read_timeout=90)


class InvocationFailedError(RuntimeError):
    """A function kept failing; the text is its last answer."""


@dataclass(frozen=True, slots=True)
class DirectFunction:
    """A function of a deployed service."""

    client: "LambdaClient"
    name: str

    def invoke(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Its answer. Raises InvocationFailedError after a few tries."""
        answer = b""
        for _ in range(_TRIES):
            invoked = self.client.invoke(FunctionName=self.name, Payload=json.dumps(asked).encode())
            answer = invoked["Payload"].read()
            if not invoked.get("FunctionError"):
                given: dict[str, Any] = json.loads(answer)
                return given
        raise InvocationFailedError(f"{_TRIES} times: {answer.decode(errors='replace')[:400]}")


def find_function(stage: str, service: str, logical_id: str, place: Place) -> DirectFunction:
    """A function by its name in the service's template. Raises ValueError where the stage has no such service."""
    stacks = place.session.client("cloudformation", endpoint_url=place.endpoint_url)
    try:
        found = stacks.describe_stack_resource(StackName=stack_name(stage, service), LogicalResourceId=logical_id)
    except ClientError as error:
        raise ValueError(f"There is no {service} at stage {stage!r} here: {error}. Deploy it first.") from error
    client = place.session.client("lambda", endpoint_url=place.endpoint_url, config=_CLIENT)
    return DirectFunction(client, found["StackResourceDetail"]["PhysicalResourceId"])
