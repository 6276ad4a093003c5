"""Templates: lint-clean, at home in every partition, and as narrow as they claim."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cfnlint.api import lint
from cfnlint.config import ManualArgs
from chalice.utils import to_cfn_resource_name
from samtranslator.plugins.globals.globals import Globals

from infra.build import ROOT, SERVICES, Build, build, existing_services
from infra.deploy import Options, fill
from infra.fragment import read_template
from infra.target import local_target

TEMPLATES = sorted((ROOT / "infra").glob("*.yaml"))
WHOLE = [path for path in TEMPLATES if "Resources" in path.read_text() and path.name != "service.yaml"]
# What no template of ours may name: an account, a region, or the partition of one country.
PLACES = re.compile(r"arn:aws(-cn)?:|\b\d{12}\b|\b(cn|us|eu|ap)-[a-z]+-\d\b|amazonaws\.com\.cn")
# Actions AWS grants for no single resource.
UNSCOPED = {"dynamodb:ListStreams"}


@pytest.fixture(scope="module")
def packaged() -> Build:
    return build(local_target())


def lint_text(text: str) -> list[str]:
    regions = ["cn-north-1", "us-east-1"]
    return [str(match) for match in lint(text, config=ManualArgs(regions=regions, ignore_checks=["W3045"]))]


@pytest.mark.parametrize("path", WHOLE, ids=lambda path: path.name)
def test_a_hand_written_template_is_lint_clean(path: Path) -> None:
    assert lint_text(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("service", existing_services())
def test_a_packaged_template_is_lint_clean(service: str, packaged: Build) -> None:
    assert lint_text(template_text(packaged, service)) == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_no_template_names_a_place(path: Path) -> None:
    assert PLACES.findall(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("service", existing_services())
def test_no_packaged_template_names_a_place(service: str, packaged: Build) -> None:
    assert PLACES.findall(template_text(packaged, service)) == []


@pytest.mark.parametrize("service", existing_services())
def test_every_parameter_of_a_service_is_given_by_an_earlier_stack_or_the_operator(
    service: str, packaged: Build
) -> None:
    declared = json.loads(template_text(packaged, service))["Parameters"]
    # What has a default and is given by nobody is a setting: the operator may decide it otherwise, and is told of it.
    operations = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    settings = set(declared) - set(fill(declared, service, everything_known()))
    assert all("Default" in declared[name] for name in settings)
    assert {name for name in settings if f"`{name}`" not in operations} == set()


@pytest.mark.parametrize("service", existing_services())
def test_every_queue_and_stream_reports_failures_one_by_one(service: str, packaged: Build) -> None:
    for kind, properties in event_sources(packaged, service):
        if kind in {"SQS", "DynamoDB"}:
            assert properties["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


@pytest.mark.parametrize("service", existing_services())
def test_only_new_events_wake_the_relay_and_a_bad_one_cannot_hold_the_stream(service: str, packaged: Build) -> None:
    streams = [properties for kind, properties in event_sources(packaged, service) if kind == "DynamoDB"]
    assert len(streams) == 1
    pattern = json.loads(streams[0]["FilterCriteria"]["Filters"][0]["Pattern"])
    assert pattern["eventName"] == ["INSERT"]
    assert streams[0]["BisectBatchOnFunctionError"]
    assert 0 < streams[0]["MaximumRetryAttempts"] <= 10


@pytest.mark.parametrize("service", existing_services())
def test_the_authorizer_is_asked_at_every_request(service: str, packaged: Build) -> None:
    definition = json.loads(template_text(packaged, service))["Resources"]["RestAPI"]["Properties"]["DefinitionBody"]
    for scheme in definition.get("securityDefinitions", {}).values():
        authorizer = scheme["x-amazon-apigateway-authorizer"]
        assert authorizer["type"] == "request"
        assert authorizer["authorizerResultTtlInSeconds"] == 0


def test_what_anybody_may_write_without_a_login_is_taken_a_few_times_a_second(packaged: Build) -> None:
    """R-HND-11: each objection is kept for good. The limit of every other path stays beside it."""
    template = json.loads(template_text(packaged, "handover"))
    paths = template["Resources"]["RestAPI"]["Properties"]["DefinitionBody"]["paths"]
    open_to_all = {path for path, methods in paths.items() if "security" not in methods.get("post", {"security": ()})}
    settings = Globals(template).merge("AWS::Serverless::Api", template["Resources"]["RestAPI"]["Properties"])
    limits = {
        each["ResourcePath"].replace("~1", "/").removeprefix("/"): each["ThrottlingRateLimit"]
        for each in settings["MethodSettings"]
    }
    assert max(limits[path] for path in open_to_all) <= 10
    assert limits["*"] == 500


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_may_do_named_things_to_named_resources_only(service: str) -> None:
    policies = (ROOT / "services" / service / ".chalice").glob("policy*.json")
    for statement in (each for path in policies for each in json.loads(path.read_text(encoding="utf-8"))["Statement"]):
        actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        assert not [action for action in actions if "*" in action]
        if statement.get("Resource") == "*":
            assert set(actions) <= UNSCOPED


@pytest.mark.parametrize("service", existing_services())
def test_a_function_with_a_policy_of_its_own_is_given_no_other(service: str, packaged: Build) -> None:
    """R-AUD-4: Chalice makes each function a role; who answers callers has one that neither publishes nor attests."""
    folder = ROOT / "services" / service / ".chalice"
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    own = {
        f"{to_cfn_resource_name(name)}Role": function["iam_policy_file"]
        for name, function in config["stages"]["service"]["lambda_functions"].items()
        if "iam_policy_file" in function
    }
    assert own["ApiHandlerRole"] == "policy-api.json"
    roles = {
        name: resource["Properties"]["Policies"]
        for name, resource in json.loads(template_text(packaged, service))["Resources"].items()
        if resource["Type"] == "AWS::IAM::Role"
    }
    assert own.keys() < roles.keys()
    for name, given in roles.items():
        policy = json.loads((folder / own.get(name, config["iam_policy_file"])).read_text(encoding="utf-8"))
        assert [each["PolicyDocument"] for each in given] == [policy], name


def test_what_must_not_be_lost_outlives_its_stack() -> None:
    stateful = {"AWS::DynamoDB::Table", "AWS::S3::Bucket", "AWS::KMS::Key", "AWS::SecretsManager::Secret"}
    for resource in resources_of(read_template(ROOT / "infra" / "data.yaml")):
        if resource["Type"] in stateful:
            assert (resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) == ("Retain", "Retain")


def test_files_are_kept_in_versions() -> None:
    """R-REG-3: a duty document is the very version that was checked, whatever is uploaded under its key later."""
    bucket = read_template(ROOT / "infra" / "data.yaml")["Resources"]["FilesBucket"]["Properties"]
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    ending = [rule["Prefix"] for rule in bucket["LifecycleConfiguration"]["Rules"] if "Prefix" in rule]
    assert not [prefix for prefix in ending if "documents/".startswith(prefix)]


def template_text(packaged: Build, service: str) -> str:
    built = next(each for each in packaged.services if each.service == service)
    return built.template.read_text(encoding="utf-8")


def event_sources(packaged: Build, service: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for resource in json.loads(template_text(packaged, service))["Resources"].values():
        for event in resource.get("Properties", {}).get("Events", {}).values():
            yield event["Type"], event["Properties"]


def resources_of(template: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for name, value in template["Resources"].items():
        yield from value[2].values() if name.startswith("Fn::ForEach") else [value]


def everything_known() -> dict[str, str]:
    """Names every earlier stack gives, and the operator's choices; values do not matter here."""
    known = dict(Options(stage="test", base_url="https://api.example").parameters)
    for name in ("artifacts", "data", "platform"):
        for key, value in read_template(ROOT / "infra" / f"{name}.yaml")["Outputs"].items():
            if key.startswith("Fn::ForEach"):
                variable, members, outputs = value
                known |= {o.replace(f"${{{variable}}}", member): "" for member in members for o in outputs}
            else:
                known[key] = ""
    return known | {"AuthorizerArn": "", "LayerBucket": "", "LayerKey": "", "LayerRuntime": ""}
