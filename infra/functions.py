"""What a Chalice application deploys: each function by name, and what invokes it."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from chalice import app as chalice_app
from chalice.app import Chalice
from chalice.utils import to_cfn_resource_name

API_HANDLER = "APIHandler"


class Source(StrEnum):
    """What invokes a function."""

    API = "api"
    QUEUE = "queue"
    STREAM = "stream"
    SCHEDULE = "schedule"
    DIRECT = "direct"  # API Gateway asking the authorizer, or an operator


# The suffix Chalice gives an event source's name (chalice/deploy/appgraph.py).
_EVENT_SUFFIX = {
    Source.QUEUE: "-sqs-event-source",
    Source.STREAM: "-dynamodb-event-source",
    Source.SCHEDULE: "-event",
}
_EVENT_CONFIGS: dict[type, Source] = {
    chalice_app.SQSEventConfig: Source.QUEUE,
    chalice_app.DynamoDBEventConfig: Source.STREAM,
    chalice_app.ScheduledEventConfig: Source.SCHEDULE,
}


@dataclass(frozen=True, slots=True)
class Function:
    """One Lambda function of an application."""

    name: str
    source: Source

    @property
    def logical_id(self) -> str:
        """Its resource in the template Chalice writes."""
        return API_HANDLER if self.source is Source.API else to_cfn_resource_name(self.name)

    @property
    def event_id(self) -> str:
        """Its event source in that resource."""
        return to_cfn_resource_name(self.name + _EVENT_SUFFIX[self.source])


class UnknownEventSourceError(TypeError):
    """An application uses an event source that infra/fragment.py has no settings for."""


class HandlerInAppError(ValueError):
    """A handler hangs on the application itself; the staged app.py cannot offer it to Lambda."""


def functions_of(app: Chalice) -> list[Function]:
    """Every function `app` deploys, sorted by name."""
    return sorted(_functions(app), key=lambda function: function.name)


def _functions(app: Chalice) -> Iterator[Function]:
    if app.routes:
        yield Function("api_handler", Source.API)
    handlers: list[Any] = [*app.pure_lambda_functions, *app.event_sources]
    for handler in handlers:
        if handler.handler_string.startswith("app."):
            raise HandlerInAppError(
                f"{handler.name} is registered on the application; app.py only registers "
                "blueprints. Put it into a Blueprint(__name__) in events.py."
            )
    for pure in app.pure_lambda_functions:
        yield Function(pure.name, Source.DIRECT)
    for event in app.event_sources:
        source = _EVENT_CONFIGS.get(type(event))
        if source is None:
            raise UnknownEventSourceError(
                f"{event.name}: {type(event).__name__} is not among "
                f"{[kind.__name__ for kind in _EVENT_CONFIGS]}; add its settings to infra/fragment.py."
            )
        yield Function(event.name, source)


def authorizer_names(app: Chalice) -> set[str]:
    """The names routes give the authorizer; each becomes a security definition."""
    return {view.authorizer.name for methods in app.routes.values() for view in methods.values() if view.authorizer}
