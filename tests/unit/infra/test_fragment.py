"""What is merged into Chalice's template: the common part, each function's settings, the particular part."""

from pathlib import Path

import pytest
import yaml
from chalice.app import Blueprint, Chalice

from infra.fragment import fragment, merge, read_template
from infra.functions import (
    Function,
    HandlerInAppError,
    Source,
    UnknownEventSourceError,
    authorizer_names,
    functions_of,
)
from infra.target import aws_target

API = Function("api_handler", Source.API)
CONSUME = Function("consume", Source.QUEUE)
RELAY = Function("relay", Source.STREAM)
NOWHERE = Path("/nonexistent/template.yaml")


def test_mappings_merge_and_lists_and_scalars_are_replaced() -> None:
    under = {"a": {"x": 1, "y": [1, 2]}, "b": 1}
    assert merge(under, {"a": {"y": [3]}, "b": {"c": 2}}) == {"a": {"x": 1, "y": [3]}, "b": {"c": 2}}


def test_short_forms_of_cloudformation_become_the_long_ones(tmp_path: Path) -> None:
    path = tmp_path / "t.yaml"
    path.write_text("a: !Ref X\nb: !GetAtt X.Arn\nc: !Sub '${X}/*'\nd: !If [C, !Ref X, '']\ne: !Condition C\n")
    assert read_template(path) == {
        "a": {"Ref": "X"},
        "b": {"Fn::GetAtt": ["X", "Arn"]},
        "c": {"Fn::Sub": "${X}/*"},
        "d": {"Fn::If": ["C", {"Ref": "X"}, ""]},
        "e": {"Condition": "C"},
    }


@pytest.mark.parametrize("text", ["a: 1\nb: 2\na: 3\n", "a:\n  x: 1\n  x: !Ref Y\n", "a: !Cond {x: 1, x: 2}\n"])
def test_a_key_given_twice_is_no_template(text: str, tmp_path: Path) -> None:
    path = tmp_path / "t.yaml"
    path.write_text(text)
    with pytest.raises(yaml.YAMLError, match=r"(?s)is there twice.*line \d"):
        read_template(path)


def test_every_function_gets_the_targets_runtime_and_architecture() -> None:
    merged = fragment("handover", [API, RELAY], ["gateway"], aws_target(), NOWHERE)
    for name in ("APIHandler", "Relay"):
        properties = merged["Resources"][name]["Properties"]
        assert (properties["Runtime"], properties["Architectures"]) == ("python3.13", ["arm64"])


def test_a_consumer_reads_the_services_own_queue_ten_at_a_time_and_reports_failures_alone() -> None:
    merged = fragment("handover", [CONSUME], [], aws_target(), NOWHERE)
    event = merged["Resources"]["Consume"]["Properties"]["Events"]["ConsumeSqsEventSource"]["Properties"]
    assert event["Queue"] == {"Fn::Sub": "${QueueArn}"}
    assert event["BatchSize"] == 10
    assert event["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert merged["Parameters"]["QueueArn"] == {"Type": "String"}


def test_the_sealer_reads_the_logs_queue() -> None:
    merged = fragment("audit", [Function("seal", Source.QUEUE)], [], aws_target(), NOWHERE)
    event = merged["Resources"]["Seal"]["Properties"]["Events"]["SealSqsEventSource"]["Properties"]
    assert event["Queue"] == {"Fn::Sub": "${LogQueueArn}"}


def test_identity_names_its_own_authorizer_and_the_others_ask_for_its_address() -> None:
    own = Function("authorizer", Source.DIRECT)
    identity = fragment("identity", [API, own], ["gateway"], aws_target(), NOWHERE)
    other = fragment("credit", [API], ["gateway"], aws_target(), NOWHERE)
    assert "AuthorizerArn" not in identity["Parameters"]
    assert other["Parameters"]["AuthorizerArn"] == {"Type": "String"}
    permission = identity["Resources"]["AuthorizerPermission"]["Properties"]
    assert permission["FunctionName"] == {"Fn::GetAtt": ["Authorizer", "Arn"]}


def test_what_is_particular_to_a_service_wins(tmp_path: Path) -> None:
    particular = tmp_path / "template.yaml"
    particular.write_text("Globals: {Function: {Environment: {Variables: {LOG_LEVEL: DEBUG, MORE: yes please}}}}\n")
    merged = fragment("credit", [API], [], aws_target(), particular)
    variables = merged["Globals"]["Function"]["Environment"]["Variables"]
    assert (variables["LOG_LEVEL"], variables["MORE"]) == ("DEBUG", "yes please")
    assert variables["SHENGUAN_SERVICE"] == "credit"


def test_an_application_without_routes_has_no_base_path() -> None:
    assert "BasePath" not in fragment("credit", [RELAY], [], aws_target(), NOWHERE)["Resources"]


def test_the_functions_of_an_application_are_found_by_what_invokes_them() -> None:
    events = Blueprint("services.toy.events")
    events.on_sqs_message(queue="q", name="consume")(lambda _: None)
    events.on_dynamodb_record(stream_arn="s", name="relay")(lambda _: None)
    events.schedule("rate(1 minute)", name="sweep")(lambda _: None)
    events.lambda_function(name="authorizer")(lambda *_: None)
    app = Chalice("toy", configure_logs=False)
    app.route("/v1/things")(dict)
    app.register_blueprint(events)
    assert {f.name: f.source for f in functions_of(app)} == {
        "api_handler": Source.API,
        "authorizer": Source.DIRECT,
        "consume": Source.QUEUE,
        "relay": Source.STREAM,
        "sweep": Source.SCHEDULE,
    }
    assert authorizer_names(app) == set()


def test_an_event_source_without_settings_is_refused_by_name() -> None:
    events = Blueprint("services.toy.events")
    events.on_sns_message(topic="t", name="hear")(lambda _: None)
    app = Chalice("toy", configure_logs=False)
    app.register_blueprint(events)
    with pytest.raises(UnknownEventSourceError, match="hear: SNSEventConfig"):
        functions_of(app)


def test_a_handler_on_the_application_itself_is_refused_with_where_to_put_it() -> None:
    app = Chalice("toy", configure_logs=False)
    app.schedule("rate(1 minute)", name="sweep")(lambda _: None)
    with pytest.raises(HandlerInAppError, match=r"events\.py"):
        functions_of(app)
