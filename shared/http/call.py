"""What an endpoint is made of: its declaration, the request its handler gets, the answer it may give."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from pydantic import BaseModel

from shared.contracts.change import Context
from shared.contracts.model import Contract
from shared.kernel.permissions import Action, Principal

REPLAYED: Mapping[str, str] = {"Idempotent-Replayed": "true"}
"""The header that tells a first answer given again from a new one (R-HND-13)."""

B = TypeVar("B", bound=BaseModel)
Q = TypeVar("Q", bound=BaseModel)


class Nothing(Contract):
    """A request without a body, or without query parameters."""


@dataclass(frozen=True, slots=True)
class Call(Generic[B, Q]):
    """One request, parsed and permitted. `version` is the If-Match version of an edit; header names are in any case."""

    context: Context
    body: B
    query: Q
    path: Mapping[str, str]
    version: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def principal(self) -> Principal:
        """Who is asking."""
        return self.context.principal


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer that needs more than its body: a version for the ETag, headers, bytes instead of JSON, a redirect."""

    body: BaseModel | bytes
    version: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    redirect: str | None = None
    """Where the bytes are to be had instead, for a while."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One declared route."""

    method: str
    path: str
    summary: str
    handler: Callable[[Call[Any, Any]], BaseModel | Reply]
    action: Action | None
    body: type[BaseModel]
    query: type[BaseModel]
    response: type[BaseModel] | str
    status: int
    once: bool
    edits: bool
    personal: bool
    refusals: tuple[str, ...]
    content_types: tuple[str, ...]

    @property
    def name(self) -> str:
        """The operation's name in OpenAPI."""
        return self.handler.__name__
