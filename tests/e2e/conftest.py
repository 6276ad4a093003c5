"""One deployed stack and one small city for the whole run; every test adds its own cases to them."""

from collections.abc import Iterator

import pytest

from tests.support.deployed import Deployed, deployed
from tests.support.small_city import UNCLAIMED, URGENT, SmallCity, settle

# What changes the machine under the others comes after them.
_ORDER = (
    "test_main_job",
    "test_receipts",
    "test_audit_trail",
    "test_bad_input",
    "test_races",
    "test_poison",
    "test_republication",
    "test_documents",
    "test_materials",
    "test_import",
    "test_notices",
    "test_loopback",
    "test_killed_workers",
    "test_late_claims",
    "test_privacy",
    "test_restart",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    ours = [item for item in items if item.path.parent.name == "e2e"]
    for item in ours:
        item.add_marker(pytest.mark.stack)
    ours.sort(key=lambda item: _ORDER.index(item.path.stem))
    places = iter(ours)
    items[:] = [next(places) if item.path.parent.name == "e2e" else item for item in items]


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    with deployed(tmp_path_factory.mktemp("stack")) as running:
        yield running


@pytest.fixture(scope="session")
def city(stack: Deployed) -> SmallCity:
    return settle(stack)


@pytest.fixture(scope="session")
def unclaimed(city: SmallCity) -> str:
    """A push to be claimed within a minute, which nobody claims; what asks for it early need not wait for it late."""
    return str(city.accepted(UNCLAIMED, URGENT)["pushes"][0]["push_id"])
