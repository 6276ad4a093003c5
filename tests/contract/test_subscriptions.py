"""Whoever handles an event type is sent it: handlers, topics and filters of infra/data.yaml agree."""

import ast
import importlib
from pathlib import Path
from typing import Any

import pytest
import yaml

from shared.contracts.cases import LATER_ACTS
from shared.contracts.catalogue import EVENT_TYPES

ROOT = Path(__file__).parents[2]
CONSUMERS = ("credit", "feedback", "handover", "notification", "oversight", "registry")


class _Template(yaml.SafeLoader):
    """CloudFormation's short forms read as what they are applied to."""


def _short_form(loader: _Template, _suffix: str, node: yaml.Node) -> object:
    if isinstance(node, yaml.ScalarNode):
        return loader.construct_scalar(node)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    assert isinstance(node, yaml.MappingNode)
    return loader.construct_mapping(node, deep=True)


_Template.add_multi_constructor("!", _short_form)


def _subscriptions(consumer: str) -> list[tuple[str, list[dict[str, str]]]]:
    """Producer and filter of each subscription of a consumer's queue."""
    template: dict[str, Any] = yaml.load((ROOT / "infra" / "data.yaml").read_text(encoding="utf-8"), Loader=_Template)
    resources = [each["Properties"] for each in template["Resources"].values() if _is_subscription(each)]
    return [
        (str(each["TopicArn"]).removesuffix("Topic"), each["FilterPolicy"]["type"])
        for each in resources
        if str(each["Endpoint"]).startswith(f"{consumer}Queue")
    ]


def _is_subscription(resource: Any) -> bool:
    return isinstance(resource, dict) and resource.get("Type") == "AWS::SNS::Subscription"


def _producers() -> dict[str, set[str]]:
    """Which services make which events, by type: those that name the body outside their consumer."""
    found: dict[str, set[str]] = {name: set() for name in EVENT_TYPES}
    made = {body.__name__: {name} for name, body in EVENT_TYPES.items()}
    made["LATER_ACTS"] = {body.TYPE for body in LATER_ACTS.values()}  # a table to choose the body from
    for path in (ROOT / "services").rglob("*.py"):
        if path.name == "events.py":
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            for name in made.get(node.id, ()) if isinstance(node, ast.Name) else ():
                found[name].add(path.relative_to(ROOT / "services").parts[0])
    return found


@pytest.mark.parametrize("consumer", CONSUMERS)
def test_every_type_a_consumer_handles_passes_the_filter_of_its_producers_topic(consumer: str) -> None:
    handlers = importlib.import_module(f"services.{consumer}.events").HANDLERS
    subscriptions, producers = _subscriptions(consumer), _producers()
    assert set(handlers) <= set(EVENT_TYPES)
    for name in handlers:
        ways = [
            producer
            for producer, wanted in subscriptions
            if producer in producers[name] and any(_lets_through(each, name) for each in wanted)
        ]
        assert ways, f"{consumer} handles {name}, which no subscription of its queue brings"


@pytest.mark.parametrize("consumer", CONSUMERS)
def test_a_queue_is_told_what_its_consumer_handles_and_nothing_else(consumer: str) -> None:
    """Payloads hold personal data: what a service does not need does not reach it."""
    handlers = importlib.import_module(f"services.{consumer}.events").HANDLERS
    told = [str(name) for _, wanted in _subscriptions(consumer) for name in wanted]
    assert sorted(told) == sorted(handlers)


@pytest.mark.parametrize("consumer", CONSUMERS)
def test_no_filter_waits_for_a_type_its_producer_never_tells(consumer: str) -> None:
    producers = _producers()
    for producer, wanted in _subscriptions(consumer):
        told = [name for name, services in producers.items() if producer in services]
        for each in wanted:
            assert any(_lets_through(each, name) for name in told), f"{consumer} <- {producer}: {each}"


def _lets_through(wanted: dict[str, str] | str, name: str) -> bool:
    return name == wanted if isinstance(wanted, str) else name.startswith(wanted["prefix"])
