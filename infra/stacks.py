"""CloudFormation stacks: create or update one, wait for it, and say what went wrong."""

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from infra.archive import fingerprint

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudformation.literals import CapabilityType
    from mypy_boto3_cloudformation.type_defs import StackTypeDef

_DIGEST_TAG = "shenguan:digest"
_CAPABILITIES: tuple["CapabilityType", ...] = (
    "CAPABILITY_IAM",
    "CAPABILITY_NAMED_IAM",
    "CAPABILITY_AUTO_EXPAND",
)
# A template up to this size (bytes) goes in the call; a larger one must lie in S3.
_INLINE_LIMIT = 51_200
_POLL_SECONDS = (0.3, 0.3, 0.5, 0.5, 1.0)  # the last one repeats
_GOOD = frozenset({"CREATE_COMPLETE", "UPDATE_COMPLETE"})
_NEVER_CREATED = frozenset({"ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "REVIEW_IN_PROGRESS"})

Upload = Callable[[str, bytes], str]


@dataclass(frozen=True, slots=True)
class Stack:
    """A stack as it should be: its template and exactly the parameters the template names."""

    name: str
    template: Mapping[str, Any]
    parameters: Mapping[str, str]

    @property
    def body(self) -> bytes:
        """The template as JSON."""
        return json.dumps(self.template, ensure_ascii=False, sort_keys=True).encode()

    @property
    def digest(self) -> str:
        """Changes when template or parameters do."""
        return fingerprint([self.body, json.dumps(dict(self.parameters), sort_keys=True)])


class StackFailedError(RuntimeError):
    """A stack did not come up; the text names the resources that failed and what to do."""

    def __init__(self, name: str, status: str, reasons: Iterable[str]) -> None:
        listed = "\n".join(f"  • {reason}" for reason in reasons) or "  • no reason was given"
        super().__init__(
            f"Stack {name} ended in {status}; CloudFormation put back what was there before.\n"
            f"{listed}\n"
            "Correct the first cause above and run the same command again; finished stacks are skipped."
        )


class Stacks:
    """The stacks at one endpoint."""

    def __init__(self, client: "CloudFormationClient", upload: Upload | None = None) -> None:
        """`upload(name, content)` puts a template where CloudFormation can read it; returns its URL."""
        self._client = client
        self._upload = upload

    def start(self, stack: Stack) -> bool:
        """Begin to create or update; False where the stack is already as it should be.

        Raises botocore's ClientError for a template or parameters CloudFormation refuses.
        """
        found = self._find(stack.name)
        if found and found["StackStatus"] in _NEVER_CREATED:
            self._client.delete_stack(StackName=stack.name)
            self._wait_until_gone(stack.name)
            found = None
        if found and found["StackStatus"] in _GOOD and _digest_of(found) == stack.digest:
            return False
        arguments: dict[str, Any] = {
            "StackName": stack.name,
            "Parameters": [
                {"ParameterKey": key, "ParameterValue": value} for key, value in sorted(stack.parameters.items())
            ],
            "Capabilities": list(_CAPABILITIES),
            "Tags": [{"Key": _DIGEST_TAG, "Value": stack.digest}],
            **self._template_of(stack),
        }
        if not found:
            self._client.create_stack(**arguments)
            return True
        try:
            self._client.update_stack(**arguments)
        except ClientError as error:
            if "No updates are to be performed" not in str(error):
                raise
            return False
        return True

    def wait(self, name: str) -> None:
        """Until the stack is done. Raises StackFailedError when it was rolled back."""
        for pause in _pauses():
            found = self._find(name)
            status = found["StackStatus"] if found else "DELETE_COMPLETE"
            if status in _GOOD:
                return
            if not status.endswith("_IN_PROGRESS"):
                raise StackFailedError(name, status, self._reasons(name))
            time.sleep(pause)

    def outputs(self, name: str) -> dict[str, str]:
        """A stack's outputs; empty where there is no such stack."""
        found = self._find(name)
        listed = found.get("Outputs", []) if found else []
        return {each["OutputKey"]: each["OutputValue"] for each in listed}

    def _find(self, name: str) -> "StackTypeDef | None":
        try:
            return self._client.describe_stacks(StackName=name)["Stacks"][0]
        except ClientError as error:
            if "does not exist" in str(error):
                return None
            raise

    def _template_of(self, stack: Stack) -> dict[str, str]:
        if len(stack.body) <= _INLINE_LIMIT:
            return {"TemplateBody": stack.body.decode()}
        if self._upload is None:
            raise ValueError(f"{stack.name}: a template over {_INLINE_LIMIT} bytes needs a bucket")
        return {"TemplateURL": self._upload(f"{stack.name}.json", stack.body)}

    def _wait_until_gone(self, name: str) -> None:
        for pause in _pauses():
            found = self._find(name)
            if not found or found["StackStatus"] == "DELETE_COMPLETE":
                return
            if found["StackStatus"] == "DELETE_FAILED":
                raise StackFailedError(name, "DELETE_FAILED", self._reasons(name))
            time.sleep(pause)

    def _reasons(self, name: str) -> list[str]:
        """Why the last operation failed: oldest first, without what was merely cancelled."""
        events = self._client.describe_stack_events(StackName=name)["StackEvents"]
        failed = [
            f"{event.get('LogicalResourceId')} ({event.get('ResourceType')}): "
            f"{event.get('ResourceStatusReason', event['ResourceStatus'])}"
            for event in events
            if event.get("ResourceStatus", "").endswith("_FAILED")
            and "cancelled" not in event.get("ResourceStatusReason", "").lower()
        ]
        return list(dict.fromkeys(reversed(failed)))[:8]


def _digest_of(found: "StackTypeDef") -> str | None:
    return next((tag["Value"] for tag in found.get("Tags", []) if tag["Key"] == _DIGEST_TAG), None)


def _pauses() -> Iterator[float]:
    yield from _POLL_SECONDS
    while True:
        yield _POLL_SECONDS[-1]
