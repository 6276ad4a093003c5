"""The fragment merged into what Chalice writes for one service: three layers, later ones win.

1. infra/service.yaml: what every stack has;
2. settings of each function by what invokes it (the table SETTINGS), and the gateway's answers;
3. services/<svc>/template.yaml: what is particular.
"""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from infra.functions import API_HANDLER, Function, Source
from infra.gateway import gateway_response_resources, gateway_responses
from infra.target import Target

Json = dict[str, Any]

_ONLY_NEW_EVENTS = json.dumps(
    {
        "eventName": ["INSERT"],
        "dynamodb": {"NewImage": {"outbox_shard": {"S": [{"exists": True}]}}},
    }
)

# Event source settings. A batch reports its failures one by one, so a poison message goes alone.
SETTINGS: dict[Source, Json] = {
    Source.QUEUE: {"FunctionResponseTypes": ["ReportBatchItemFailures"]},
    Source.STREAM: {
        "Stream": {"Ref": "TableStreamArn"},
        "StartingPosition": "TRIM_HORIZON",
        "FilterCriteria": {"Filters": [{"Pattern": _ONLY_NEW_EVENTS}]},
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
        "BisectBatchOnFunctionError": True,
        # The sweeper publishes whatever the stream gave up on, so giving up soon is safe.
        "MaximumRetryAttempts": 5,
        "MaximumRecordAgeInSeconds": 3600,
    },
}

# Which queue a function reads, and what it asks beyond its decorator; the first is everybody's.
_OWN_QUEUE: tuple[str, Json] = ("QueueArn", {"BatchSize": 10})
_QUEUES: dict[str, tuple[str, Json]] = {"seal": ("LogQueueArn", {}), "check": ("QueueArn", {})}

_GATEWAY_PRINCIPAL = "apigateway.amazonaws.com"


def fragment(
    service: str,
    functions: Iterable[Function],
    authorizers: Iterable[str],
    target: Target,
    particular: Path,
) -> Json:
    """The whole fragment for `service`. `particular` (its template.yaml) may be absent."""
    merged = read_template(Path(__file__).with_name("service.yaml"))
    functions = tuple(functions)
    for part in (
        _identity_of(service),
        *(_function_part(function, target) for function in functions),
        _api_part(functions, tuple(authorizers)),
        read_template(particular) if particular.exists() else {},
    ):
        merged = merge(merged, part)
    if Source.API not in {function.source for function in functions}:
        merged["Resources"].pop("BasePath")
    return merged


def merge(under: Mapping[str, Any], over: Mapping[str, Any]) -> Json:
    """Two templates as one; `over` wins, mappings merge, lists and scalars are replaced."""
    merged = dict(under)
    for key, value in over.items():
        below = merged.get(key)
        both = isinstance(below, Mapping) and isinstance(value, Mapping)
        merged[key] = merge(below, value) if both else value  # type: ignore[arg-type]
    return merged


def _identity_of(service: str) -> Json:
    names = {"SHENGUAN_SERVICE": service, "POWERTOOLS_SERVICE_NAME": service}
    return {
        "Description": f"shenguan {service}",
        "Globals": {"Function": {"Environment": {"Variables": names}}},
        "Resources": {"BasePath": {"Properties": {"BasePath": service}}},
    }


def _function_part(function: Function, target: Target) -> Json:
    properties: Json = {"Runtime": target.runtime, "Architectures": [target.architecture]}
    settings = dict(SETTINGS.get(function.source, {}))
    part: Json = {}
    if function.source is Source.QUEUE:
        parameter, particular = _QUEUES.get(function.name, _OWN_QUEUE)
        # Chalice writes Fn::Sub for a queue it is given by name; merging Ref would leave both.
        settings |= {"Queue": {"Fn::Sub": f"${{{parameter}}}"}, **particular}
        settings["ScalingConfig"] = {"MaximumConcurrency": target.consumer_concurrency}
        part["Parameters"] = {parameter: {"Type": "String"}}
    if settings:
        properties["Events"] = {function.event_id: {"Properties": settings}}
    part["Resources"] = {function.logical_id: {"Properties": properties}}
    return part


