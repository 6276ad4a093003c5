"""API Gateway's own answers are the problem details everybody else sends (RFC 9457)."""

import json

import pytest

from infra.gateway import gateway_response_resources, gateway_responses

ANSWERS = gateway_responses()


@pytest.mark.parametrize("kind", sorted(ANSWERS))
def test_every_answer_is_a_problem_in_both_languages(kind: str) -> None:
    answer = ANSWERS[kind]
    body = json.loads(answer["responseTemplates"]["application/json"])
    assert body["status"] == int(answer["statusCode"])
    assert body["code"]
    assert body["detail_zh"]
    assert body["detail_en"]
    assert "{" not in body["detail_zh"] + body["detail_en"]
    content_type = answer["responseParameters"]["gatewayresponse.header.Content-Type"]
    assert content_type == "'application/problem+json'"


def test_an_unknown_route_is_404_although_the_gateway_calls_it_a_missing_token() -> None:
    assert ANSWERS["MISSING_AUTHENTICATION_TOKEN"]["statusCode"] == "404"


def test_a_missing_token_is_401_and_says_which_scheme() -> None:
    answer = ANSWERS["UNAUTHORIZED"]
    assert answer["statusCode"] == "401"
    assert "Bearer" in answer["responseParameters"]["gatewayresponse.header.WWW-Authenticate"]


def test_the_emulator_is_given_each_answer_as_a_resource_and_aws_is_not() -> None:
    resources = gateway_response_resources()
    assert {each["Properties"]["ResponseType"] for each in resources.values()} == set(ANSWERS)
    assert {each["Condition"] for each in resources.values()} == {"DefinitionLacksAnswers"}
