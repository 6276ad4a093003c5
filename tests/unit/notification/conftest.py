"""Notification on a table in moto, with a carrier that remembers what it was handed."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from services.notification import wiring
from services.notification.domain import Outcome
from services.notification.store import NotificationStore
from shared.aws.table import Row
from tests.support.aws import service_in_moto


@dataclass
class Carrier:
    """A carrier that takes every message, or refuses with a code while `refuses` is set."""

    refuses: str = ""
    taken: list[tuple[str, str]] = field(default_factory=list)

    def send(self, phone: str, text: str) -> Outcome:
        if self.refuses:
            return Outcome(reached=False, result=self.refuses)
        self.taken.append((phone, text))
        return Outcome(reached=True, result=f"message-{len(self.taken)}")

    @property
    def phones(self) -> list[str]:
        return [phone for phone, _ in self.taken]


@pytest.fixture
def carrier() -> Carrier:
    return Carrier()


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch, carrier: Carrier) -> Iterator[type[Row]]:
    with service_in_moto(monkeypatch, "notification") as made:
        wiring.store.cache_clear()
        monkeypatch.setattr(wiring, "channel", lambda: carrier)
        yield made
        wiring.store.cache_clear()


@pytest.fixture
def store(table: type[Row]) -> NotificationStore:
    return NotificationStore(table)