def _api_part(functions: tuple[Function, ...], authorizers: tuple[str, ...]) -> Json:
    if Source.API not in {function.source for function in functions}:
        return {}
    definition: Json = {"x-amazon-apigateway-gateway-responses": gateway_responses()}
    part: Json = {
        "Resources": {
            "RestAPI": {"Properties": {"DefinitionBody": definition}},
            # Chalice 1.34 renames the API's function but not the name in its log group.
            "ApiHandlerLogGroup": {"Properties": {"LogGroupName": {"Fn::Sub": f"/aws/lambda/${{{API_HANDLER}}}"}}},
            **gateway_response_resources(),
        }
    }
    if not authorizers:
        return part
    own = next((f for f in functions if f.name == "authorizer"), None)
    arn: Json = {"Fn::GetAtt": [own.logical_id, "Arn"]} if own else {"Ref": "AuthorizerArn"}
    definition["securityDefinitions"] = {name: _security(arn) for name in authorizers}
    part["Resources"]["AuthorizerPermission"] = _authorizer_permission(arn)
    if not own:
        part["Parameters"] = {"AuthorizerArn": {"Type": "String"}}
    return part


def _security(authorizer_arn: Json) -> Json:
    """The authorizer of a route: identity's, asked at every request.

    Nothing is cached, so that a missing or expired token reaches the authorizer, which records the
    refusal (R-AUD-1). API Gateway accepts no identity source only with TTL 0.
    """
    uri = (
        "arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path/2015-03-31"
        "/functions/${AuthorizerFunction}/invocations"
    )
    return {
        "type": "apiKey",
        "name": "Unused",
        "in": "header",
        "x-amazon-apigateway-authtype": "custom",
        "x-amazon-apigateway-authorizer": {
            "type": "request",
            "authorizerResultTtlInSeconds": 0,
            "authorizerUri": {"Fn::Sub": [uri, {"AuthorizerFunction": authorizer_arn}]},
        },
    }


def _authorizer_permission(authorizer_arn: Json) -> Json:
    source = "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${RestAPI}/authorizers/*"
    return {
        "Type": "AWS::Lambda::Permission",
        "Properties": {
            "FunctionName": authorizer_arn,
            "Action": "lambda:InvokeFunction",
            "Principal": _GATEWAY_PRINCIPAL,
            "SourceArn": {"Fn::Sub": source},
        },
    }


# ── CloudFormation's short forms (!Ref, !Sub, …) as the long ones JSON needs ───────────────────


class _TemplateLoader(yaml.SafeLoader):
    """YAML with CloudFormation's tags; a key given twice, of which YAML would drop one in silence, is an error."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002
        """The mapping. Raises yaml.constructor.ConstructorError at the second of two equal keys."""
        seen: set[Any] = set()
        for key, _ in node.value:
            if key.value in seen:
                raise yaml.constructor.ConstructorError(None, None, f"{key.value} is there twice", key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def _long_form(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> Json:
    name = suffix if suffix in {"Ref", "Condition"} else f"Fn::{suffix}"
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
        if name == "Fn::GetAtt":
            value = value.split(".", 1)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    elif isinstance(node, yaml.MappingNode):
        value = loader.construct_mapping(node, deep=True)
    else:
        raise TypeError(f"unknown YAML node {node!r}")
    return {name: value}


_TemplateLoader.add_multi_constructor("!", _long_form)


def read_template(path: Path) -> Json:
    """A template as JSON. Raises yaml.YAMLError with the line where it cannot be read."""
    read = yaml.load(path.read_text(encoding="utf-8"), Loader=_TemplateLoader)  # noqa: S506
    return dict(read or {})
