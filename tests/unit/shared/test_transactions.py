"""One labelled, all-or-nothing write: which label failed, what is tried again, what is left unknown."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from botocore.stub import Stubber

from shared.aws import transactions
from shared.aws.table import bound_table
from shared.aws.transactions import ConditionFailed, Write, client_of, put_new, put_newer, transact
from shared.kernel.errors import Unavailable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ROW = bound_table("tests")
WRITES = [put_new(label, ROW(pk=label, sk="x")) for label in ("head", "event:1", "once")]
TRANSIENT = ("TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded")
REQUEST_ERRORS = ("ThrottlingException", "TransactionInProgressException", "ProvisionedThroughputExceededException")


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transactions, "_FIRST_PAUSE_SECONDS", 0.0)


@pytest.fixture
def client() -> "DynamoDBClient":
    return boto3.client("dynamodb")


@pytest.fixture
def dynamodb(client: "DynamoDBClient") -> Iterator[Stubber]:
    """What the client answers; every answer must have been asked for."""
    with Stubber(client) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


def _cancelled(stubber: Stubber, *codes: str) -> None:
    reasons = [{"Code": code} for code in codes]
    stubber.add_client_error(
        "transact_write_items", "TransactionCanceledException", modeled_fields={"CancellationReasons": reasons}
    )


def test_the_failed_conditions_come_back_by_label_in_whatever_place(
    dynamodb: Stubber, client: "DynamoDBClient"
) -> None:
    _cancelled(dynamodb, "ConditionalCheckFailed", "None", "ConditionalCheckFailed")
    with pytest.raises(ConditionFailed) as failed:
        transact(client, WRITES)
    assert failed.value.labels == {"head", "once"}
    assert str(failed.value) == "head, once"


def test_a_failed_condition_counts_more_than_a_conflict(dynamodb: Stubber, client: "DynamoDBClient") -> None:
    _cancelled(dynamodb, "TransactionConflict", "ConditionalCheckFailed", "None")
    with pytest.raises(ConditionFailed) as failed:
        transact(client, WRITES)
    assert failed.value.labels == {"event:1"}


@pytest.mark.parametrize("code", TRANSIENT)
def test_what_passes_by_itself_is_tried_again(code: str, dynamodb: Stubber, client: "DynamoDBClient") -> None:
    _cancelled(dynamodb, "None", code, "None")
    _cancelled(dynamodb, code, code, code)
    dynamodb.add_response("transact_write_items", {})
    transact(client, WRITES)


@pytest.mark.parametrize("code", REQUEST_ERRORS)
def test_a_request_refused_as_a_whole_for_now_is_tried_again(
    code: str, dynamodb: Stubber, client: "DynamoDBClient"
) -> None:
    dynamodb.add_client_error("transact_write_items", code)
    dynamodb.add_response("transact_write_items", {})
    transact(client, WRITES)


def test_what_does_not_pass_is_unavailable_in_the_end(dynamodb: Stubber, client: "DynamoDBClient") -> None:
    for _ in range(transactions._ATTEMPTS):
        _cancelled(dynamodb, "TransactionConflict", "None", "None")
    with pytest.raises(Unavailable):
        transact(client, WRITES)


@pytest.mark.parametrize("code", ["ValidationException", "AccessDeniedException", "ResourceNotFoundException"])
def test_a_defect_is_not_tried_again_and_not_hidden(code: str, dynamodb: Stubber, client: "DynamoDBClient") -> None:
    dynamodb.add_client_error("transact_write_items", code)
    with pytest.raises(ClientError, match=code):
        transact(client, WRITES)


def test_a_reason_that_is_a_defect_is_not_hidden(dynamodb: Stubber, client: "DynamoDBClient") -> None:
    _cancelled(dynamodb, "None", "ValidationError", "None")
    with pytest.raises(ClientError):
        transact(client, WRITES)


class _Silent:
    """A DynamoDB that never answers."""

    def transact_write_items(self, **_: Any) -> None:
        raise ReadTimeoutError(endpoint_url="https://dynamodb.example")


def test_no_answer_is_an_unknown_outcome_and_not_tried_again_here() -> None:
    """The caller repeats the same act with the same key; whether the first took effect, its row tells (R-HND-13)."""
    with pytest.raises(Unavailable) as told:
        transact(_Silent(), WRITES)  # type: ignore[arg-type]
    assert isinstance(told.value.__cause__, ReadTimeoutError)


def test_a_connection_that_hangs_is_given_up_before_the_gateway_gives_up_on_us() -> None:
    """PynamoDB would wait 30 seconds, API Gateway waits 29: the caller would never hear from us."""
    config: Any = client_of(ROW).meta.config
    attempts = config.retries["total_max_attempts"]
    assert attempts * (config.connect_timeout + config.read_timeout) < 29


def test_two_writes_of_one_label_could_not_be_told_apart(client: "DynamoDBClient") -> None:
    with pytest.raises(ValueError, match="must differ"):
        transact(client, [*WRITES, WRITES[0]])


def test_the_writes_go_in_the_order_of_their_labels(dynamodb: Stubber, client: "DynamoDBClient") -> None:
    """Reasons come back by position."""
    dynamodb.add_response("transact_write_items", {}, {"TransactItems": [write.request() for write in WRITES]})
    transact(client, WRITES)


def test_a_request_holds_only_what_its_write_names() -> None:
    row = ROW(pk="a", sk="x", version=3, body="b")
    assert put_new("a", row).request() == {
        "Put": {
            "TableName": "tests",
            "Item": {"pk": {"S": "a"}, "sk": {"S": "x"}, "version": {"N": "3"}, "body": {"S": "b"}},
            "ConditionExpression": "attribute_not_exists(pk)",
        }
    }
    newer = put_newer("a", row).request()["Put"]
    assert newer["ConditionExpression"] == "attribute_not_exists(pk) OR version < :version"
    assert newer["ExpressionAttributeValues"] == {":version": {"N": "3"}}
    assert Write("a", "Delete", row).request() == {
        "Delete": {"TableName": "tests", "Key": {"pk": {"S": "a"}, "sk": {"S": "x"}}}
    }
