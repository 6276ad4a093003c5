"""What API Gateway itself answers, before or instead of a function: the same problem details."""

from typing import Any

from shared.http.problems import problem
from shared.kernel.errors import Refused

_BODY_LIMIT = 10 * 1024 * 1024

# Gateway response types and the refusal each one is. A request for an unknown route is
# MISSING_AUTHENTICATION_TOKEN to API Gateway; 404 is the honest status.
_REFUSALS: dict[str, Refused] = {
    "UNAUTHORIZED": Refused("unauthorized"),
    "EXPIRED_TOKEN": Refused("unauthorized"),
    "INVALID_SIGNATURE": Refused("unauthorized"),
    "ACCESS_DENIED": Refused("forbidden", action="$context.resourcePath"),
    "INVALID_API_KEY": Refused("forbidden", action="$context.resourcePath"),
    "WAF_FILTERED": Refused("forbidden", action="$context.resourcePath"),
    "MISSING_AUTHENTICATION_TOKEN": Refused("route_unknown"),
    "RESOURCE_NOT_FOUND": Refused("route_unknown"),
    "REQUEST_TOO_LARGE": Refused("body_too_large", limit=_BODY_LIMIT),
    "UNSUPPORTED_MEDIA_TYPE": Refused("media_type_unsupported", expected="application/json"),
    "THROTTLED": Refused("too_many_requests"),
    "QUOTA_EXCEEDED": Refused("too_many_requests"),
    "AUTHORIZER_FAILURE": Refused("unavailable"),
    "INTEGRATION_FAILURE": Refused("unavailable"),
    "INTEGRATION_TIMEOUT": Refused("unavailable"),
    "DEFAULT_5XX": Refused("internal", request_id="$context.requestId"),
}


def gateway_responses() -> dict[str, dict[str, Any]]:
    """`x-amazon-apigateway-gateway-responses`: every deployment of the API carries them."""
    return {kind: _response(refused) for kind, refused in _REFUSALS.items()}


def gateway_response_resources() -> dict[str, dict[str, Any]]:
    """The same as resources, for the emulator: it does not import them with the API's definition.

    (ministack 1.5.33, services/apigateway_v1.py: only PutGatewayResponse stores them.)
    """
    return {
        f"Answer{kind.title().replace('_', '')}": {
            "Type": "AWS::ApiGateway::GatewayResponse",
            "Condition": "DefinitionLacksAnswers",
            "Properties": {
                "RestApiId": {"Ref": "RestAPI"},
                "ResponseType": kind,
                "StatusCode": response["statusCode"],
                "ResponseParameters": response["responseParameters"],
                "ResponseTemplates": response["responseTemplates"],
            },
        }
        for kind, response in gateway_responses().items()
    }


def _response(refused: Refused) -> dict[str, Any]:
    answer = problem(refused, request_id="$context.requestId")
    return {
        "statusCode": str(refused.status),
        "responseParameters": {
            f"gatewayresponse.header.{name}": f"'{value}'" for name, value in answer.headers.items()
        },
        "responseTemplates": {"application/json": answer.body},
    }
