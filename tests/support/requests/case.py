"""A request that must be refused."""

from collections.abc import Callable
from dataclasses import dataclass

from shared.http.endpoints import Endpoint
from shared.kernel.errors import MESSAGES
from tests.support.requests.good import ENDPOINTS
from tests.support.requests.world import Ask, World

Names = frozenset[str]


@dataclass(frozen=True)
class Case:
    """A request that must be refused. `named`: the fields the answer must point at, each by itself."""

    name: str
    service: str
    ask: Callable[[World], Ask]
    code: str
    named: Names = frozenset()
    asked: str = ""
    """The endpoint asked, under its name in ENDPOINTS; none for what the gateway answers by itself."""

    @property
    def recorded(self) -> bool:
        """Whether the service itself refuses."""
        return bool(self.asked)

    @property
    def endpoint(self) -> Endpoint:
        return ENDPOINTS[self.asked][1]

    @property
    def status(self) -> int:
        return MESSAGES[self.code].status
